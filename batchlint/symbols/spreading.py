"""What a function is given in a tuple that calls spread, and what a table's `apply` hands on to it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from batchlint.facts import FunctionFacts, FunctionId
from batchlint.symbols import listed
from batchlint.symbols.names import last_name
from batchlint.values import NOTHING, Ext, Fn, Values

if TYPE_CHECKING:
    from batchlint.symbols import Program

_APPLYING = frozenset(
    {"apply", "progress_apply", "parallel_apply", "map", "filter", "agg", "aggregate", "transform", "pipe"}
)
"""Methods of tables that call a function with a row, a value or the table, and hand on what else they are given."""
_NAMED = frozenset({"fn_kwargs", "kwargs", "kwds"})
"""Their arguments that hold more by name."""


def starred(program: Program, scope: FunctionId, call: ast.Call, place: int) -> Values:
    """What the call gives at the place, where that comes out of a tuple that it spreads: `ask(*job)`."""
    at = next((n for n, each in enumerate(call.args) if isinstance(each, ast.Starred)), None)
    if at is None or place < at:
        return NOTHING
    spread = call.args[at]
    found = NOTHING
    for id, held in _held(program, scope, spread.value) if isinstance(spread, ast.Starred) else ():
        if isinstance(held, ast.Tuple | ast.List) and place - at < len(held.elts):
            found |= program.eval(id, held.elts[place - at])
    return found


def _held(program: Program, scope: FunctionId, node: ast.expr) -> Iterator[tuple[FunctionId, ast.expr]]:
    """The expressions that a variable stands for, also those of a list that it is drawn from."""
    owner = program.owner(program.functions[scope], node.id) if isinstance(node, ast.Name) else None
    if owner is None or not isinstance(node, ast.Name):
        yield scope, node
        return
    for binding in owner.bindings.get(node.id, ()):
        if binding.how == "value" and binding.value is not None and binding.position is None:
            yield owner.id, binding.value
        yield from listed.drawn(program, owner.id, binding)


def passed_on(
    program: Program, function: FunctionFacts, name: str, index: int | None
) -> Iterator[tuple[FunctionId, ast.Call, ast.expr]]:
    """What calls like `table.apply(label, client=client)` hand on to the parameter behind what they call it with."""
    for reference in program.callers.references(function.name):
        call = reference.call
        if call is None or last_name(call.func) not in _APPLYING or reference.node not in call.args[:1]:
            continue
        given = list(_given(call, name, index))
        values = program.eval(reference.function, reference.node) if given else ()
        if any(isinstance(value, Fn) and value.id == function.id for value in values):
            yield from ((reference.function, call, each) for each in given)


def is_of_table(program: Program, scope: FunctionId, call: ast.Call) -> bool:
    """Whether the call hands on what is in `args` behind a row or a value, as tables do and pools do not."""
    values = program.eval(scope, call.func) if last_name(call.func) in _APPLYING else ()
    return bool(values) and not any(isinstance(value, Ext) and "pool" in value.path.lower() for value in values)


def _given(call: ast.Call, name: str, index: int | None) -> Iterator[ast.expr]:
    for keyword in call.keywords:
        value = keyword.value
        if keyword.arg == name:
            yield value
        elif keyword.arg in _NAMED and isinstance(value, ast.Dict):
            pairs = zip(value.keys, value.values, strict=True)
            yield from (held for key, held in pairs if isinstance(key, ast.Constant) and key.value == name)
        elif keyword.arg == "args" and isinstance(value, ast.Tuple) and index is not None:
            yield from value.elts[index - 1 : index] if index else ()
