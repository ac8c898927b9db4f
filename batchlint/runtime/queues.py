"""Workers that take items from an `asyncio.Queue`."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any

from batchlint.runtime.asking import BatchError, Insisting
from batchlint.runtime.gather import LOT, Lot


class BatchItems:
    """`async with BatchItems() as items:` in a worker: what it starts runs side by side, as far as the first answer.

    All workers share their batches. The block ends when its items have ended, with the first of their errors.
    """

    async def __aenter__(self) -> BatchItems:
        self.crew = crew()
        self.crew.workers.append(asyncio.current_task())
        self.tasks: list[asyncio.Task[Any]] = []
        return self

    def start(self, item: Coroutine[Any, Any, Any]) -> None:
        token = LOT.set(self.crew.lot)
        self.tasks.append(self.crew.lot.start(item))
        LOT.reset(token)
        self.crew.tasks.append(self.tasks[-1])

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if self.tasks and not isinstance(error, asyncio.CancelledError):
                await asyncio.wait(self.tasks)
        finally:
            for task in self.tasks:
                task.cancel()
            ended = await asyncio.gather(*self.tasks, return_exceptions=True)
            self.crew.workers.remove(asyncio.current_task())
            if not self.crew.workers:
                await self.crew.finish()
        problem = self.crew.problem or next((each for each in ended if isinstance(each, Exception)), None)
        if problem is not None and not isinstance(error, Exception):
            raise problem


async def batch_joined(queue: asyncio.Queue[Any]) -> None:
    """`await queue.join()` for the queue of such workers. Raises BatchError where a batch fails as a whole."""
    joining, waited = asyncio.ensure_future(queue.join()), crew()
    failing = asyncio.ensure_future(waited.failed.wait())
    try:
        await asyncio.wait({joining, failing}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        joining.cancel()
        failing.cancel()
    if waited.problem is not None:
        raise waited.problem
    if waited.tasks:
        await asyncio.wait(waited.tasks)
    await waited.finish()


class Crew:
    """The workers of one event loop and their items."""

    def __init__(self) -> None:
        self.lot, self.failed = Lot(), asyncio.Event()
        self.workers: list[asyncio.Task[Any] | None] = []
        self.tasks: list[asyncio.Task[Any]] = []
        self.problem: BaseException | None = None
        self.server = asyncio.create_task(self.serve())
        self.is_over = False

    async def serve(self) -> None:
        try:
            await self.lot.serve()
        except (BatchError, Insisting) as problem:
            self.problem = problem
            self.failed.set()
            for task in (*self.workers, *self.tasks):
                if task is not None:
                    task.cancel()

    async def finish(self) -> None:
        if self.is_over:
            return
        self.is_over = True
        errors = [task.cancelled() or task.exception() for task in self.tasks if task.done()]
        if self.problem is not None:
            await self.lot.close(self.server, self.lot.rounds.release)
        else:
            await self.lot.close(self.server, self.lot.rounds.finish, not any(errors))


def crew() -> Crew:
    """The workers of the running event loop."""
    loop: Any = asyncio.get_running_loop()
    found = CREW.get(loop)
    if found is None or found.is_over:
        CREW.clear()
        found = CREW[loop] = Crew()
    return found


CREW: dict[Any, Crew] = {}
