"""Tasks that are made first and awaited afterwards, one by one."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable
from typing import Any

from batchlint.runtime.gather import LOT, Lot


def batch_task(awaitable: Awaitable[Any], **named: Any) -> asyncio.Task[Any]:
    """`asyncio.create_task` whose coroutines get the answers of `batched(...)` from batches, those beside them too."""
    outer = LOT.get()
    if outer is not None:
        return outer.start(awaitable, **named)
    started = STARTED.get()
    if started is None or started.ended:
        started = Started()
        STARTED.set(started)
    return asyncio.create_task(started.result(started.begin(awaitable, **named)), **named)


class Started(Lot):
    """The tasks that are made before those have ended that were made with them."""

    def __init__(self) -> None:
        super().__init__()
        self.tasks: list[asyncio.Task[Any]] = []
        self.left = 0
        self.problem: BaseException | None = None
        self.ended = False
        self.watch = asyncio.create_task(self.watching())

    def begin(self, awaitable: Awaitable[Any], **named: Any) -> asyncio.Task[Any]:
        token = LOT.set(self)
        self.tasks.append(self.start(awaitable, **named))
        LOT.reset(token)
        self.left += 1
        return self.tasks[-1]

    async def result(self, task: asyncio.Task[Any]) -> Any:
        try:
            return await task
        except asyncio.CancelledError:
            if self.problem is not None:
                raise self.problem from None
            raise
        finally:
            self.left -= 1
            if not self.left:
                await self.watch  # nothing is left to do when the last one has its result

    async def watching(self) -> None:
        """Answer the tasks until all have ended; where a batch fails as a whole, they do too."""
        server = asyncio.create_task(self.serve())
        count = 0
        try:
            while count < len(self.tasks):  # tasks may have been made meanwhile
                count = len(self.tasks)
                running = asyncio.gather(*self.tasks, return_exceptions=True)
                waited: set[asyncio.Future[Any]] = {running, server}
                await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
                if server.done():
                    server.result()
        except BaseException as error:
            self.ended, self.problem = True, None if isinstance(error, asyncio.CancelledError) else error
            running.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)
            await self.close(server, self.rounds.release)
            if self.problem is None:
                raise
            return
        self.ended = True
        is_good = not any(task.cancelled() or task.exception() for task in self.tasks)
        await self.close(server, self.rounds.finish, is_good)


STARTED: contextvars.ContextVar[Started | None] = contextvars.ContextVar("llm_batch_started", default=None)
