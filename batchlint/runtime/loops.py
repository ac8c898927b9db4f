"""Loops in generators."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from batchlint.runtime.asking import Request
from batchlint.runtime.driver import Item, Loop


def each(generators: Iterable[Any]) -> Each:
    """`results = yield each(generators)`: a loop in a generator, whose requests join the rounds of the outer loop."""
    return Each(Loop(generators))


class Each:
    def __init__(self, loop: Loop) -> None:
        self.loop = loop

    @property
    def asked(self) -> list[Request]:
        return self.loop.asked

    def ready(self, item: Item, loop: Loop) -> bool:
        self.loop.passed = loop.passed  # with turns
        if self.loop.go_on(loop.turn):
            return False
        for inner in self.loop.items:  # ended before their turn: what they printed follows what the owner did
            print(inner.output, end="")
        return True

    def result(self) -> list[Any]:
        return self.loop.result()

    def live(self, realtime: Callable[[Any], Any]) -> list[Any]:
        return [realtime(generator) for generator in self.loop.source or ()]
