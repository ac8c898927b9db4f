"""Coroutines that run functions which yield requests."""

from __future__ import annotations

from collections.abc import Generator
from types import GeneratorType
from typing import Any

from batchlint.runtime.driver import Loop, close
from batchlint.runtime.gather import LOT
from batchlint.runtime.live import realtime


async def batched_steps(work: Generator[Any, Any, Any]) -> Any:
    """What `yield from work` is in a generator: inside `gather_batch` its requests go into batches.

    Elsewhere they are made in realtime, and keep other coroutines waiting, as a call of a blocking function does.
    """
    lot = LOT.get()
    if lot is None or not isinstance(work, GeneratorType):
        return realtime(work)
    loop = Loop([work])
    try:
        while loop.go_on(True):
            await lot.park(*loop.asked)
            loop.passed.clear()  # with turns
    finally:
        close(loop.items)
    return loop.result()[0]
