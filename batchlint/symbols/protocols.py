"""Which classes a `typing.Protocol` stands for: those that have its methods, whether they name it or not."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from batchlint.facts import ClassFacts, ClassId, FunctionFacts, FunctionId
from batchlint.symbols.names import last_name

if TYPE_CHECKING:
    from batchlint.symbols import Program


def implementers(program: Program) -> Iterator[tuple[ClassId, ClassId]]:
    """The protocols of the program, each with a class that has all its methods, under the same parameters."""
    protocols = [each for each in program.classes.values() if is_protocol(each)]
    if not protocols:
        return
    methods = {id: _methods(program, id) for id, each in program.classes.items() if not is_protocol(each)}
    for protocol in protocols:
        wanted = _methods(program, protocol.id)
        for id, has in methods.items() if wanted else ():
            if wanted.keys() <= has.keys() and all(_fits(each, has[name]) for name, each in wanted.items()):
                yield protocol.id, id


def is_protocol(klass: ClassFacts) -> bool:
    """Whether the class only says which methods others have."""
    bases = (base.value if isinstance(base, ast.Subscript) else base for base in klass.node.bases)
    return any(last_name(base) == "Protocol" for base in bases)


def _methods(program: Program, klass: ClassId) -> dict[str, FunctionFacts]:
    found: dict[str, FunctionFacts] = {}
    for each in program.mro(klass)[0]:
        for name, bindings in program.classes[each].bindings.items() if each in program.classes else ():
            function = program.functions.get(FunctionId(each.path, f"{each.qualname}.{name}"))
            if function is not None and name != "__init__" and any(b.how == "function" for b in bindings):
                found.setdefault(name, function)
    return found


def _fits(wanted: FunctionFacts, has: FunctionFacts) -> bool:
    """Whether the method takes what the protocol's takes, by name, as type checkers want it."""
    return bool(has.rest and has.named) or wanted.parameter_names - {"self", "cls"} <= has.parameter_names
