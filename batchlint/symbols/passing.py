"""What functions give that go through other iterables: `chain(first, second)`, `product(tasks, rows)`."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from batchlint.facts import FunctionId
from batchlint.symbols.unpacking import iterated
from batchlint.values import Elems, Values, elements

if TYPE_CHECKING:
    from batchlint.symbols import Program


def given(program: Program, scope: FunctionId, arguments: Sequence[ast.expr], gives: str) -> Values | None:
    """What the function gives for the arguments, by what its row says; None where that is not known."""
    if gives in {"first", "groups", "overlapping", "inner"}:
        arguments = arguments[:1]
    elif gives == "second":
        arguments = arguments[1:2]
    items: Values = frozenset().union(*(_items(program, scope, each) for each in arguments))
    if gives == "inner":
        items = elements(items)
    if gives in {"groups", "overlapping", "crossed"}:
        return frozenset({Elems(frozenset({Elems(items)}))}) if items else None
    return frozenset({Elems(items)}) if items or gives == "first" else None


def _items(program: Program, scope: FunctionId, argument: ast.expr) -> Values:
    found = iterated(program, scope, argument)
    return elements(found) if isinstance(argument, ast.Starred) else found
