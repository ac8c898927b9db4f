"""`threading.Thread` for functions that yield requests."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from batchlint.runtime.pools import BatchExecutor


class BatchThread(threading.Thread):
    """A thread whose function may be a generator that yields requests: the first `join` runs all started ones.

    They share their batches. Time-outs are not kept: a batch takes as long as it takes.
    """

    def __init__(
        self,
        group: None = None,
        target: Callable[..., Any] | None = None,
        name: str | None = None,
        args: Iterable[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        daemon: bool | None = None,
    ) -> None:
        super().__init__(group, name=name, daemon=daemon)
        self.work = functools.partial(target, *args, **(kwargs or {})) if target else lambda: None

    def start(self) -> None:
        STARTED.append(self)

    def join(self, timeout: float | None = None) -> None:
        threads = list(STARTED)
        STARTED.clear()
        if threads:
            run_threads(threads)


def run_threads(threads: list[BatchThread]) -> None:
    executor = BatchExecutor(min(len(threads), 32))
    futures = [executor.submit(thread.work) for thread in threads]
    for thread, future in zip(threads, futures, strict=True):
        error = future.exception()
        if isinstance(error, Exception):
            threading.excepthook(threading.ExceptHookArgs((type(error), error, error.__traceback__, thread)))


STARTED: list[BatchThread] = []
