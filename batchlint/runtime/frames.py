"""`apply` and `map` of data frames for functions that yield requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from batchlint.runtime.driver import run_batch
from batchlint.runtime.live import realtime
from batchlint.runtime.stepping import steps_of


def batch_apply(method: Callable[..., Any], fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """`method(fn, ...)` of a data frame or a column; the requests that `fn` yields go into batches.

    The frame hands its rows out twice: first to note the work for each, then to take the answers in.
    """
    if getattr(getattr(method, "__self__", None), "empty", False):
        return method(lambda *a, **k: realtime(fn(*a, **k)), *args, **kwargs)
    work: list[Any] = []

    def note(value: Any, *more: Any, **named: Any) -> None:
        # A frame may fill one row object again and again.
        value = value.copy() if type(value).__module__.partition(".")[0] == "pandas" else value
        work.append(steps_of(fn, value, *more, **named))

    noting = {name: value for name, value in kwargs.items() if name != "result_type"}  # it takes rows apart
    method(note, *args, **noting)
    answers = iter(run_batch(work))
    return method(lambda *a, **k: next(answers), *args, **kwargs)
