"""The sync driver: generators that yield requests, run in rounds."""

from __future__ import annotations

import itertools
import time
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import GeneratorType
from typing import Any

from batchlint.runtime.model import Request
from batchlint.runtime.rounds import Call

WINDOW = 200_000
STRIDE = 1_000


def in_turn() -> InTurn:
    """`yield in_turn()`: go on when every generator before this one is done, so that effects keep the loop's order."""
    return IN_TURN


class InTurn:
    """What `in_turn` gives to yield."""


IN_TURN = InTurn()


class Item:
    """One generator, and what it has come to: a request, a return value or an exception."""

    __slots__ = ("error", "in_turn", "request", "value", "work")

    def __init__(self, value: Any) -> None:
        self.work: Generator[Request | InTurn, Any, Any] | None = value if isinstance(value, GeneratorType) else None
        self.value = None if self.work else value
        self.request: Request | None = None
        self.error: BaseException | None = None
        self.in_turn = False

    def advance(self) -> None:
        """Hand the answer to the generator (or throw its error) and run it to its next request or its end."""
        work, request = self.work, self.request
        self.request, self.in_turn = None, False
        if work is None:
            return
        try:
            if request is None:
                step = next(work)
            else:
                try:
                    answer = request.result()
                except Exception as error:
                    step = work.throw(error)
                else:
                    step = work.send(answer)
        except StopIteration as stop:
            self.work, self.value = None, stop.value
        except (Exception, SystemExit) as error:
            self.work, self.error = None, error
        else:
            self.in_turn = step is IN_TURN
            if isinstance(step, Request):
                self.request = step
            elif not self.in_turn:
                raise TypeError(f"a generator of run_batch must yield request(...), not {type(step).__name__}")

    def close(self) -> None:
        if self.work is not None:
            self.work.close()
            self.work = self.request = None


def run_batch(
    generators: Iterable[Any], *, workers: int = 1, return_exceptions: bool = False, wait: bool = True
) -> list[Any]:
    """Run generators that `yield request(...)`, each round as one batch; their return values in input order.

    A generator gets the SDK's answer object back, or the SDK's exception thrown in. An exception that escapes it
    propagates when the generators before it are done, as in a loop, and with `return_exceptions` becomes its result.
    `workers`: threads that run the code around the requests. `wait=False`: raise NotReady instead of waiting.
    Raises BatchError where a batch fails as a whole; what is paid by then is found again by the next call.
    """
    results: list[Any] = []
    call = Call(wait)
    source = iter(generators)
    try:
        while True:
            window, broken = _take(source)
            error = _run(window, call, workers, return_exceptions) or broken
            results += [item.value if item.error is None else item.error for item in window]
            if error is not None:
                call.close(error, own=True)
                break
            if len(window) < WINDOW:
                call.close(None)
                return results
    except BaseException as problem:
        call.close(problem)
        raise
    raise error


def _take(source: Iterator[Any]) -> tuple[list[Item], BaseException | None]:
    """The next window; where the input itself breaks, what came before and the exception."""
    window: list[Item] = []
    try:
        for value in itertools.islice(source, WINDOW):
            window.append(Item(value))
    except Exception as error:
        return window, error
    return window, None


def _run(window: list[Item], call: Call, workers: int, return_exceptions: bool) -> BaseException | None:
    """Run a window to its end, round by round; the exception that a loop would have raised."""
    active = window
    asked: list[Request] = []
    try:
        while active:
            failed = _advance(active, workers, return_exceptions)
            if asked:
                call.delivered(asked)
            if failed is not None:  # a loop would not have begun what comes after
                for item in active[failed:]:
                    item.close()
            active = [item for item in active if item.work is not None]
            asked = [item.request for item in active if item.request is not None]
            if asked:
                for pause in call.fulfil(asked):
                    time.sleep(pause)
    finally:
        for item in window:
            item.close()
    return next((item.error for item in window if _is_fatal(item, return_exceptions)), None)


def _is_fatal(item: Item, return_exceptions: bool) -> bool:
    return item.error is not None and not (return_exceptions and isinstance(item.error, Exception))


def _advance(active: list[Item], workers: int, return_exceptions: bool) -> int | None:
    """Advance all, in threads if asked; else up to the first that fails, whose position is returned."""
    if workers > 1:
        with ThreadPoolExecutor(workers) as pool:
            for start in range(0, len(active), STRIDE):
                list(pool.map(Item.advance, active[start : start + STRIDE]))
        return None
    first = True
    for position, item in enumerate(active):
        while first or not item.in_turn:
            item.advance()
            if not item.in_turn:
                break
        if _is_fatal(item, return_exceptions):
            return position
        first = first and item.work is None
    return None
