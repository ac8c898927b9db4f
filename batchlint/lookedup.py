"""What the turns of a loop look up in one place, and what one changes the next may find: `seen = cache.get(group)`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Set

from batchlint.facts import LoopNode
from batchlint.trees import walk

_LOOKUPS = frozenset({"get", "setdefault"})
_OWN_KEY = re.compile(
    r"(^|_)(id|ids|uuid|pk|key|index|idx|no|number|name|title|url|link|path|file|filename|hash|slug)$"
)
"""What is another one for each item, most likely."""


def shared(loop: LoopNode, turning: Set[str], changing: Set[str]) -> frozenset[str]:
    """The names that each turn gives what a container outside the loop holds, and changes in place.

    Several turns can look up the same: a key that is the turn's own item, or an id of it, is another one in each.
    `changing`: the methods that change their object.
    """
    if isinstance(loop, ast.comprehension):
        return frozenset()
    bound: dict[str, list[ast.expr]] = {name: [] for name in turning}
    given: set[str] = set()
    changed: set[str] = set()
    for node in (node for statement in loop.body for node in walk(statement)):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in (target.id for target in targets if isinstance(target, ast.Name)):
                bound.setdefault(name, []).append(node.value)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            given.add(node.id)
        changed |= _changed(node, changing)
    inside = given | turning
    return frozenset(
        name
        for name, values in bound.items()
        if name in changed
        and values
        and all(any(_is_shared(each, inside) for each in _choices(value)) for value in values)
    )


def _changed(node: ast.AST, changing: Set[str]) -> set[str]:
    """The name of what the node changes in place."""
    target: ast.AST | None = None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in changing:
        target = node.func.value
    elif isinstance(node, ast.AugAssign):
        target = node.target
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
        target = node.value
    return {target.id} if isinstance(target, ast.Name) else set()


def _choices(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BoolOp):
        yield from node.values
    else:
        yield node


def _is_shared(node: ast.expr, inside: Set[str]) -> bool:
    """Whether the expression looks something up outside the loop that another turn may look up too."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        is_lookup = node.func.attr in _LOOKUPS and bool(node.args)
        return is_lookup and _is_outside(node.func.value, inside) and _may_come_again(node.args[0], inside)
    if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice):
        return _is_outside(node.value, inside) and _may_come_again(node.slice, inside)
    return isinstance(node, ast.Attribute) and _is_outside(node.value, inside)


def _is_outside(node: ast.expr, inside: Set[str]) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id not in inside


def _may_come_again(key: ast.expr, inside: Set[str]) -> bool:
    """Whether two turns may have the same key: a constant, what is outside the loop, a property of the turn's item."""
    if isinstance(key, ast.Constant):
        return True
    if isinstance(key, ast.Name):
        return key.id not in inside
    name = None
    if isinstance(key, ast.Attribute):
        name = key.attr
    elif isinstance(key, ast.Subscript) and isinstance(key.slice, ast.Constant):
        name = str(key.slice.value)
    return name is not None and not _OWN_KEY.search(name.lower())
