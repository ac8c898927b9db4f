"""Names that get another value where the first one is nothing: `note = find(key)`, `if note is None: note = make(key)`.

Whoever uses the value behind that uses what the name is left with, so it means the same throughout, as one that is
bound once.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from batchlint.codemod import scopes
from batchlint.trees import is_none, walk


def settled(body: Sequence[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """Such names with their first value; whether something else binds them too is not looked at."""
    for block in _blocks(body):
        first: dict[str, ast.expr] = {}
        for statement in block:
            if isinstance(statement, ast.If) and not statement.orelse:
                name = _missing(statement.test)
                if name in first and name in scopes.bound(statement.body):
                    yield name, first.pop(name)
            elif isinstance(statement, ast.Assign) and len(statement.targets) == 1:
                target, value = statement.targets[0], statement.value
                if isinstance(target, ast.Name) and isinstance(value, ast.Call | ast.Await):
                    first[target.id] = value


def _blocks(body: Sequence[ast.stmt]) -> Iterator[Sequence[ast.stmt]]:
    yield body
    for node in (n for statement in body for n in walk(statement)):
        for block in (getattr(node, part, None) for part in ("body", "orelse", "finalbody")):
            if isinstance(block, list):
                yield block


def _missing(test: ast.expr) -> str:
    """The name of which the test tells that it stands for nothing; an empty text for other tests."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        place: ast.expr = test.operand
    elif isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Is) and is_none(test.comparators[0]):
        place = test.left
    else:
        return ""
    return place.id if isinstance(place, ast.Name) else ""
