"""Pools of `multiprocessing`, `joblib` and `tqdm` for functions that yield requests."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from batchlint.runtime.pools import BatchExecutor, BatchFuture


class BatchProcessExecutor(BatchExecutor):
    """ProcessPoolExecutor: the work gets copies of what it is given, as it does in another process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> BatchFuture:
        copied, own_args, own_kwargs = pickle.loads(pickle.dumps((fn, args, kwargs)))
        return super().submit(copied, *own_args, **own_kwargs)


class BatchResult:
    """What `apply_async` and its like return."""

    def __init__(self, wait: Callable[[], Any]) -> None:
        self.wait = wait

    def get(self, timeout: float | None = None) -> Any:
        return self.wait()


class BatchPool:
    """`multiprocessing.Pool` whose functions may be generators that `yield request(...)`."""

    Executor: type[BatchExecutor] = BatchProcessExecutor

    def __init__(
        self, processes: int | None = None, initializer: Any = None, initargs: Any = (), *args: Any, **kw: Any
    ):
        self.executor = self.Executor(processes, initializer=initializer, initargs=initargs)

    def map(self, func: Callable[..., Any], iterable: Iterable[Any], chunksize: int | None = None) -> list[Any]:
        return list(self.executor.map(func, iterable))

    def starmap(self, func: Callable[..., Any], iterable: Iterable[Any], chunksize: int | None = None) -> list[Any]:
        return self.starmap_async(func, iterable).get()  # type: ignore[no-any-return]

    def imap(self, func: Callable[..., Any], iterable: Iterable[Any], chunksize: int = 1) -> Iterator[Any]:
        return self.executor.map(func, iterable)

    imap_unordered = imap

    def map_async(self, func: Callable[..., Any], iterable: Iterable[Any], chunksize: int | None = None) -> BatchResult:
        return self.starmap_async(func, ((value,) for value in iterable))

    def starmap_async(
        self, func: Callable[..., Any], iterable: Iterable[Any], chunksize: int | None = None
    ) -> BatchResult:
        futures = [self.executor.submit(func, *values) for values in iterable]
        return BatchResult(lambda: [future.result() for future in futures])

    def apply_async(
        self, func: Callable[..., Any], args: Iterable[Any] = (), kwds: Mapping[str, Any] | None = None
    ) -> BatchResult:
        return BatchResult(self.executor.submit(func, *args, **(kwds or {})).result)

    def close(self) -> None:
        self.executor.shutdown()

    join = terminate = close

    def __enter__(self) -> BatchPool:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()


class BatchThreadPool(BatchPool):
    """`multiprocessing.pool.ThreadPool`."""

    Executor = BatchExecutor


class BatchParallel:
    """`joblib.Parallel`: called with what `delayed(function)(...)` gave."""

    def __init__(self, n_jobs: int | None = None, backend: Any = None, prefer: Any = None, **others: Any) -> None:
        threads = "threading" in (backend, others.get("require") and "threading") or prefer == "threads"
        workers = n_jobs if n_jobs and n_jobs > 0 else None
        self.executor = BatchExecutor(workers) if threads else BatchProcessExecutor(workers)

    def __call__(self, iterable: Iterable[tuple[Callable[..., Any], Any, Any]]) -> list[Any]:
        futures = [self.executor.submit(function, *args, **kwargs) for function, args, kwargs in iterable]
        return [future.result() for future in futures]


def batch_thread_map(fn: Callable[..., Any], *iterables: Iterable[Any], **options: Any) -> list[Any]:
    """`tqdm.contrib.concurrent.thread_map`."""
    return list(BatchExecutor(options.get("max_workers")).map(fn, *iterables))


def batch_process_map(fn: Callable[..., Any], *iterables: Iterable[Any], **options: Any) -> list[Any]:
    """`tqdm.contrib.concurrent.process_map`."""
    return list(BatchProcessExecutor(options.get("max_workers")).map(fn, *iterables))
