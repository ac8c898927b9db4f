"""What a binding gives its name that is no plain value: an item, a part, what a context manager hands out."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from batchlint.facts import Binding, FunctionId
from batchlint.iterables import COUNTED, CROSSED, PAIRED, PASSING, SAME
from batchlint.symbols import enums
from batchlint.symbols.names import last_name
from batchlint.values import NOTHING, Elems, Ext, Fn, Inst, Value, Values, elements, ordered

if TYPE_CHECKING:
    from batchlint.symbols import Program


def element(program: Program, scope: FunctionId, binding: Binding) -> Values:
    """What the name stands for that is drawn from an iterable."""
    found = _drawn(program, scope, binding.value, binding.position)
    return elements(found) or found if binding.is_part else found


def _drawn(program: Program, scope: FunctionId, value: ast.expr | None, index: int | None) -> Values:
    """An item of the iterable, or what stands at its place `index`."""
    if value is None:
        return NOTHING
    if index is None:
        return iterated(program, scope, value)
    known = _at_place(program, scope, value, index)
    if known is not None:
        return known
    found = iterated(program, scope, value)
    return elements(found) or found


def _at_place(program: Program, scope: FunctionId, node: ast.expr, index: int) -> Values | None:
    """What stands at the place of each item, where the items are put together in sight; None elsewhere."""
    if isinstance(node, ast.GeneratorExp | ast.ListComp | ast.SetComp):
        return _in_display(program, scope, [node.elt], index)
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return _in_display(program, scope, node.elts, index)
    if isinstance(node, ast.Name):
        made = _made(program, scope, node.id)
        return _at_place(program, made[0], made[1], index) if made is not None else None
    if not isinstance(node, ast.Call):
        return None
    name, arguments = last_name(node.func), node.args
    if name in COUNTED and arguments:
        return iterated(program, scope, arguments[0]) if index else NOTHING
    if name == "items" and isinstance(node.func, ast.Attribute):
        return elements(program.eval(scope, node.func.value)) if index else NOTHING
    if any(isinstance(each, ast.Starred) for each in arguments):
        return None
    if name in PAIRED and index < len(arguments):
        return iterated(program, scope, arguments[index])
    if name in CROSSED and arguments and _crosses(program, scope, node.func):
        return iterated(program, scope, arguments[index % len(arguments)])  # `repeat=2` starts over
    return _at_place(program, scope, arguments[0], index) if name in SAME and arguments else None


def _in_display(program: Program, scope: FunctionId, items: Sequence[ast.expr], index: int) -> Values | None:
    """What stands at the place of each of the items, all of which are tuples that are written out."""
    found: list[ast.expr] = []
    for item in items:
        parts = item.elts if isinstance(item, ast.Tuple | ast.List) else []
        if index >= len(parts) or any(isinstance(each, ast.Starred) for each in parts):
            return None
        found.append(parts[index])
    return frozenset().union(*(program.eval(scope, each) for each in found)) if found else None


def _made(program: Program, scope: FunctionId, name: str) -> tuple[FunctionId, ast.expr] | None:
    """The one value that a variable has, where nothing is seen to be put into it; and where that stands."""
    owner = program.owner(program.functions[scope], name)
    bindings = owner.bindings.get(name, ()) if owner is not None else ()
    if owner is None or len(bindings) != 1 or name in owner.parameter_names or name in program.attribute_writes:
        return None
    if program.held(owner.id, name):
        return None
    binding = bindings[0]
    is_whole = binding.how == "value" and binding.position is None and binding.scope is None
    return (owner.id, binding.value) if is_whole and binding.value is not None else None


def _crosses(program: Program, scope: FunctionId, function: ast.expr) -> bool:
    values = program.eval(scope, function)
    return any(isinstance(value, Ext) and PASSING.get(value.path) == "crossed" for value in values)


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
