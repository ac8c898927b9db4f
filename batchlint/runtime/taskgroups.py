"""`asyncio.TaskGroup` over batches."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any

from batchlint.runtime.gather import gather_batch
from batchlint.runtime.outcomes import outcome


class BatchTaskGroup:
    """`asyncio.TaskGroup` whose tasks run at the end of the `async with`, and get their answers from batches."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Coroutine[Any, Any, Any], str | None, asyncio.Future[Any]]] = []

    async def __aenter__(self) -> BatchTaskGroup:
        return self

    def create_task(self, coro: Coroutine[Any, Any, Any], *, name: str | None = None) -> asyncio.Future[Any]:
        """A future that has its result when the group has ended."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.waiting.append((coro, name, future))
        return future

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        errors: list[BaseException] = []
        while error is None and self.waiting and not errors:  # tasks may have made tasks
            waiting, self.waiting = self.waiting, []
            outcomes = await gather_batch(*(outcome(coro, name) for coro, name, _ in waiting))
            for (_, _, future), (value, problem) in zip(waiting, outcomes, strict=True):
                if problem is None:
                    future.set_result(value)
                else:
                    future.cancel()
                    errors.append(problem)
        for coro, _, future in self.waiting:
            coro.close()
            future.cancel()
        if isinstance(error, Exception):
            errors.append(error)
        if errors:
            raise BaseExceptionGroup("unhandled errors in a TaskGroup", errors)
