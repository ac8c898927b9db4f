"""Coroutines that await `batched(...)` park until all are parked; then one batch runs."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import inspect
import os
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO

from batchlint.runtime.asking import BatchError, Request, request
from batchlint.runtime.asks import ASK  # with asks
from batchlint.runtime.rounds import Rounds

# Without a sign of life for so long, those that have parked go ahead: others may be waiting for them.
SETTLE_SECONDS = float(os.environ.get("LLM_BATCH_SETTLE_SECONDS", "10"))


async def batched(method: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """The answer of `await method(*args, **kwargs)`: inside `gather_batch` from a batch, elsewhere in realtime."""
    lot = LOT.get()
    if lot is not None:
        asked = request(method, *args, **kwargs)
        await lot.park(asked)
        return asked.result()
    if inspect.iscoroutinefunction(inspect.unwrap(method)):
        return await method(*args, **kwargs)
    answer = await asyncio.to_thread(method, *args, **kwargs)
    return await answer if inspect.isawaitable(answer) else answer


async def gather_batch(*awaitables: Awaitable[Any], return_exceptions: bool = False) -> list[Any]:
    """`asyncio.gather` whose coroutines get the answers of `batched(...)` from batches, one batch per round.

    Raises BatchError where a batch fails as a whole, after its coroutines were cancelled. Inside another `gather_batch`
    the requests join the rounds of the outer one.
    """
    outer = LOT.get()
    if outer is not None:
        tasks = [outer.start(awaitable) for awaitable in awaitables]
        with outer.idle():  # the caller does nothing while it waits for coroutines that park here too
            return list(await asyncio.gather(*tasks, return_exceptions=return_exceptions))
    lot = Lot()
    token = LOT.set(lot)
    tasks = [lot.start(awaitable) for awaitable in awaitables]
    LOT.reset(token)
    server = asyncio.create_task(lot.serve())
    results = asyncio.gather(*tasks, return_exceptions=return_exceptions)
    try:
        waited: set[asyncio.Future[Any]] = {results, server}
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if server.done():
            server.result()
    except BaseException:
        results.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody takes it
        results.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await lot.close(server, lot.rounds.release)
        raise
    is_good = not results.cancelled() and results.exception() is None
    last = asyncio.create_task(lot.finish(server, tasks, is_good))
    if is_good:
        await last
    else:  # as with gather, the other coroutines go on
        BACKGROUND.add(last)
        last.add_done_callback(BACKGROUND.discard)
    return list(results.result())


class Lot:
    """Where the coroutines of one outermost `gather_batch` park, and the rounds that answer them."""

    def __init__(self) -> None:
        rounds = Stoppable
        rounds = getattr(ASK.get(), "rounds", rounds)  # those of the job that leaves  # with visits
        self.rounds = rounds()
        self.thread = ThreadPoolExecutor(1)
        self.busy: set[asyncio.Task[Any] | None] = set()  # tasks that may still ask something
        self.parked: list[tuple[Request, asyncio.Future[None], asyncio.Task[Any] | None]] = []
        self.stirred = asyncio.Event()

    def start(self, awaitable: Awaitable[Any], **named: Any) -> asyncio.Task[Any]:
        """Run it as a task that the next round waits for."""

        async def run() -> Any:
            try:
                return await awaitable
            finally:
                self.leave(asyncio.current_task())

        task = asyncio.create_task(run(), **named)
        self.busy.add(task)
        return task

    def leave(self, task: asyncio.Task[Any] | None) -> None:
        self.busy.discard(task)
        self.stirred.set()

    @contextlib.contextmanager
    def idle(self) -> Iterator[asyncio.Task[Any] | None]:
        """No round waits for the current task meanwhile. Gives the task, if rounds wait for it at other times."""
        task = asyncio.current_task()
        counted = task if task in self.busy else None
        self.leave(task)
        try:
            yield counted
        finally:
            if counted:
                self.busy.add(counted)

    async def park(self, *requests: Request) -> None:
        """Wait until the next round has answered the requests."""
        loop = asyncio.get_running_loop()
        with self.idle() as task:
            entries = [(asked, loop.create_future(), task) for asked in requests]
            for asked, _, _ in entries:
                work_in_loop(asked.backend, loop)
            self.parked += entries
            await asyncio.gather(*(answered for _, answered, _ in entries))

    async def serve(self) -> None:
        """Answer round after round, until it is cancelled."""
        while True:
            self.stirred.clear()
            if self.busy or not self.parked:
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self.stirred.wait(), SETTLE_SECONDS if self.parked else None)
                    continue
            parked, self.parked = [entry for entry in self.parked if not entry[1].done()], []
            await self.in_thread(self.rounds.answer, [asked for asked, _, _ in parked])
            self.parked += [entry for entry in parked if entry[0].answer is None]
            for asked, answered, task in parked:
                if asked.answer and not answered.done():
                    answered.set_result(None)
                    if task:
                        self.busy.add(task)

    async def in_thread(self, action: Callable[..., None], *args: Any) -> None:
        await asyncio.get_running_loop().run_in_executor(self.thread, action, *args)

    async def finish(self, server: asyncio.Task[None], tasks: list[asyncio.Task[Any]], is_good: bool) -> None:
        try:
            await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            await self.close(server, self.rounds.finish, is_good)

    async def close(self, server: asyncio.Task[None], action: Callable[..., None], *args: Any) -> None:
        """End the rounds, and do this after the last one."""
        self.rounds.stopped.set()
        server.cancel()
        await self.in_thread(action, *args)
        self.thread.shutdown(wait=False)


class Stoppable(Rounds):
    """Rounds in a thread, that end when nobody waits for them any more."""

    def __init__(self) -> None:
        super().__init__()
        self.stopped = threading.Event()

    def sleep(self, seconds: float, what: str) -> None:
        if self.stopped.wait(min(seconds, max(0.0, self.deadline - time.monotonic()))):
            raise BatchError(f"{what}: nobody waits any more; start again to go on")
        super().sleep(0, what)


class InLoop:
    """Stands in for an object of an async client: what its methods come to is awaited in the loop of the coroutines."""

    def __init__(self, original: Any, loop: asyncio.AbstractEventLoop) -> None:
        self.original, self.loop = original, loop

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.original, name)
        return functools.partial(self.call, found) if callable(found) else found

    def call(self, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        found = method(*args, **kwargs)
        return self.each(aiter(found)) if hasattr(found, "__aiter__") else self.wait(found)

    def wait(self, awaitable: Awaitable[Any]) -> Any:
        async def result() -> Any:
            return await awaitable

        return asyncio.run_coroutine_threadsafe(result(), self.loop).result()

    def each(self, found: AsyncIterator[Any]) -> Iterator[Any]:
        with contextlib.suppress(StopAsyncIteration):
            while True:
                yield self.wait(anext(found))


def work_in_loop(backend: Any, loop: asyncio.AbstractEventLoop) -> None:
    """Let the thread of the rounds work an async client, which has to be awaited in its loop."""
    if not inspect.iscoroutinefunction(getattr(type(getattr(backend, "client", None)), "request", None)):
        return

    async def copy(response: Any, file: BinaryIO) -> None:
        async with response as opened:
            async for block in opened.iter_bytes():
                file.write(block)
        file.write(b"\n")

    for name, value in vars(backend).items():
        if name in ("batches", "files"):
            setattr(backend, name, InLoop(getattr(value, "original", value), loop))
    backend.save = lambda response, file: asyncio.run_coroutine_threadsafe(copy(response, file), loop).result()


LOT: contextvars.ContextVar[Lot | None] = contextvars.ContextVar("llm_batch_lot", default=None)
BACKGROUND: set[asyncio.Task[None]] = set()
