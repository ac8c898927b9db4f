"""Coroutines of jobs that cannot stay until a batch has ended."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from batchlint.runtime.asking import Request
from batchlint.runtime.gather import Stoppable
from batchlint.runtime.visits import BatchPending, Visit, asking_for

F = TypeVar("F", bound=Callable[..., Any])


def gathers_in_phases(*, job: str, wait: float = 0, rounds: bool = False) -> Callable[[F], F]:
    """For a coroutine function that gathers: its requests are those of `submit_or_collect`."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        async def run(*args: Any, **kwargs: Any) -> Any:
            with asking_for(job, functools.partial(VisitInLoop, job, wait, rounds), Stoppable):
                try:
                    return await function(*args, **kwargs)
                except Left:
                    raise BatchPending from None

        return run  # type: ignore[return-value]

    return decorate


class Left(BaseException):
    """BatchPending in the thread of the rounds; a task can carry it, where a SystemExit would stop the loop at once."""


class VisitInLoop(Visit, Stoppable):
    """One run of such a job, whose requests an async client may make."""

    def __init__(self, job: str, seconds: float, rounds: bool) -> None:
        super().__init__(job, seconds, rounds)
        self.loop = asyncio.get_running_loop()

    def answer(self, requests: list[Request]) -> None:
        try:
            super().answer(requests)
        except BatchPending:
            raise Left from None

    def called(self, call: Callable[[], Any]) -> tuple[Any, Exception | None]:
        made, error = super().called(call)
        return super().called(lambda: self.awaited(made)) if inspect.isawaitable(made) else (made, error)

    def awaited(self, made: Awaitable[Any]) -> Any:
        async def result() -> Any:
            return await made

        return asyncio.run_coroutine_threadsafe(result(), self.loop).result()
