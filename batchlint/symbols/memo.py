"""Values that are worked out once each, also where working one out comes back to itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ParamSpec, TypeVar

from batchlint.values import NOTHING, Values, telling

P = ParamSpec("P")
T = TypeVar("T")

_MAX_DEPTH = 600
"""How many expressions' meanings are looked for within one another."""
_MAX_TRIES = 4
"""How often what means nothing so far is looked for within one open cycle: what it depends on may be known by then."""


class Memo:
    def __init__(self) -> None:
        self.memo: dict[object, Values] = {}
        """What is known for good, by what was asked."""
        self._provisional: dict[object, Values] = {}
        self._active: dict[object, int] = {}
        self._cut = 1 << 30
        self._tentative: dict[object, tuple[Values, int]] = {}
        """What is known within a cycle that is not closed yet, and how deep that began."""
        self._tries: dict[object, int] = {}

    def forget(self) -> None:
        """Drop all values that are known so far."""
        self.memo.clear()
        self._provisional.clear()

    @property
    def is_open(self) -> bool:
        """Whether some value is being worked out."""
        return bool(self._active)

    def in_full(self, compute: Callable[[], T]) -> tuple[T, bool]:
        """What `compute` gives, and whether none of the values that it asked for was cut short by an open cycle."""
        saved, self._cut = self._cut, 1 << 30
        found = compute()
        is_full = self._cut == 1 << 30
        self._cut = min(saved, self._cut)
        return found, is_full

    def once(self, key: object, compute: Callable[P, Values], *args: P.args, **kwargs: P.kwargs) -> Values:
        """What `compute` gives, remembered unless it was cut short by a cycle through a caller."""
        known = self.memo.get(key)
        if known is not None:
            return known
        tentative = self._tentative.get(key) if self._tentative else None
        if tentative is not None:
            self._cut = min(self._cut, tentative[1])
            return tentative[0]
        depth = self._active.get(key)
        if depth is not None:
            self._cut = min(self._cut, depth)
            return self._provisional.get(key, NOTHING)
        depth = len(self._active)
        if depth > _MAX_DEPTH:
            self._cut = -1  # nothing above is known in full
            return NOTHING
        saved, self._cut = self._cut, 1 << 30
        before = len(self._tentative)
        self._active[key] = depth
        try:
            values = telling(compute(*args, **kwargs))
            if self._cut == depth and values:
                # What depends on itself, as `graph = graph.compile()`: once more, with what is known of it by now.
                self._provisional[key] = values
                self._resolve(before)
                values = telling(values | compute(*args, **kwargs))
        finally:
            del self._active[key]
        if not self._active:
            self._tries.clear()
        if self._cut >= depth:
            if len(self._tentative) > before:
                self.memo.update((key, known) for key, known in self._resolve(before) if known)
            self.memo[key] = values
            self._cut = saved
        else:
            # Part of a cycle through a caller: exact only once that is known, good enough meanwhile the second time.
            known = self._provisional.get(key)
            values = telling(values | known) if known else values
            tries = self._tries[key] = self._tries.get(key, 0) + 1
            if known is not None and (values or tries >= _MAX_TRIES):
                self._tentative[key] = values, self._cut
            self._cut = min(saved, self._cut)
            if known is None or not values:
                self._provisional[key] = values
        return values

    def _resolve(self, before: int) -> Iterator[tuple[object, Values]]:
        """Take back what has become tentative since there were `before` of it."""
        taken = [self._tentative.popitem() for _ in range(len(self._tentative) - before)]
        for key, _ in taken:
            self._tries.pop(key, None)
        return ((key, values) for key, (values, _) in taken)
