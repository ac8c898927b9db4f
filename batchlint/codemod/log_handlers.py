"""Handlers, filters and formatters of loggers that are the program's own: a request may need what they keep."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from batchlint.codemod import process_wide
from batchlint.codemod.access import STDOUT, Access, Frame
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


_TO_STDOUT = re.compile(
    r"\bStreamHandler\(\s*(stream\s*=\s*)?(sys\.)?stdout|\bstream\s*=\s*(sys\.)?stdout|ext://sys\.stdout|\bRichHandler\("
)


def is_shown(program: Program) -> bool:
    """Whether loggers write to stdout, where a message has its place between those that are printed."""
    return any(_TO_STDOUT.search(module.text) for module in program.modules.values() if not module.is_helper)


class LogHandlers:
    """Finds what a message touches."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._kept: list[Access] | None = None

    def logged(self, reader: Reader, name: str, call: ast.Call, frame: Frame) -> list[Access]:
        """What the logger's method of that name touches: in which order messages come shows on stdout alone."""
        found = [process_wide.logged(name, call.lineno)]
        if name in process_wide.SETS_UP:
            return found
        if reader.prints and self._is_shown:
            found.append(Access(STDOUT, "write", call.lineno))
        if self._kept is None:
            self._kept = []  # what a handler logs itself
            with reader.readings.afresh():
                self._kept = list(dict.fromkeys(self._find_kept(reader, call, frame)))
        return found + [a._replace(line=call.lineno, path=frame.function.id.path) for a in self._kept]

    def _find_kept(self, reader: Reader, call: ast.Call, frame: Frame) -> Iterator[Access]:
        """What handlers, filters and formatters change with each message."""
        for klass in self._classes:
            holders = reader.stored.holders(klass)
            for method in _METHODS:  # one that no variable holds may keep messages in its class, or a global one
                for target in ordered(self._program.attribute(Inst(klass, True), method)):
                    for access in reader.entering(target, call, holders, frame) if isinstance(target, Fn) else ():
                        if access.channel[0] == "v" and access.how != "read":
                            yield access._replace(how="sum" if access.how == "write" else access.how)

    @cached_property
    def _is_shown(self) -> bool:
        return is_shown(self._program)

    @cached_property
    def _classes(self) -> list[ClassId]:
        """The classes of handlers, filters and formatters."""
        return [
            klass
            for klass in self._program.classes
            if any(external.path.startswith(_KINDS) for external in self._program.mro(klass)[1])
        ]
