"""What a binding gives its name that is no plain value: an item, a part, what a context manager hands out."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.facts import Binding, FunctionId
from batchlint.symbols.names import last_name
from batchlint.values import NOTHING, Elems, Fn, Inst, Value, Values, elements, ordered

if TYPE_CHECKING:
    from batchlint.symbols import Program


def element(program: Program, scope: FunctionId, binding: Binding) -> Values:
    """What the name stands for that is drawn from an iterable."""
    value, index = binding.value, binding.position
    if index is not None and isinstance(value, ast.Call):
        name = last_name(value.func)
        if name == "enumerate" and value.args:
            return elements(program.eval(scope, value.args[0])) if index else NOTHING
        if name == "zip" and index < len(value.args):
            return elements(program.eval(scope, value.args[index]))
        if name == "items" and isinstance(value.func, ast.Attribute):
            return elements(program.eval(scope, value.func.value)) if index else NOTHING
    found = elements(program.eval(scope, value)) if value is not None else NOTHING
    return elements(found) or found if index is not None else found


def unpacked(program: Program, scope: FunctionId, binding: Binding) -> Values:
    """What the name stands for at its place of what is taken apart."""
    value = binding.value
    if isinstance(value, ast.Await):
        value = value.value
    if isinstance(value, ast.Call) and binding.position is not None:
        found: set[Value] = set()
        for target in ordered(program.eval(scope, value.func)):
            if isinstance(target, Fn):
                for returned in program.functions[target.id].returns:
                    if isinstance(returned, ast.Tuple) and binding.position < len(returned.elts):
                        found |= program.eval(target.id, returned.elts[binding.position])
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
