"""The async driver: coroutines that await `batched(...)` park their requests until all are parked; then one batch runs."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
import os
from collections.abc import Awaitable, Callable
from typing import Any

from batchlint.runtime.model import Request, request
from batchlint.runtime.rounds import Call

# Without a sign of life for so long, those that have parked go ahead: others may be waiting for them.
SETTLE_SECONDS = float(os.environ.get("LLM_BATCH_SETTLE_SECONDS", "10"))


class Lot:
    """Where the coroutines of one outermost `gather_batch` park, and the rounds that answer them."""

    def __init__(self) -> None:
        self.call = Call()
        self.tasks: set[asyncio.Task[Any]] = set()
        self.running = 0
        self.parked: list[tuple[Request, asyncio.Future[None], int]] = []
        self.answered: list[Request] = []
        self.stirred = asyncio.Event()

    def start(self, awaitable: Awaitable[Any]) -> asyncio.Task[Any]:
        """Run it as a task that the next round waits for."""

        async def run() -> Any:
            return await awaitable

        task = asyncio.get_running_loop().create_task(run())
        self.tasks.add(task)
        task.add_done_callback(self.end)
        self.running += 1
        return task

    def end(self, task: asyncio.Task[Any]) -> None:
        self.tasks.discard(task)
        self.count(-1)

    def count(self, more: int) -> None:
        self.running += more
        self.stirred.set()

    async def park(self, asked: Request) -> Any:
        answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        counts = int(asyncio.current_task() in self.tasks)
        self.parked.append((asked, answered, counts))
        self.count(-counts)
        try:
            await answered
        except asyncio.CancelledError:
            if answered.cancelled():
                self.count(counts)
            raise
        return asked.result()

    async def join(self, tasks: list[asyncio.Task[Any]], return_exceptions: bool) -> list[Any]:
        """An inner gather: its caller does nothing while it waits for coroutines that park here too."""
        counts = int(asyncio.current_task() in self.tasks)
        self.count(-counts)
        try:
            return list(await asyncio.gather(*tasks, return_exceptions=return_exceptions))
        finally:
            self.count(counts)

    async def serve(self) -> None:
        """Answer round after round, until it is cancelled."""
        while True:
            self.stirred.clear()
            if self.running or not self.parked:
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self.stirred.wait(), SETTLE_SECONDS if self.parked else None)
                    continue
            await asyncio.to_thread(self.call.delivered, self.answered)
            parked, self.parked = [entry for entry in self.parked if not entry[1].done()], []
            self.answered = [asked for asked, _, _ in parked]
            steps = self.call.fulfil(self.answered)
            while (pause := await asyncio.to_thread(next, steps, None)) is not None:
                await asyncio.sleep(pause)
            for _, answered, counts in parked:
                if not answered.done():
                    answered.set_result(None)
                    self.count(counts)


LOT: contextvars.ContextVar[Lot | None] = contextvars.ContextVar("llm_batch_lot", default=None)


async def batched(method: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """The answer of `await method(*args, **kwargs)`: inside `gather_batch` from a batch, elsewhere in realtime."""
    lot = LOT.get()
    if lot is not None:
        asked = request(method, *args, **kwargs)
        assert isinstance(asked, Request)
        return await lot.park(asked)
    answer = method(*args, **kwargs)
    return await answer if inspect.isawaitable(answer) else answer


async def gather_batch(*awaitables: Awaitable[Any], return_exceptions: bool = False) -> list[Any]:
    """`asyncio.gather` whose coroutines get the answers of `batched(...)` from batches, one batch per round.

    Raises BatchError where a batch fails as a whole, after its coroutines were cancelled. Inside another `gather_batch`
    the requests join the rounds of the outer one.
    """
    outer = LOT.get()
    if outer is not None:
        return await outer.join([outer.start(awaitable) for awaitable in awaitables], return_exceptions)
    lot = Lot()
    token = LOT.set(lot)
    tasks = [lot.start(awaitable) for awaitable in awaitables]
    LOT.reset(token)
    server = asyncio.get_running_loop().create_task(lot.serve())
    results = asyncio.gather(*tasks, return_exceptions=return_exceptions)
    try:
        waited: set[asyncio.Future[Any]] = {results, server}
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if server.done():
            server.result()
    except BaseException as problem:
        results.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        server.cancel()
        await asyncio.to_thread(lot.call.close, problem)
        raise
    error = asyncio.CancelledError() if results.cancelled() else results.exception()
    last = asyncio.get_running_loop().create_task(_finish(lot, tasks, server, error))
    if error is None:
        await last
    else:  # as with gather, the other coroutines go on
        BACKGROUND.add(last)
        last.add_done_callback(BACKGROUND.discard)
    return list(results.result())


BACKGROUND: set[asyncio.Task[None]] = set()


async def _finish(
    lot: Lot, tasks: list[asyncio.Task[Any]], server: asyncio.Task[None], error: BaseException | None
) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)
    server.cancel()
    await asyncio.to_thread(lot.call.delivered, lot.answered)
    await asyncio.to_thread(lot.call.close, error, True)
