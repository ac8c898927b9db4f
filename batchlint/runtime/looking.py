"""Generators whose effects wait until all answers are there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from batchlint.runtime.driver import Loop


class Looking(Loop):
    """A look at the batch does what comes before the requests again: what comes after them waits for the last look."""

    def __init__(self, generators: Iterable[Any], wait: bool = False) -> None:
        super().__init__(generators)
        self.wait = wait

    def go_on(self, turn: bool) -> bool:
        waits = super().go_on(self.wait)
        if self.wait or self.asked:
            return waits
        self.passed.clear()  # with turns
        return super().go_on(True)
