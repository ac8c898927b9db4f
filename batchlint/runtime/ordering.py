"""Coroutines of a loop's items, with their effects in the loop's order."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import sys
from collections.abc import Awaitable, Iterator
from typing import Any

from batchlint.runtime.driver import aside
from batchlint.runtime.gather import LOT, gather_batch
from batchlint.runtime.logs import logs_in_turn  # with logs


async def gather_in_order(*awaitables: Awaitable[Any]) -> None:
    """`gather_batch` for the items of a loop: behind `await in_order()` an item has seen the ones before it end.

    What an item prints before is kept for its turn. Raises the error of the first item that fails; later ones do not
    get behind their `in_order()` then.
    """
    turn, items = Turn(None, {}), []
    for awaitable in awaitables:
        items.append(turn.run(awaitable))
        turn = Turn(turn.ended, turn.keys)
    with logs_in_turn():  # noqa: SIM117  # around logs
        with in_turns():
            await gather_batch(*items)


async def in_order(*key: Any) -> None:
    """Go on when every item before this one has ended; at once outside of `gather_in_order`.

    With a key: when every earlier item that has given this key has ended, so that this one sees what those stored.
    """
    turn, lot = TURN.get(), LOT.get()
    if turn is None:
        return
    before = turn.before
    with contextlib.suppress(TypeError):  # what cannot be hashed waits for its turn
        if key:
            before, turn.keys[key] = turn.keys.get(key), turn.ended
    if before is not None and before is not turn.ended and not before.done() and lot is not None:
        with lot.idle():
            await asyncio.wait([before])
    if before is not None and before.cancelled():
        raise asyncio.CancelledError


class Turn:
    """An item's place behind the one that has `before` end. `keys`: who has given each key last, shared by all."""

    def __init__(self, before: asyncio.Future[None] | None, keys: dict[Any, asyncio.Future[None]]) -> None:
        self.before, self.keys = before, keys
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.outer, self.kept = TURN.get(), aside()

    async def run(self, awaitable: Awaitable[Any]) -> None:
        TURN.set(self)
        try:
            try:
                await awaitable
            finally:
                await in_order()  # an error comes in its turn too
                print(end="")  # what it has printed before its turn
            self.ended.set_result(None)
        finally:
            self.ended.cancel()

    def out(self, out: Any) -> Any:
        """Where the item prints: to `out`, behind what it has printed before its turn."""
        if self.before is not None and (not self.before.done() or self.before.cancelled()):
            return self.kept
        out = self.outer.out(out) if self.outer is not None else out
        self.kept.seek(0)
        out.write(self.kept.read())
        self.kept.truncate(self.kept.seek(0))
        return out


class Shown:
    """What is printed, by whichever item prints it."""

    def __init__(self, out: Any) -> None:
        self.out, self.users = out, 0

    def __getattr__(self, name: str) -> Any:
        turn = TURN.get()
        return getattr(self.out if turn is None else turn.out(self.out), name)


@contextlib.contextmanager
def in_turns() -> Iterator[None]:
    """Keep what items print before their turn."""
    shown = sys.stdout if isinstance(sys.stdout, Shown) else Shown(sys.stdout)
    sys.stdout, shown.users = shown, shown.users + 1
    try:
        yield
    finally:
        shown.users -= 1
        if not shown.users and sys.stdout is shown:
            sys.stdout = shown.out


TURN: contextvars.ContextVar[Turn | None] = contextvars.ContextVar("llm_batch_turn", default=None)
