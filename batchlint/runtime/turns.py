"""Effects in the loop's order."""

from __future__ import annotations

from typing import Any

from batchlint.runtime.driver import Item, Loop


def in_turn(*key: Any) -> InTurn:
    """`yield in_turn()`: go on when every generator before this one is done, so that effects keep the loop's order.

    With a key: when no earlier generator that is still running has yielded this key, so that it sees what those stored.
    """
    return InTurn(key)


class InTurn:
    def __init__(self, key: tuple[Any, ...]) -> None:
        self.key = key

    def ready(self, item: Item, loop: Loop) -> bool:
        try:
            hash(self.key)
        except TypeError:  # what cannot be hashed waits for its turn
            self.key = ()
        if self.key and self.key not in item.keys:
            item.keys = (*item.keys, self.key)
        return loop.turn or bool(self.key and self.key not in loop.passed)

    def result(self) -> None:
        pass
