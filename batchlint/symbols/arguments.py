"""What a call is given, as far as its place tells more than the names: `rows = read(rows)`, `make(Service)`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.facts import Binding, FunctionFacts, FunctionId
from batchlint.values import NOTHING, Cls, Inst, Values, ordered

if TYPE_CHECKING:
    from batchlint.symbols import Program


def values(program: Program, scope: FunctionId, node: ast.expr, argument: ast.expr) -> Values:
    """The values of an argument of the call `node`: what the call's result is then bound to is not yet among them."""
    if not isinstance(argument, ast.Name):
        return program.eval(scope, argument)
    function = program.functions[scope]
    bindings = function.bindings.get(argument.id, ())
    reference = program.call_facts.get(id(node)) if any(_is_of(binding, node) for binding in bindings) else None
    if reference is None or reference.call.loops:
        return program.eval(scope, argument)
    found, name = NOTHING, argument.id
    if name in function.parameter_names:  # through the memo: where a function calls itself, it is asked for again
        found = program.once(("given", function.id, name), program.callers.parameter, function, name)
    return found.union(*(program.binding(scope, binding) for binding in bindings if not _is_of(binding, node)))


def _is_of(binding: Binding, node: ast.expr) -> bool:
    value = binding.value.value if isinstance(binding.value, ast.Await) else binding.value
    return value is node


def made(program: Program, scope: FunctionId, node: ast.Call, function: FunctionFacts) -> Values:
    """The objects that the function makes of the class that the call gives it; nothing where it does something else."""
    name = _made_of(function)
    argument = program.callers.argument(node, function, name) if name is not None else None
    classes = program.eval(scope, argument) if argument is not None else NOTHING
    return frozenset(Inst(value.id, True) for value in ordered(classes) if isinstance(value, Cls))


def _made_of(function: FunctionFacts) -> str | None:
    """The parameter of which all that the function returns are objects: `return cls(**found)`."""
    name: str | None = None
    for each in function.returns:
        func = each.func if isinstance(each, ast.Call) else None
        if not isinstance(func, ast.Name) or name not in (None, func.id) or func.id not in function.parameter_names:
            return None
        name = func.id
    is_own = function.owner is not None and bool(function.parameters) and function.parameters[0].arg == name
    return None if name in function.bindings or is_own else name
