"""What a binding gives its name that is no plain value: an item, a part, what a context manager hands out."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.facts import Binding, FunctionId
from batchlint.iterables import COUNTED, PAIRED
from batchlint.symbols import enums
from batchlint.symbols.names import last_name
from batchlint.values import NOTHING, Elems, Fn, Inst, Value, Values, elements, ordered

if TYPE_CHECKING:
    from batchlint.symbols import Program


def element(program: Program, scope: FunctionId, binding: Binding) -> Values:
    """What the name stands for that is drawn from an iterable."""
    found = _drawn(program, scope, binding.value, binding.position)
    return elements(found) or found if binding.is_part else found


def _drawn(program: Program, scope: FunctionId, value: ast.expr | None, index: int | None) -> Values:
    """An item of the iterable, or what stands at its place `index`."""
    if index is not None and isinstance(value, ast.Call):
        name = last_name(value.func)
        if name in COUNTED and value.args:
            return iterated(program, scope, value.args[0]) if index else NOTHING
        if name in PAIRED and index < len(value.args):
            return iterated(program, scope, value.args[index])
        if name == "items" and isinstance(value.func, ast.Attribute):
            return elements(program.eval(scope, value.func.value)) if index else NOTHING
    found = iterated(program, scope, value) if value is not None else NOTHING
    return elements(found) or found if index is not None else found


def iterated(program: Program, scope: FunctionId, node: ast.expr) -> Values:
    """What iterating over the expression gives."""
    values = program.eval(scope, node)
    return elements(values) | enums.members(program, values) | _handed_out(program, values)


def _handed_out(program: Program, values: Values) -> Values:
    """What objects of the project's own hand out when they are gone through."""
    found: set[Value] = set()
    for value in ordered(v for v in values if isinstance(v, Inst)):
        methods = program.attribute(value, "__iter__") | program.attribute(value, "__aiter__")
        made = {v for fn in ordered(methods) if isinstance(fn, Fn) for v in program.returned(fn)}
        found |= elements(frozenset(made))
        for iterator in (value, *ordered(v for v in made if isinstance(v, Inst))):
            drawn = program.attribute(iterator, "__next__") | program.attribute(iterator, "__anext__")
            found |= {v for fn in ordered(drawn) if isinstance(fn, Fn) for v in program.returned(fn)}
    return frozenset(found)


def unpacked(program: Program, scope: FunctionId, binding: Binding) -> Values:
    """What the name stands for at its place of what is taken apart."""
    found = _taken(program, scope, binding.value, binding.position)
    return elements(found) or found if binding.is_part else found


def _taken(program: Program, scope: FunctionId, value: ast.expr | None, index: int | None) -> Values:
    """What stands at the place `index` of the value."""
    if isinstance(value, ast.Await):
        value = value.value
    if isinstance(value, ast.Call) and index is not None:
        found: set[Value] = set()
        for target in ordered(program.eval(scope, value.func)):
            if isinstance(target, Fn):
                for returned in program.functions[target.id].returns:
                    if isinstance(returned, ast.Tuple) and index < len(returned.elts):
                        found |= program.eval(target.id, returned.elts[index])
        if found:
            return frozenset(found)
    return elements(program.eval(scope, value)) if value is not None else NOTHING


def entered(program: Program, scope: FunctionId, node: ast.expr) -> Values:
    """What `with` gives of the context manager."""
    found: set[Value] = set()
    for value in ordered(program.eval(scope, node)):
        if isinstance(value, Elems):
            found |= value.values
        elif isinstance(value, Inst):
            entered = program.attribute(value, "__enter__") or program.attribute(value, "__aenter__")
            found |= {item for fn in entered if isinstance(fn, Fn) for item in program.returned(fn)} or {value}
        else:
            found.add(value)
    return frozenset(found)
