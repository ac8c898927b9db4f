"""What a loop goes round for again: what an earlier turn has not done, told by a list of it or by a mark per item.

An answer that only takes its item out is in no later request.
"""

from __future__ import annotations

import ast

from batchlint.facts import LoopNode
from batchlint.flow import MUTATORS, reads, targets
from batchlint.trees import walk


def kept(loop: LoopNode) -> frozenset[str]:
    """The names by which each turn of a `while` finds what is still to do."""
    return _narrowed(loop) | _marks(loop) if isinstance(loop, ast.While) else frozenset()


def _narrowed(loop: ast.While) -> frozenset[str]:
    """The lists of which each turn keeps what is still to do: `left = [x for x in left if ...]`."""
    given: dict[str, bool] = {}
    for node in (node for statement in loop.body for node in walk(statement) if isinstance(node, ast.Assign)):
        for name in (name for target in node.targets for name in targets(target)):
            given[name] = given.get(name, True) and _keeps(node.value, name)
    return frozenset(name for name, is_kept in given.items() if is_kept) & reads(loop.test)


def _keeps(node: ast.expr, name: str) -> bool:
    """Whether an expression is the items of `name` that pass a test."""
    if not isinstance(node, ast.ListComp) or len(node.generators) != 1:
        return False
    generator = node.generators[0]
    is_own = isinstance(generator.iter, ast.Name) and generator.iter.id == name
    return is_own and isinstance(node.elt, ast.Name) and list(targets(generator.target)) == [node.elt.id]


def _marks(loop: ast.While) -> frozenset[str]:
    """The names in which the loop only marks items, each as done or not: `done[i] = True`."""
    marked: set[str] = set()
    changed: set[str] = set()
    for node in (node for statement in loop.body for node in walk(statement)):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                is_mark = isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
                if is_mark and isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
                    marked.add(target.value.id)
                else:
                    changed.update(targets(target))
        elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension | ast.NamedExpr):
            changed.update(targets(node.target))
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            changed.update(targets(node.optional_vars))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
            changed.update(targets(node.func.value))
    return frozenset(marked - changed)
