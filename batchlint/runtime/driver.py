"""The sync driver: generators that yield requests, run in rounds."""

from __future__ import annotations

import io
import itertools
import sys
import time
from collections.abc import Generator, Hashable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import GeneratorType
from typing import Any, TypeVar

from batchlint.runtime.model import LIVE, Direct, Request
from batchlint.runtime.rounds import Call

T = TypeVar("T")
Steps = Generator[Any, Any, T]  # what a function becomes that yields requests and returns a T
WINDOW = 200_000
STRIDE = 1_000


class InTurn:
    """What `in_turn` gives to yield."""

    __slots__ = ("key",)

    def __init__(self, key: tuple[Hashable, ...]) -> None:
        self.key = key


class Each:
    """What `each` gives to yield."""

    __slots__ = ("generators",)

    def __init__(self, generators: Iterable[Any]) -> None:
        self.generators = generators


def in_turn(*key: Hashable) -> InTurn:
    """`yield in_turn()`: go on when every generator before this one is done, so that effects keep the loop's order.

    With a key, wait only for those before this one that gave the same key: one may find what the other has stored.
    """
    return InTurn(key)


def each(generators: Iterable[Any]) -> Each:
    """`yield each(generators)`: a loop inside a generator, in the same rounds; gives the list of return values."""
    return Each(generators)


def realtime(work: Steps[T]) -> T:
    """Run one generator now, each of its requests as the call it stands for: for callers that cannot wait."""
    answer: Any = None
    problem: Exception | None = None
    while True:
        before, LIVE.now = getattr(LIVE, "now", False), True
        try:
            step = work.send(answer) if problem is None else work.throw(problem)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        finally:
            LIVE.now = before
        answer = problem = None
        try:
            if isinstance(step, Direct):
                answer = step.method(*step.args, **step.kwargs)
            elif isinstance(step, Each):
                answer = [realtime(inner) for inner in step.generators]
        except Exception as error:
            problem = error


class Item:
    """One generator, and what it has come to: a request, inner generators, a return value or an exception."""

    __slots__ = ("children", "error", "keys", "output", "request", "turn", "value", "work")

    def __init__(self, value: Any) -> None:
        self.work: Steps[Any] | None = value if isinstance(value, GeneratorType) else None
        self.value = None if self.work else value
        self.request: Request | None = None
        self.children: list[Item] | None = None
        self.turn: tuple[Hashable, ...] | None = None  # what it waits for
        self.keys: tuple[Hashable, ...] = ()  # what others wait for until it is done
        self.output = ""  # printed before its turn
        self.error: BaseException | None = None

    @property
    def open(self) -> bool:
        return self.work is not None or bool(self.output)

    def resume(self, work: Steps[Any]) -> Any:
        """Hand the answer over (or throw the error in); what the generator yields next."""
        request, children = self.request, self.children
        self.request = self.children = self.turn = None
        if request is not None:
            try:
                answer = request.result()
            except Exception as error:
                return work.throw(error)
            return work.send(answer)
        if children is not None:
            failed = next((child.error for child in children if child.error is not None), None)
            return work.send([child.value for child in children]) if failed is None else work.throw(failed)
        return next(work)

    def close(self) -> None:
        for child in self.children or ():
            child.close()
        if self.work is not None:
            self.work.close()
        self.work = self.request = self.children = None
        self.output = ""

    def asked(self) -> Iterator[Request]:
        """The requests that it waits for, those of its inner generators included."""
        if self.request is not None:
            yield self.request
        for child in self.children or ():
            yield from child.asked()


class Turns:
    """One pass over the generators in order: who is ahead, and what is printed out of turn."""

    def __init__(self, release: bool) -> None:
        self.release = release
        self.keys: set[Hashable] = set()
        self.held = Held()


class Held(io.StringIO):
    """Takes what a generator prints before its turn."""

    def taken(self) -> str:
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        return text


def _go(item: Item, turns: Turns | None, ahead: bool) -> None:
    """Run the item to its next request or its end. `ahead`: whether one before it is not done."""
    if turns is not None and not ahead and item.output:
        sys.stdout.write(item.output)
        item.output = ""
    fresh: Iterator[Any] = iter(())
    while item.work is not None:
        if item.children is not None:
            if not _go_each(item, fresh, turns, ahead):
                break
        elif item.turn is not None and turns is not None:
            if any(key in turns.keys for key in item.turn) or (not item.turn and (ahead or not turns.release)):
                break
            item.keys += item.turn
        fresh = _step(item, turns, ahead)
        if item.request is not None:
            break
    if turns is not None and item.work is not None and item.keys:
        turns.keys.update(item.keys)


