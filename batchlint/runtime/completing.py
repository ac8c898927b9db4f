"""`asyncio.as_completed` over batches."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Iterator
from typing import Any

from batchlint.runtime.gather import gather_batch
from batchlint.runtime.outcomes import outcome


def as_completed_batch(
    awaitables: Iterable[Awaitable[Any]], *, timeout: float | None = None
) -> Iterator[Awaitable[Any]]:
    """`asyncio.as_completed` in the order of the input: the first one that is awaited runs all, through batches."""
    waiting = list(awaitables)
    lock = asyncio.Lock()
    outcomes: list[tuple[Any, BaseException | None]] = []

    async def nth(position: int) -> Any:
        async with lock:
            if not outcomes:
                outcomes.extend(await gather_batch(*map(outcome, waiting)))
        value, error = outcomes[position]
        if error is not None:
            raise error
        return value

    return (nth(position) for position in range(len(waiting)))
