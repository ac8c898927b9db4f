"""`backoff.on_exception` for functions that yield requests."""

from __future__ import annotations

import itertools
import logging
import random
import time
from collections.abc import Callable, Iterator
from typing import Any


def backoff_attempts(
    wait_gen: Callable[..., Iterator[Any]],
    exception: Any,
    *,
    max_tries: Any = None,
    max_time: Any = None,
    jitter: Callable[[float], float] | None = lambda seconds: random.uniform(0, seconds),
    giveup: Callable[[Any], Any] = lambda error: False,
    raise_on_giveup: bool = True,
    logger: Any = "backoff",
    **options: Any,
) -> Iterator[Attempt]:
    """`backoff.on_exception` as a loop around the function's body: `for attempt in backoff_attempts(...):` with
    `with attempt:`. Of `max_time` only the pauses count, as a batch takes as long as it takes.
    """
    logger = logging.getLogger(logger) if isinstance(logger, str) else logger
    limits: list[Any] = [value() if callable(value) else value for value in (max_tries, max_time)]
    most, longest = limits
    pauses: Any = wait_gen(**options)
    ready, waited = next(pauses), 0.0  # its first value, or nothing where it is sent what was raised
    for tries in itertools.count(1):
        attempt = Attempt(exception)
        yield attempt
        error = attempt.error
        if error is None:
            return
        if giveup(error) or tries == most or (longest is not None and waited >= longest):
            if raise_on_giveup:
                raise error
            return
        seconds = pauses.send(error) if ready is None else ready
        ready = ready if ready is None else next(pauses)
        seconds = jitter(seconds) if jitter else seconds
        seconds = seconds if longest is None else min(seconds, longest - waited)
        if logger:
            logger.info("Backing off for %.1fs (%r)", seconds, error)
        time.sleep(seconds)
        waited += seconds


class Attempt:
    """One of the attempts: keeps the error for which there is another one."""

    def __init__(self, exception: Any) -> None:
        self.exception, self.error = exception, None

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> bool:
        if not isinstance(error, self.exception):
            return False
        self.error = error
        return True