def _step(item: Item, turns: Turns | None, ahead: bool) -> Iterator[Any]:
    """Run the generator to its next `yield`; the inner generators that it wants to be run."""
    work = item.work
    assert work is not None
    real, held = sys.stdout, turns.held if turns is not None and ahead else None
    if held is not None:
        sys.stdout = held
    try:
        step = item.resume(work)
    except StopIteration as stop:
        item.work, item.value = None, stop.value
        return iter(())
    except (Exception, SystemExit) as error:
        item.work, item.error = None, error
        return iter(())
    finally:
        if held is not None:
            sys.stdout = real
            if held.tell():
                item.output += held.taken()
    if isinstance(step, Request):
        item.request = step
    elif isinstance(step, InTurn):
        item.turn = step.key
    elif isinstance(step, Each):
        item.children = []
        return iter(step.generators)
    else:
        raise TypeError(f"a generator of run_batch must yield request(...), not {type(step).__name__}")
    return iter(())


def _go_each(item: Item, fresh: Iterator[Any], turns: Turns | None, ahead: bool) -> bool:
    """Run the inner generators, and those that are still to be drawn; whether all are done."""
    children = item.children
    assert children is not None
    for position, child in enumerate(itertools.chain(children[:], map(Item, fresh)), 1):
        if position > len(children):
            children.append(child)
        _go(child, turns, ahead)
        ahead = ahead or child.open
        if child.error is not None:  # a loop would not have begun what comes after
            for later in children[position:]:
                later.close()
            del children[position:]
            break
    if any(child.work is not None for child in children):
        return False
    item.output += "".join(child.output for child in children)
    return True


def run_batch(
    generators: Iterable[Any], *, workers: int = 1, return_exceptions: bool = False, wait: bool = True
) -> list[Any]:
    """Run generators that `yield request(...)`, each round as one batch; their return values in input order.

    A generator gets the SDK's answer object back, or the SDK's exception thrown in. An exception that escapes it
    propagates when the generators before it are done, as in a loop, and with `return_exceptions` becomes its result.
    What is printed comes out in input order. `workers`: threads that run the code around the requests, in no order.
    `wait=False`: raise NotReady instead of waiting. Raises BatchError where a batch fails as a whole; what is paid by
    then is found again by the next call.
    """
    results: list[Any] = []
    call = Call(wait)
    source = iter(generators)
    before, LIVE.now = getattr(LIVE, "now", False), False
    try:
        while True:
            window: list[Item] = []
            error = _run(window, source, call, workers, return_exceptions)
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
    finally:
        LIVE.now = before
    raise error


def _run(
    window: list[Item], source: Iterator[Any], call: Call, workers: int, return_exceptions: bool
) -> BaseException | None:
    """Draw a window and run it to its end, round by round; the exception that a loop would have raised."""
    broken: list[BaseException] = []
    asked: list[Request] = []
    release = call.wait
    active: Iterable[Item] = _drawn(window, source, broken)
    try:
        while True:
            active = _advance(active, Turns(release) if workers == 1 else None, workers, return_exceptions)
            if asked:
                call.delivered(asked)
            asked = [request for item in active for request in item.asked()]
            if not active:
                break
            release = call.wait or not asked
            if asked:
                for pause in call.fulfil(asked):
                    time.sleep(pause)
    finally:
        for item in window:
            item.close()
    return next((item.error for item in window if _is_fatal(item, return_exceptions)), None) or next(iter(broken), None)


def _drawn(window: list[Item], source: Iterator[Any], broken: list[BaseException]) -> Iterator[Item]:
    """The next window, each drawn when the one before has run to its first request; `broken`: the input's exception."""
    try:
        for value in itertools.islice(source, WINDOW):
            window.append(Item(value))
            yield window[-1]
    except Exception as error:
        broken.append(error)


def _is_fatal(item: Item, return_exceptions: bool) -> bool:
    return item.error is not None and not (return_exceptions and isinstance(item.error, Exception))


def _advance(active: Iterable[Item], turns: Turns | None, workers: int, return_exceptions: bool) -> list[Item]:
    """Advance all, in threads if asked, else in order up to the first that fails; those that are not done."""
    if turns is None:
        drawn = iter(active)
        kept: list[Item] = []
        with ThreadPoolExecutor(workers) as pool:
            while stride := list(itertools.islice(drawn, STRIDE)):
                list(pool.map(lambda item: _go(item, None, False), stride))
                kept += [item for item in stride if item.work is not None]
        return kept
    kept, ahead = [], False
    items = iter(active)
    for item in items:
        _go(item, turns, ahead)
        if item.open:
            kept.append(item)
            ahead = True
        if _is_fatal(item, return_exceptions):  # a loop would not have begun what comes after
            if isinstance(active, list):
                for later in items:
                    later.close()
            break
    return kept
