"""The members of enumerations: objects of the class, under its names, by subscript and in turn."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from batchlint.facts import ClassId
from batchlint.values import Cls, Inst, Value, Values

if TYPE_CHECKING:
    from batchlint.symbols import Program

_ENUMERATION = re.compile(r"(aenum|enum|strenum)\.\w*(Enum|Flag)$")


def is_enumeration(program: Program, klass: ClassId) -> bool:
    return any(_ENUMERATION.match(base.path) for base in program.mro(klass)[1])


def members(program: Program, values: Iterable[Value]) -> Values:
    """The members of the enumerations among the values."""
    return frozenset(
        Inst(value.id, True) for value in values if isinstance(value, Cls) and is_enumeration(program, value.id)
    )
