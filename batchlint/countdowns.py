"""Answers that a loop gathers until there are enough, of which a request only says how many are still missing."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable

from batchlint.trees import length_of, walk

_ADDS = frozenset({"append", "extend", "add", "update"})


def of(loop: ast.For | ast.AsyncFor | ast.While) -> set[str]:
    """The collections that the turns only add to until there is enough: `if len(found) >= most: break`."""
    nodes = [node for statement in loop.body for node in walk(statement)]
    calls = (node.func for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute))
    added = {func.value.id for func in calls if func.attr in _ADDS and isinstance(func.value, ast.Name)}
    if not added:
        return added
    tests = [*nodes, *(walk(loop.test) if isinstance(loop, ast.While) else ())]
    sides = (side for node in tests if isinstance(node, ast.Compare) for side in (node.left, *node.comparators))
    measured = {name for side in sides if (name := _measured(side))}
    replaced = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return (added & measured) - replaced


def only(gathered: set[str], nodes: Iterable[ast.AST]) -> set[str]:
    """Those of the collections that the nodes read only to see how many are missing: `most - len(found)`."""
    read: Counter[str] = Counter()
    for node in (inner for outer in nodes for inner in walk(outer)) if gathered else ():
        if isinstance(node, ast.Name):
            read[node.id] += 1
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and (own := _measured(node.right)):
            read[own] -= 1
    return {name for name in gathered if name in read and read[name] == 0}


def _measured(node: ast.expr) -> str | None:
    """The name in `len(name)`."""
    of = length_of(node)
    return of.id if isinstance(of, ast.Name) else None
