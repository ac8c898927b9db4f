"""`tenacity.retry` for functions that yield requests."""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Callable, Generator
from typing import Any

from batchlint.runtime.driver import Loop  # noqa: F401


def batch_retry(*args: Any, **options: Any) -> Callable[..., Any]:
    """`tenacity.retry` for functions that yield requests, also with what that made: `batch_retry(policy)`.

    What a batch takes does not count for `stop`.
    """
    import tenacity

    policy = args[0] if len(args) == 1 and not options else tenacity.retry(*args, **options)
    model = policy(lambda: None).retry

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def tried(*given: Any, **named: Any) -> Generator[Any, Any, Any]:
            retrying = model.copy()  # for this call alone, as the attempts of many alternate
            state = tenacity.RetryCallState(retrying, function, given, named)
            retrying.begin()
            while True:
                todo = retrying.iter(retry_state=state)
                if isinstance(todo, tenacity.DoAttempt):
                    started = time.monotonic()
                    keep: Any = state.set_result
                    try:
                        outcome: Any = yield from function(*given, **named)
                    except Exception:
                        keep, outcome = state.set_exception, sys.exc_info()
                    state.start_time += time.monotonic() - started
                    keep(outcome)
                elif isinstance(todo, tenacity.DoSleep):
                    state.prepare_for_next_attempt()
                    retrying.sleep(todo)
                else:
                    return todo

        return tried

    return decorate
