"""Functions that a decorator of the project puts into an object, to be called or asked for an attribute."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from batchlint.facts import MODULE, ClassId, FunctionFacts, FunctionId
from batchlint.values import Cls, Fn, Inst, ordered

if TYPE_CHECKING:
    from batchlint.symbols import Program


def wrappers(program: Program, function: FunctionFacts) -> Iterator[Inst]:
    """The objects of project classes that the function's decorators make of it."""
    scope = FunctionId(function.id.path, function.parent or MODULE)
    for decorator in function.decorators:
        for value in ordered(program.eval(scope, decorator)):
            if isinstance(value, Cls):
                yield Inst(value.id, True)
            elif isinstance(value, Fn):
                yield from (each for each in ordered(program.returned(value)) if isinstance(each, Inst))


def attributes(program: Program, klass: ClassId) -> set[str]:
    """The names by which an object of the class can be asked for more than a call."""
    line = program.mro(klass)[0]
    own = {name for each in line if each in program.classes for name in program.classes[each].bindings}
    written = {name for each in line for name in program.self_writes.get(each, ())}
    return {name for name in own | written if not name.startswith("_")}
