"""`concurrent.futures` for functions that yield requests."""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ALL_COMPLETED, Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, NamedTuple

from batchlint.runtime.asking import Request
from batchlint.runtime.asks import ASK, asking_alike  # with asks
from batchlint.runtime.driver import Item, Loop
from batchlint.runtime.reading import READING  # noqa: F401
from batchlint.runtime.rounds import Rounds
from batchlint.runtime.stepping import steps_of

SUBMITTED = itertools.count()


class BatchFuture(Future[Any]):
    """A future of a BatchExecutor: the first wait for one runs everything that was submitted, in batches."""

    def __init__(self, executor: BatchExecutor, work: Callable[[], Any]) -> None:
        super().__init__()
        self.executor, self.work, self.number = executor, work, next(SUBMITTED)

    def result(self, timeout: float | None = None) -> Any:
        self.executor.run()
        return super().result(timeout)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        self.executor.run()
        return super().exception(timeout)

    def steps(self) -> Generator[Any, Any, tuple[Any, BaseException | None]]:
        """The value or the exception of the work, as a generator that asks what the work asks."""
        try:
            value = yield from steps_of(self.work)
        except (Exception, SystemExit) as error:
            return None, error
        return value, None


class BatchExecutor:
    """ThreadPoolExecutor (or ProcessPoolExecutor) whose functions may be generators that `yield request(...)`.

    `max_workers` threads run the code around the requests. Time-outs are not kept: a batch takes as long as it takes.
    """

    def __init__(
        self, max_workers: int | None = None, *args: Any, initializer: Any = None, initargs: Any = (), **kw: Any
    ):
        self.workers = max_workers or min(32, (os.cpu_count() or 1) + 4)
        self.initialize = (lambda: initializer(*initargs)) if initializer else lambda: None
        self.waiting: list[BatchFuture] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> BatchFuture:
        future = BatchFuture(self, lambda: fn(*args, **kwargs))
        self.waiting.append(future)
        return future

    def map(
        self, fn: Callable[..., Any], *iterables: Iterable[Any], timeout: float | None = None, chunksize: int = 1
    ) -> Iterator[Any]:
        """The results in the order of the input; all is submitted at once."""
        futures = [self.submit(fn, *values) for values in zip(*iterables, strict=False)]
        return (future.result() for future in futures)

    def run(self) -> None:
        """Run what was submitted and has not been run."""
        work = Work(self)
        try:
            rounds = Rounds
            rounds = getattr(ASK.get(), "rounds", rounds)  # those of the job that leaves  # with visits
            work.settle(work.loop.run(rounds()))
        except BaseException as error:
            for future in work.futures:
                future.set_exception(error)
            raise

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if cancel_futures:
            for future in self.waiting:
                future.cancel()
        self.run()

    def __enter__(self) -> BatchExecutor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.shutdown()


class Work:
    """What was submitted to an executor and has not been run."""

    def __init__(self, executor: BatchExecutor) -> None:
        self.futures = [each for each in executor.waiting if each.set_running_or_notify_cancel()]
        executor.waiting = []
        self.loop = Threads((future.steps() for future in self.futures), executor.workers, executor.initialize)

    def settle(self, outcomes: list[Any]) -> None:
        for future, (value, problem) in zip(self.futures, outcomes, strict=True):
            if problem is None:
                future.set_result(value)
            else:
                future.set_exception(problem)


@dataclasses.dataclass(eq=False, slots=True)
class Threaded(Item):
    """One that takes all its steps in the same thread: what it has opened may belong to that."""

    thread: ThreadPoolExecutor | None = None


class Threads(Loop):
    """Generators of which many take their next step side by side."""

    STRIDE = 1_000

    def __init__(self, generators: Iterable[Any], workers: int, initialize: Callable[[], Any]) -> None:
        super().__init__(generators)
        initialize = asking_alike(initialize)  # with asks
        self.threads = [ThreadPoolExecutor(1, initializer=initialize) for _ in range(workers)]

    def go_on(self, turn: bool) -> bool:
        waits = False
        try:
            self.advance([item for item in self.items if isinstance(item.step, Request) and item.step.answer])
            waits = super().go_on(turn)
        finally:
            for thread in self.threads if not waits else ():
                thread.shutdown()
        return waits

    def drawn(self) -> Iterator[Item]:
        while self.turn or len(self.asked) < self.WINDOW:
            works = list(itertools.islice(self.source or (), self.STRIDE))
            if not works:
                return
            places = range(len(self.values), len(self.values) + len(works))
            self.values += works
            threads = (self.threads[place % len(self.threads)] for place in places)
            items: list[Item] = [
                Threaded(self.placed(*each), thread=next(threads)) for each in zip(places, works, strict=True)
            ]
            self.advance(items)
            yield from items

    def placed(self, place: int, work: Any) -> Generator[Any, Any, None]:
        self.values[place] = yield from work

    def advance(self, items: list[Item]) -> None:
        for taken in [item.thread.submit(item.advance) for item in items if isinstance(item, Threaded) and item.thread]:
            taken.result()


class Waited(NamedTuple):
    done: set[Future[Any]]
    not_done: set[Future[Any]]


def batch_as_completed(fs: Iterable[Future[Any]], timeout: float | None = None) -> Iterator[Future[Any]]:
    """The futures in the order in which they were submitted, when all have ended."""
    futures = sorted(batch_wait(fs).done, key=lambda future: getattr(future, "number", -1))
    return iter(futures)


def batch_wait(fs: Iterable[Future[Any]], timeout: float | None = None, return_when: str = ALL_COMPLETED) -> Waited:
    """Run until all futures have ended, whatever `return_when` says: they come out of the same batches."""
    futures = set(fs)
    for future in futures:
        if not future.cancelled():
            future.exception()
    return Waited(futures, set())
