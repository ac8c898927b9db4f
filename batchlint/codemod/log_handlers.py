"""Handlers, filters and formatters of loggers that are the program's own: a request may need what they keep."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from batchlint.codemod import process_wide
from batchlint.codemod.access import Access, Frame
from batchlint.facts import ClassId
from batchlint.symbols import Program
from batchlint.values import Fn, Inst, ordered

if TYPE_CHECKING:
    from batchlint.codemod.reader import Reader

_KINDS = (
    "logging.Handler", "logging.StreamHandler", "logging.FileHandler", "logging.Filter", "logging.Formatter",
    "logging.handlers.",
)  # fmt: skip
_METHODS = ("handle", "emit", "filter", "format", "formatMessage", "formatTime")
"""What a logger calls with each message."""


class LogHandlers:
    """Finds what a message touches."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def logged(self, reader: Reader, name: str, call: ast.Call, frame: Frame) -> list[Access]:
        """What the logger's method of that name touches: in which order messages come shows nowhere."""
        found = [process_wide.logged(name, call.lineno)]
        if name in process_wide.SETS_UP:
            return found
        for klass in self._classes:
            holders = reader.stored.holders(klass)
            for method in _METHODS:  # one that no variable holds may keep messages in its class, or a global one
                for target in ordered(self._program.attribute(Inst(klass, True), method)):
                    if isinstance(target, Fn):
                        kept = reader.entering(target, call, holders, frame)
                        found += [a._replace(how="sum") if a.how == "write" else a for a in kept if a.channel[0] == "v"]
        return found

    @cached_property
    def _classes(self) -> list[ClassId]:
        """The classes of handlers, filters and formatters."""
        return [
            klass
            for klass in self._program.classes
            if any(external.path.startswith(_KINDS) for external in self._program.mro(klass)[1])
        ]
