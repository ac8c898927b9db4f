"""`retry.retry` for functions that yield requests."""

from __future__ import annotations

import functools
import logging
import random
import time
from collections.abc import Callable, Generator
from typing import Any

from batchlint.runtime.driver import Loop  # noqa: F401

RETRY_LOG = logging.getLogger("retry.api")


def batch_retries(
    exceptions: Any = Exception,
    tries: int = -1,
    delay: float = 0,
    max_delay: float | None = None,
    backoff: float = 1,
    jitter: Any = 0,
    logger: Any = RETRY_LOG,
) -> Callable[..., Any]:
    """`retry.retry` for functions that yield requests."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def tried(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            left, pause = tries, delay
            while left:
                try:
                    return (yield from function(*args, **kwargs))
                except exceptions as error:
                    left -= 1
                    if not left:
                        raise
                    if logger is not None:
                        logger.warning("%s, retrying in %s seconds...", error, pause)
                time.sleep(pause)
                pause = pause * backoff + (random.uniform(*jitter) if isinstance(jitter, tuple) else jitter)
                pause = pause if max_delay is None else min(pause, max_delay)
            return None

        return tried

    return decorate
