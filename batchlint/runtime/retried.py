"""`retry.retry` for functions that yield requests."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterator
from typing import Any

from batchlint.runtime.attempts import Attempt

RETRY_LOG = logging.getLogger("retry.api")


def retry_attempts(
    exceptions: Any = Exception,
    tries: int = -1,
    delay: float = 0,
    max_delay: float | None = None,
    backoff: float = 1,
    jitter: Any = 0,
    logger: Any = RETRY_LOG,
) -> Iterator[Attempt]:
    """`retry.retry` as a loop around the function's body: `for attempt in retry_attempts(...):` `with attempt:`."""
    while tries:
        attempt = Attempt(exceptions)
        yield attempt
        if attempt.error is None:
            return
        tries -= 1
        if not tries:
            raise attempt.error
        if logger is not None:
            logger.warning("%s, retrying in %s seconds...", attempt.error, delay)
        time.sleep(delay)
        delay = delay * backoff + (random.uniform(*jitter) if isinstance(jitter, tuple) else jitter)
        delay = delay if max_delay is None else min(delay, max_delay)
