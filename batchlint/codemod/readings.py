"""Which functions are being read, and what is known of those that have been: each is read once for what it is handed.

A function that leads back to one which is being read touches what that one does too. Its own result lacks this, and is
good for the reading in which it was found: what all functions in it touch comes together at its end.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from batchlint.codemod.access import Access
from batchlint.facts import FunctionId

MAX_DEPTH = 7
"""Calls that are followed down."""
Key = tuple[object, ...]


@dataclass(slots=True)
class Entered:
    """A function that is read, `depth` calls down. `cut`, known in the end: those of which it lacks what they touch."""

    depth: int
    cut: frozenset[FunctionId] = frozenset()


class _Known(NamedTuple):
    depth: int
    cut: frozenset[FunctionId]
    reading: int
    found: list[Access]


class Readings:
    def __init__(self) -> None:
        self._known: dict[Key, _Known] = {}
        self._numbers = itertools.count()
        self._number = next(self._numbers)
        """Of the reading that has begun from the outside."""
        self._active: list[FunctionId] = []
        self._entered: list[FunctionId] = []
        """All functions that the reading has entered, in that order."""
        self._cut: set[FunctionId] = set()
        """Those that were led back to while the innermost one is read."""

    def can_go_down(self) -> bool:
        return len(self._active) < MAX_DEPTH

    def can_enter(self, id: FunctionId) -> bool:
        """Whether the function is to be read: it is not far down, nor being read already."""
        if id in self._active:
            self._cut.add(id)
            return False
        return len(self._active) <= MAX_DEPTH

    def known(self, key: Key) -> list[Access] | None:
        """What is known by the key, from no further down than here."""
        found = self._known.get(key)
        self._begin()
        if found is None or found.depth > len(self._active) or (found.cut and found.reading != self._number):
            return None
        self._cut |= found.cut
        return found.found

    def keep(self, key: Key, entered: Entered, found: list[Access]) -> None:
        self._known[key] = _Known(entered.depth, entered.cut, self._number, found)

    @contextmanager
    def entering(self, id: FunctionId) -> Iterator[Entered]:
        """While the function is read."""
        self._begin()
        made, outer, first = Entered(len(self._active)), self._cut, len(self._entered)
        self._cut = set()
        self._active.append(id)
        self._entered.append(id)
        try:
            yield made
        finally:
            self._active.pop()
            made.cut = frozenset(self._cut.difference(self._entered[first:]) if self._cut else ())
            self._cut = outer | made.cut

    @contextmanager
    def afresh(self) -> Iterator[None]:
        """Read functions as if none were being read, for what is remembered."""
        outer = self._active, self._cut, self._entered, self._number
        self._active = []
        try:
            yield
        finally:
            self._active, self._cut, self._entered, self._number = outer

    def _begin(self) -> None:
        """Begin another reading where none is going on."""
        if not self._active:
            self._number, self._entered, self._cut = next(self._numbers), [], set()
