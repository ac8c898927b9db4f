"""Coroutines of a loop's items, with their effects in the loop's order."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable
from typing import Any

from batchlint.runtime.gather import LOT, gather_batch


async def gather_in_order(*awaitables: Awaitable[Any]) -> None:
    """`gather_batch` for the items of a loop: behind `await in_order()` an item has seen the ones before it end.

    Raises the error of the first item that fails; later ones do not get behind their `in_order()` then.
    """
    before: asyncio.Future[None] | None = None
    items = []
    for awaitable in awaitables:
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        items.append(_item(awaitable, before, ended))
        before = ended
    await gather_batch(*items)


async def in_order() -> None:
    """Go on when every item before this one has ended; at once outside of `gather_in_order`."""
    before, lot = BEFORE.get(), LOT.get()
    if before is not None and not before.done() and lot is not None:
        with lot.idle():
            await asyncio.wait([before])
    if before is not None and before.cancelled():
        raise asyncio.CancelledError


async def _item(awaitable: Awaitable[Any], before: asyncio.Future[None] | None, ended: asyncio.Future[None]) -> None:
    BEFORE.set(before)
    try:
        try:
            await awaitable
        finally:
            await in_order()  # an error comes in its turn too
        ended.set_result(None)
    finally:
        ended.cancel()


BEFORE: contextvars.ContextVar[asyncio.Future[None] | None] = contextvars.ContextVar("llm_batch_before", default=None)
