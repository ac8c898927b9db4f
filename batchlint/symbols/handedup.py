"""What a class hands to its base's constructor, which keeps it: `super().__init__(base_url="https://...")`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.facts import MODULE, Binding, ClassId, FunctionFacts, FunctionId
from batchlint.symbols.handed import argument_for
from batchlint.trees import is_none, spreads
from batchlint.values import NOTHING, Values

if TYPE_CHECKING:
    from batchlint.symbols import Program

_TRIMMING = frozenset({"rstrip", "strip", "removesuffix"})


def handed_up(
    program: Program, klass: ClassId, base: ClassId, function: FunctionFacts, binding: Binding
) -> Values | None:
    """What the field that the base's constructor keeps is for objects of the class; None where that is open."""
    name = _kept(binding.value) if function.name == "__init__" else None
    if name is None or name not in function.parameter_names or name in function.bindings:
        return None
    constructor = _constructor(program, klass)
    line = program.mro(klass)[0]
    above = next((each for each in line[1:] if _constructor(program, each) is not None), None)
    call = _handing(constructor) if constructor is not None and above == base else None
    if constructor is None or call is None:
        return None
    names = [parameter.arg for parameter in function.positional]
    given = argument_for(call, name, names.index(name) - 1 if name in names else None)
    if given is not None:
        return program.eval(constructor.id, given)
    if spreads(call):
        return None
    default = function.default(name)
    return program.eval(FunctionId(base.path, MODULE), default) if default is not None else NOTHING


def is_left_out(program: Program, scope: FunctionId, name: str) -> bool:
    """Whether only the classes below give a parameter of the constructor, which is None for objects of the class."""
    function = program.functions[scope]
    default = function.default(name) if function.name == "__init__" else None
    if default is None or not is_none(default) or name in function.bindings:
        return False
    names = [parameter.arg for parameter in function.positional]
    place = names.index(name) - 1 if name in names else None
    given = [call for _, call, _ in program.callers.call_sites(function) if argument_for(call, name, place) is not None]
    return bool(given) and all(_is_super(call.func) for call in given)


def _kept(node: ast.expr | None) -> str | None:
    """The parameter whose value is kept: `url`, `(url or "").rstrip("/")`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _TRIMMING:
        return _kept(node.func.value)
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
        return _kept(node.values[0])
    return node.id if isinstance(node, ast.Name) else None


def _constructor(program: Program, klass: ClassId) -> FunctionFacts | None:
    facts = program.classes.get(klass)
    bindings = facts.bindings.get("__init__", ()) if facts is not None else ()
    scope = bindings[0].scope if len(bindings) == 1 and bindings[0].how == "function" else None
    return program.functions.get(FunctionId(klass.path, scope)) if scope else None


def _handing(constructor: FunctionFacts) -> ast.Call | None:
    """The only call of the base's constructor."""
    calls = [call.node for call in constructor.calls if _is_super(call.node.func)]
    return calls[0] if len(calls) == 1 else None


def _is_super(func: ast.expr) -> bool:
    made = func.value if isinstance(func, ast.Attribute) and func.attr == "__init__" else None
    return isinstance(made, ast.Call) and isinstance(made.func, ast.Name) and made.func.id == "super"
