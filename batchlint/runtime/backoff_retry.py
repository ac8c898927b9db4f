"""`backoff.on_exception` for functions that yield requests."""

from __future__ import annotations

import functools
import itertools
import logging
import random
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any

from batchlint.runtime.driver import Loop  # noqa: F401


def batch_on_exception(
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
) -> Callable[..., Any]:
    """`backoff.on_exception` for functions that yield requests.

    Of `max_time` only the pauses count, as a batch takes as long as it takes.
    """
    log = logging.getLogger(logger) if isinstance(logger, str) else logger

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def tried(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            limits: list[Any] = [value() if callable(value) else value for value in (max_tries, max_time)]
            most, longest = limits
            pauses: Any = wait_gen(**options)
            ready, waited = next(pauses), 0.0  # its first value, or nothing where it is sent what was raised
            for tries in itertools.count(1):
                try:
                    return (yield from function(*args, **kwargs))
                except exception as error:
                    if giveup(error) or tries == most or (longest is not None and waited >= longest):
                        if raise_on_giveup:
                            raise
                        return None
                    seconds = pauses.send(error) if ready is None else ready
                    ready = ready if ready is None else next(pauses)
                    seconds = jitter(seconds) if jitter else seconds
                    seconds = seconds if longest is None else min(seconds, longest - waited)
                    if log:
                        log.info("Backing off for %.1fs (%r)", seconds, error)
                time.sleep(seconds)
                waited += seconds

        return tried

    return decorate
