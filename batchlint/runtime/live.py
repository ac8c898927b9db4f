"""Realtime calls of functions that yield requests."""

from __future__ import annotations

from collections.abc import Callable
from types import GeneratorType
from typing import Any, NamedTuple

from batchlint.runtime.asks import ASK, captured
from batchlint.runtime.driver import Loop  # noqa: F401


def realtime(work: Any) -> Any:
    """Run one generator now, with realtime calls: for callers that wait for the answer. Returns its value."""
    if not isinstance(work, GeneratorType):
        return work
    answer: Any = None
    problem: Exception | None = None
    asking = ASK.set(LiveCall)
    try:
        while True:
            step = work.send(answer) if problem is None else work.throw(problem)
            answer = problem = None
            try:
                if isinstance(step, LiveCall):
                    answer = step.method(*step.args, **step.kwargs)
                elif hasattr(step, "live"):  # of a loop or a pool
                    answer = step.live(realtime)
            except Exception as error:
                problem = error
    except StopIteration as stop:
        return stop.value
    finally:
        ASK.reset(asking)


class LiveCall(NamedTuple):
    method: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def ready(self, item: Any, loop: Any) -> bool:
        """A generator of `run_batch` asks, inside of the function that runs in realtime."""
        item.step = captured(*self)
        return False
