"""Threads of coroutines over functions that yield requests."""

from __future__ import annotations

import contextvars
from collections.abc import Awaitable, Callable
from types import GeneratorType
from typing import Any

from batchlint.runtime.driver import Loop, close
from batchlint.runtime.gather import LOT
from batchlint.runtime.live import realtime
from batchlint.runtime.reading import READING  # noqa: F401


async def batched_thread(run: Callable[..., Awaitable[Any]], /, *args: Any, **kwargs: Any) -> Any:
    """`await run(function, ...)` of `asyncio.to_thread` or `loop.run_in_executor`, for functions that yield requests.

    Inside `gather_batch` the requests go into batches, elsewhere they are made in realtime; the code around them runs
    in threads.
    """
    executor = () if callable(args[0]) else args[:1]
    work = await run(*args, **kwargs)
    lot = LOT.get()
    if lot is None or not isinstance(work, GeneratorType):
        return await run(*executor, realtime, work)
    loop = Loop([work])
    try:
        while await run(*executor, contextvars.copy_context().run, loop.go_on, True):
            await lot.park(*loop.asked)
            loop.passed.clear()  # with turns
    finally:
        close(loop.items)
    return loop.result()[0]
