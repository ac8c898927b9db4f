"""What calling a class gives: an object of it, unless its `__new__` gives another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchlint.facts import ClassId
from batchlint.values import Ext, Fn, Inst, Value, Values

if TYPE_CHECKING:
    from batchlint.symbols import Program


def objects(program: Program, klass: ClassId) -> Values:
    """The objects that a call of the class can give."""
    own = frozenset({Inst(klass, True)})
    if "__new__" not in program.function_names:
        return own
    return program.once(("made", klass), _of_new, program, klass, own)


def _of_new(program: Program, klass: ClassId, own: Values) -> Values:
    line, _ = program.mro(klass)
    makers = (member for member in program.attribute(Inst(klass, True), "__new__") if isinstance(member, Fn))
    found = frozenset[Value]().union(*map(program.returned, makers))
    others = {value for value in found if _is_other(value, line)}
    is_own = not others or any(isinstance(value, Inst) and value.id in line for value in found)
    return frozenset(others | own) if is_own else frozenset(others)


def _is_other(value: Value, line: list[ClassId]) -> bool:
    if isinstance(value, Ext):
        return not value.path.startswith("builtins.") and not value.path.endswith(".__new__()")
    return isinstance(value, Inst) and value.id not in line
