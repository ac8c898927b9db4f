"""Queries of the rows for which no answer is stored yet: `query(Note).outerjoin(Part).filter(Part.id.is_(None))`.

What was answered before takes its row out of them, and is in none of them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Set

from batchlint import flow
from batchlint.symbols import last_name
from batchlint.trees import walk

_NEGATING = frozenset({"not_in", "notin_", "not_", "except_"})
_JOINING = frozenset({"outerjoin"})


def asks_what_is_left(within: ast.AST, query: ast.AST, kinds: Set[str], parents: Mapping[int, ast.AST]) -> bool:
    """Whether what the query in the loop or function tells of the stored kinds is only which rows have none of them."""
    spots = [n for n in walk(query) if isinstance(n, ast.Name | ast.Attribute) and last_name(n) in kinds]
    if all(any(_leaves_out(node, below) for below, node in _around(spot, query, parents)) for spot in spots):
        return True
    names = _assigned(query, parents)
    used = [n for n in walk(within) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and n.id in names]
    return bool(used) and all(
        any(_leaves_out(node, below) or _looks_in(node, below) for below, node in _around(each, within, parents))
        for each in used
    )


def _around(node: ast.AST, end: ast.AST, parents: Mapping[int, ast.AST]) -> Iterator[tuple[ast.AST, ast.AST]]:
    """What stands around the node up to the end, each with the part that the node is in."""
    while node is not end and (parent := parents.get(id(node))) is not None:
        yield node, parent
        node = parent


def _assigned(query: ast.AST, parents: Mapping[int, ast.AST]) -> set[str]:
    """The variable that the rows of the query go to."""
    node: ast.AST | None = query
    while isinstance(node, ast.expr | ast.comprehension):
        node = parents.get(id(node))
    return {name for target in node.targets for name in flow.targets(target)} if isinstance(node, ast.Assign) else set()


def _leaves_out(node: ast.AST, below: ast.AST) -> bool:
    """Whether the node takes only what has none: a part of it stands for what it may have."""
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Invert)
    if isinstance(node, ast.Compare):
        return len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq) and _is_none(node.comparators[0])
    if not isinstance(node, ast.Call):
        return False
    method = last_name(node.func)
    if below is node.func:
        return method == "is_" and len(node.args) == 1 and _is_none(node.args[0])
    return method in _NEGATING or method in _JOINING


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _looks_in(node: ast.AST, below: ast.AST) -> bool:
    """Whether it is only asked if something is among the rows: `note.id in done`."""
    return isinstance(node, ast.Compare) and below in node.comparators and isinstance(node.ops[0], ast.In | ast.NotIn)
