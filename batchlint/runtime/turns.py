"""Effects in the loop's order."""

from __future__ import annotations

from typing import Any

from batchlint.runtime.driver import Item


def in_turn(*key: Any) -> InTurn:
    """`yield in_turn()`: go on when every generator before this one is done, so that effects keep the loop's order.

    With a key: when no earlier generator that is still running has yielded this key, so that it sees what those stored.
    """
    return InTurn(key)


class InTurn:
    def __init__(self, key: tuple[Any, ...]) -> None:
        self.key = key

    def begin(self, item: Item) -> None:
        self.passed = item.loop.top.passed
        try:
            hash(self.key)
        except TypeError:  # what cannot be hashed waits for its turn
            self.key = ()
        if self.key:
            item.keys = (*item.keys, self.key)

    def ready(self, turn: bool) -> bool:
        return turn or bool(self.key and self.key not in self.passed)

    def result(self) -> None:
        pass
