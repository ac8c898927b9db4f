"""Loops in generators."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from batchlint.runtime.driver import Item, Loop


def each(generators: Iterable[Any]) -> Each:
    """`results = yield each(generators)`: a loop in a generator, whose requests join the rounds of the outer loop."""
    return Each(generators)


class Each:
    def __init__(self, generators: Iterable[Any]) -> None:
        self.generators = generators

    def begin(self, item: Item) -> None:
        self.item, self.loop = item, Loop(self.generators, item.loop)

    def ready(self, turn: bool) -> bool:
        if not self.loop.go_on(turn):
            return False
        for inner in self.loop.items:  # ended before their turn: what they printed follows what the owner did
            self.item.output += inner.output
        return True

    def result(self) -> list[Any]:
        return self.loop.result()

    def close(self) -> None:
        for inner in self.loop.items:
            inner.close()
