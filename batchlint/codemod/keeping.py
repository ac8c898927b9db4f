"""Generator expressions that are kept in a variable, for the next statement to take whole."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.codemod import scopes
from batchlint.codemod.access import Frame
from batchlint.codemod.blocks import Comprehension, block_of
from batchlint.codemod.eager import consumer
from batchlint.facts import FunctionFacts
from batchlint.iterables import LAZY
from batchlint.symbols import last_name

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_LISTS = frozenset({"list", "sorted", "tuple", "split", "splitlines", "readlines", "fetchall"})
_SIMPLE = ast.Assign | ast.AnnAssign | ast.Expr | ast.Return


def is_taken_next(planner: Planner, function: FunctionFacts, node: ast.GeneratorExp) -> bool:
    """Whether the statement behind the one that keeps the generator takes all of it, and does nothing else before."""
    tree = planner.graph.modules[function.id.path].tree
    trail = scopes.path_to(tree, node)
    statement, parent = trail[-1], trail[-2] if len(trail) > 1 else tree
    if not isinstance(statement, ast.Assign) or statement.value is not node or len(statement.targets) != 1:
        return False
    target = statement.targets[0]
    block = block_of(parent, statement)
    if not isinstance(target, ast.Name) or not block or statement is block[-1]:
        return False
    following = block[block.index(statement) + 1]
    uses = [n for n in ast.walk(function.node) if isinstance(n, ast.Name) and n.id == target.id and n is not target]
    if len(uses) != 1 or not isinstance(following, _SIMPLE) or following.value is None or target.id in function.outer:
        return False
    if not any(n is uses[0] for n in ast.walk(following.value)):
        return False
    accesses = planner.reader.of(following.value, Frame(function, set()))
    taking: list[ast.stmt] = [following]
    is_calm = all(access.how == "read" for access in accesses) and not planner.asks(function, taking)
    return is_calm and _is_taken(function, tree, uses[0], node)


def _is_taken(function: FunctionFacts, tree: ast.AST, use: ast.expr, node: ast.GeneratorExp) -> bool:
    """Whether all is taken that the name stands for."""
    if consumer(tree, use) is None:
        return True
    current: ast.AST = use
    trail = scopes.path_to(tree, use)
    for position, parent in enumerate(reversed(trail)):
        if isinstance(parent, ast.comprehension):
            whole = trail[len(trail) - position - 2]
            is_first = isinstance(whole, Comprehension) and whole.generators[0] is parent and parent.iter is current
            return is_first and not isinstance(whole, ast.GeneratorExp)
        if not isinstance(parent, ast.Call) or current not in parent.args:
            return False
        if last_name(parent.func) == "zip":
            # As many as the generator gives: one for each item of what it goes through itself.
            own = node.generators[0]
            others = [argument for argument in parent.args if argument is not current]
            is_plain = len(node.generators) == 1 and not own.ifs and _is_list(function, own.iter)
            if not is_plain or any(ast.dump(other) != ast.dump(own.iter) for other in others):
                return False
        elif last_name(parent.func) not in LAZY:
            return False
        current = parent
    return False


def _is_list(function: FunctionFacts, node: ast.expr) -> bool:
    """Whether the name stands for what can be gone through twice."""
    bindings = function.bindings.get(node.id, []) if isinstance(node, ast.Name) else []
    values = [b.value for b in bindings]
    calls = [value for value in values if isinstance(value, ast.Call)]
    others = [value for value in values if not isinstance(value, ast.Call | ast.List | ast.ListComp | ast.Tuple)]
    return bool(values) and not others and all(last_name(call.func) in _LISTS for call in calls)
