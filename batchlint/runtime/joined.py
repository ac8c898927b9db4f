"""`threading.Thread` for functions that yield requests, also for workers that take items from a queue."""

from __future__ import annotations

import contextlib
import functools
import queue
import threading
from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Any

from batchlint.runtime.pools import BatchExecutor
from batchlint.runtime.stepping import steps_of


class BatchThread(threading.Thread):
    """A thread whose function may be a generator that yields requests: the first `join` runs all started ones.

    They share their batches. Time-outs are not kept: a batch takes as long as it takes. Workers that take what they do
    from the queue `items` get as many others beside them as it holds by then.
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
        items: queue.Queue[Any] | None = None,
    ) -> None:
        super().__init__(group, name=name, daemon=daemon)
        self.items = items
        self.work = functools.partial(target, *args, **(kwargs or {})) if target else lambda: None

    def start(self) -> None:
        STARTED.append(self)

    def join(self, timeout: float | None = None) -> None:
        run_started()


class NoItems(BaseException):
    """Ends a worker that would wait for an item: nobody puts one any more."""


def next_item(items: queue.Queue[Any]) -> Any:
    """`items.get()` of a worker."""
    try:
        return items.get_nowait()
    except queue.Empty:
        raise NoItems from None


def batch_queue_joined(items: queue.Queue[Any]) -> None:
    """`items.join()` for the queue of such workers."""
    run_started()
    items.join()


def run_started() -> None:
    threads = list(STARTED)
    STARTED.clear()
    for items in {id(thread.items): thread.items for thread in threads if thread.items is not None}.values():
        workers = [thread for thread in threads if thread.items is items]
        threads += [workers[0]] * (items.qsize() - len(workers))
    if not threads:
        return
    executor = BatchExecutor(min(len(threads), 32))
    futures = [executor.submit(worker_steps, thread) for thread in threads]
    for thread, future in zip(threads, futures, strict=True):
        error = future.exception()
        if isinstance(error, Exception):
            threading.excepthook(threading.ExceptHookArgs((type(error), error, error.__traceback__, thread)))


def worker_steps(thread: BatchThread) -> Generator[Any, Any, None]:
    with contextlib.suppress(NoItems):
        yield from steps_of(thread.work)


STARTED: list[BatchThread] = []
