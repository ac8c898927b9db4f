"""The items of a list that is written down, as far as everything that holds it only goes through it."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from batchlint.facts import FunctionId
from batchlint.symbols import last_name
from batchlint.trees import parents_in, walk

if TYPE_CHECKING:
    from batchlint.codemod.support import Support

_MAX_DEPTH = 4
_COPYING = frozenset({"list", "tuple"})
_LEAVING = _COPYING | {"len"}
"""What leaves a list as it is that it is given."""
Item = tuple[FunctionId, ast.expr]


def items(support: Support, scope: FunctionId, listed: ast.expr, depth: int = 0) -> list[Item]:
    """The items, each with where it stands: of a display, a name of one, an attribute or what callers hand over.

    None where one of them is not known.
    """
    program = support.program
    if depth > _MAX_DEPTH:
        return []
    if isinstance(listed, ast.Call) and last_name(listed.func) in _COPYING and len(listed.args) == 1:
        return items(support, scope, listed.args[0], depth + 1)
    if isinstance(listed, ast.Attribute):
        stored = [(f.id, b.value) for w in program.self_writes.values() for f, b in w.get(listed.attr, ())]
        place, value = stored[0] if len(stored) == 1 else (scope, None)
        trees = [module.tree for module in support.graph.modules.values() if f".{listed.attr}" in module.text]
        if value is None or not _is_only_gone_through(trees, listed):
            return []
        return items(support, place, value, depth + 1)
    function = program.functions[scope]
    if isinstance(listed, ast.Name) and listed.id in function.parameter_names:
        given = [items(support, at, each, depth + 1) for at, _, each in support.callbacks.handed(scope, listed.id)]
        is_kept = _is_only_gone_through([function.node], listed)
        return [item for found in given for item in found] if is_kept and all(given) else []
    place, value = support.graph.constant(scope, listed)
    if not isinstance(value, ast.List | ast.Tuple):
        return []
    tree = support.graph.modules[scope.path].tree
    if isinstance(listed, ast.Name) and not _is_only_gone_through([tree], listed):
        return []
    return [(place, item) for item in value.elts]


def _is_only_gone_through(code: Sequence[ast.AST], listed: ast.Name | ast.Attribute) -> bool:
    """Whether each read of the name, or of an attribute of that name, in the code leaves the list as it is."""
    parents, name = parents_in(code), last_name(listed)
    nodes = (node for each in code for node in walk(each) if isinstance(node, type(listed)))
    return all(_leaves(parents[id(n)], n) for n in nodes if last_name(n) == name and isinstance(n.ctx, ast.Load))


def _leaves(parent: ast.AST, node: ast.expr) -> bool:
    if isinstance(parent, ast.Call):
        return last_name(parent.func) in _LEAVING and node in parent.args
    return isinstance(parent, ast.For | ast.AsyncFor | ast.comprehension) and parent.iter is node
