"""What stands in a list, where that is written out: `jobs.append({"row": row})`, `[{"row": row} for row in all]`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from batchlint.facts import Binding, FunctionFacts, FunctionId
from batchlint.iterables import COUNTED, SAME
from batchlint.symbols.names import last_name

if TYPE_CHECKING:
    from batchlint.symbols import Program

_MAX_DEPTH = 4
"""Through how many names and functions a list is followed to where it is filled."""
Item = tuple[FunctionId, ast.expr]


def items(program: Program, scope: FunctionId, node: ast.expr) -> Iterator[Item]:
    """What the list holds that the expression is, and where that stands."""
    return _items(program, scope, node, None, 0)


def drawn(program: Program, scope: FunctionId, binding: Binding) -> Iterator[Item]:
    """What the name can be that a loop draws from a list, and where that stands."""
    if binding.how == "element" and binding.value is not None and not binding.is_part:
        yield from _items(program, scope, binding.value, binding.position, 0)


def _items(program: Program, scope: FunctionId, node: ast.expr, place: int | None, depth: int) -> Iterator[Item]:
    """The items of a list; of what gives more than one thing at a time, those at the place."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(node, ast.Call) and node.args and last_name(node.func) in (SAME if place is None else COUNTED):
        if place != 0:
            yield from _items(program, scope, node.args[0], None, depth)
    elif place is not None:
        return
    elif isinstance(node, ast.List | ast.Tuple):
        yield from ((scope, each) for each in node.elts)
    elif isinstance(node, ast.ListComp | ast.GeneratorExp):
        yield scope, node.elt
    elif isinstance(node, ast.Name):
        owner = program.owner(program.functions[scope], node.id)
        if owner is not None:
            yield from _named(program, owner, node.id, depth)


def _named(program: Program, function: FunctionFacts, name: str, depth: int) -> Iterator[Item]:
    """The items of the list that the function has by the name: as it is made, filled or given."""
    if name in function.parameter_names and name not in function.bindings:
        for caller, _, argument in program.callers.arguments(function, name):
            yield from _items(program, caller, argument, None, depth + 1)
    for binding in function.bindings.get(name, ()):
        if binding.how == "value" and binding.value is not None and binding.position is None:
            yield from _items(program, function.id, binding.value, None, depth + 1)
    for call in function.calls:
        func = call.node.func
        is_one = isinstance(func, ast.Attribute) and func.attr == "append" and len(call.node.args) == 1
        if is_one and isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and func.value.id == name:
            yield function.id, call.node.args[0]
