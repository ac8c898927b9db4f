"""The async driver: coroutines that await `batched(...)` park until all are parked; then one batch runs."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
import os
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from types import TracebackType
from typing import Any

from batchlint.runtime.model import Request, captured
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
        return await lot.park(captured(method, args, kwargs))
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
                outcomes.extend(await gather_batch(*map(_outcome, waiting)))
        value, error = outcomes[position]
        if error is not None:
            raise error
        return value

    return (nth(position) for position in range(len(waiting)))


async def _outcome(awaitable: Awaitable[Any]) -> tuple[Any, BaseException | None]:
    try:
        return await awaitable, None
    except Exception as error:
        return None, error


class BatchTaskGroup:
    """`asyncio.TaskGroup` whose tasks run at the end of the `async with`, and get their answers from batches."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Coroutine[Any, Any, Any], asyncio.Future[Any]]] = []

    async def __aenter__(self) -> BatchTaskGroup:
        return self

    def create_task(self, coro: Coroutine[Any, Any, Any], **named: Any) -> asyncio.Future[Any]:
        """A future that has its result when the group has ended."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.waiting.append((coro, future))
        return future

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        errors: list[BaseException] = []
        while error is None and self.waiting and not errors:  # tasks may have made tasks
            waiting, self.waiting = self.waiting, []
            outcomes = await gather_batch(*(_outcome(coro) for coro, _ in waiting))
            for (_, future), (value, problem) in zip(waiting, outcomes, strict=True):
                if problem is None:
                    future.set_result(value)
                else:
                    future.cancel()
                    errors.append(problem)
        for coro, future in self.waiting:
            coro.close()
            future.cancel()
        if isinstance(error, Exception):
            errors.append(error)
        if errors:
            raise BaseExceptionGroup("unhandled errors in a TaskGroup", errors)
