"""What a call is given, as far as its place tells more than the names: `rows = read(rows)`, `make(Service)`."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from batchlint.facts import Binding, FunctionFacts, FunctionId
from batchlint.trees import is_none, spreads
from batchlint.values import NOTHING, Cls, Fn, Inst, Values, ordered

if TYPE_CHECKING:
    from batchlint.symbols import Program

_DEEP = 6
"""Steps from an argument back to where its object is made."""


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


def may_be_others(
    program: Program, function: FunctionFacts, sites: Iterable[tuple[FunctionId, ast.Call, ast.expr]]
) -> bool:
    """Whether the function may be given others than its calls by name are known to give for a parameter.

    `sites`: the callers and calls that give it something, and what that is.
    """
    name = function.owner.rpartition(".")[2] if function.owner and function.name == "__init__" else function.name
    if program.callers.references(name) or any(spreads(call) for _, call, _ in program.callers.call_sites(function)):
        return True
    return any(_is_open(program, caller, argument) for caller, _, argument in sites)


def _is_open(program: Program, scope: FunctionId, node: ast.expr, depth: int = 0) -> bool:
    """Whether some of what the expression can be is not known: the other branch, another assignment or return."""
    if is_none(node):
        return False
    if depth == _DEEP:
        return True
    parts: list[tuple[FunctionId, ast.expr | None]] = []
    if isinstance(node, ast.IfExp):
        parts = [(scope, node.body), (scope, node.orelse)]
    elif isinstance(node, ast.BoolOp):
        parts = [(scope, each) for each in node.values]
    elif isinstance(node, ast.Name):
        owner = program.owner(program.functions[scope], node.id)
        bindings = owner.bindings.get(node.id, ()) if owner is not None and node.id not in owner.parameter_names else ()
        parts = [(owner.id, each.value) for each in bindings if owner is not None and each.how == "value"]
    elif isinstance(node, ast.Attribute):
        klass = program.self_class(program.functions[scope], node.value)
        writes = program.self_writes.get(klass, {}).get(node.attr, ()) if klass is not None else ()
        parts = [(function.id, binding.value) for function, binding in writes if binding.how == "value"]
    elif isinstance(node, ast.Call):
        called = [program.functions[value.id] for value in program.eval(scope, node.func) if isinstance(value, Fn)]
        parts = [(function.id, each) for function in called for each in function.returns]
    if not parts:
        return not program.eval(scope, node)
    return any(part is not None and _is_open(program, id, part, depth + 1) for id, part in parts)


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
