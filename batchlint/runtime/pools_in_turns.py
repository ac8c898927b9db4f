"""Pools in generators."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from batchlint.runtime.loops import Each
from batchlint.runtime.pools import BatchExecutor, Work


def ended(pool: BatchExecutor) -> Ended:
    """`yield ended(pool)`: go on when all that it was given has ended; its requests join the rounds of the loop."""
    return Ended(pool)


class Ended(Each):
    def __init__(self, pool: BatchExecutor) -> None:
        self.work = Work(pool)
        super().__init__(self.work.loop)

    def result(self) -> list[Any]:
        outcomes = super().result()
        self.work.settle(outcomes)
        return outcomes

    def live(self, realtime: Callable[[Any], Any]) -> list[Any]:
        with ThreadPoolExecutor(len(self.work.loop.threads)) as threads:
            outcomes = list(threads.map(realtime, self.work.loop.source or ()))
        self.work.settle(outcomes)
        return outcomes
