"""The sync driver: generators that yield requests, run in rounds."""

from __future__ import annotations

import contextlib
import heapq
import io
import sys
import time
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import GeneratorType
from typing import Any, NamedTuple, TypeVar

from batchlint.runtime.model import LIVE, LiveCall, Request
from batchlint.runtime.rounds import Call

T = TypeVar("T")
Steps = Generator[Any, Any, T]
"""What a function returns that yields requests on its way to a `T`: `def summarise(text: str) -> Steps[str]`."""
WINDOW = 200_000
STRIDE = 1_000


class InTurn(NamedTuple):
    key: tuple[Any, ...]


class Each(NamedTuple):
    generators: Iterable[Any]


def in_turn(*key: Any) -> InTurn:
    """`yield in_turn()`: go on when every generator before this one is done, so that effects keep the loop's order.

    With a key: when no earlier generator that is still running has yielded this key, so that it sees what those stored.
    """
    return InTurn(key)


def each(generators: Iterable[Any]) -> Each:
    """`results = yield each(generators)`: a loop in a generator, whose requests join the rounds of the outer loop."""
    return Each(generators)


class Item:
    """One generator: what it waits for, what it has printed before its turn, and what it has come to."""

    __slots__ = ("error", "keys", "live", "output", "place", "value", "waiting", "work")

    def __init__(self, value: Any, place: tuple[int, ...]) -> None:
        self.work: Generator[Any, Any, Any] | None = value if isinstance(value, GeneratorType) else None
        self.value = None if self.work else value
        self.live = self.work is not None  # counted among those that run
        self.waiting: Request | InTurn | Group | None = None
        self.error: BaseException | None = None
        self.place, self.output = place, ""
        self.keys: tuple[Any, ...] = ()

    def advance(self) -> None:
        """Hand over what it waits for (or throw the error of it) and run to the next request or the end."""
        work, waiting = self.work, self.waiting
        assert work is not None
        self.waiting = None
        try:
            try:
                answer = waiting.result() if isinstance(waiting, Request | Group) else None
            except Exception as error:
                self.waiting = work.throw(error)
            else:
                self.waiting = work.send(answer)
        except StopIteration as stop:
            self.work, self.value = None, stop.value
        except (Exception, SystemExit) as error:
            self.work, self.error = None, error


class Group:
    """The generators of `run_batch`, or of one `each`, in their order. `owner`: the one that yielded the `each`."""

    def __init__(self, driver: Driver, generators: Iterable[Any], owner: Item | None) -> None:
        self.driver, self.owner = driver, owner
        self.source: Iterator[Any] | None = iter(generators)
        self.items: list[Item] = []
        self.values: list[Any] = []
        self.error: BaseException | None = None

    def result(self) -> list[Any]:
        if self.error is not None:
            raise self.error
        return self.values

    def go_on(self, turn: bool) -> bool:
        """Run each as far as it gets; whether all have ended. `turn`: all that come before this group have ended."""
        items, self.items = self.items, []
        self.driver.run_ahead(items)
        turn = self._run(items, turn)
        while self.source is not None and (turn or self.driver.live < WINDOW):
            drawn = self._draw(turn)
            self.driver.run_ahead(drawn)
            turn = self._run(drawn, turn)
        if self.source is not None or any(item.work is not None for item in self.items):
            return False
        if self.items and self.owner is not None:  # ended before their turn: what they printed follows the owner's
            self.owner.output += "".join(item.output for item in self.items)
            self.items = []
        return not self.items

    def _run(self, items: list[Item], turn: bool) -> bool:
        for position, item in enumerate(items):
            self.driver.run(item, turn)
            if item.live and item.work is None:
                self._note_end(item)
            if item.work is not None or (item.output and not turn):
                self.items.append(item)
            turn = turn and item.work is None
            if item.error is not None and not self._is_result(item.error):  # a loop would not have begun the next
                self.error, self.source = item.error, None
                for later in items[position + 1 :]:
                    self.driver.close(later)
                break
        return turn

    def _note_end(self, item: Item) -> None:
        item.live = False
        self.driver.live -= 1
        self.driver.free_keys(item)
        self.values[item.place[-1]] = item.value if item.error is None else item.error

    def _is_result(self, error: BaseException) -> bool:
        return self.owner is None and isinstance(error, self.driver.kept)

    def _draw(self, turn: bool) -> list[Item]:
        """The next generator, begun only when those before it have got to their first request; many for threads."""
        assert self.source is not None
        place = self.owner.place if self.owner else ()
        drawn: list[Item] = []
        for _ in range(STRIDE if self.driver.workers > 1 else 1):
            item = Item(None, (*place, len(self.values)))
            try:
                with self.driver.holding_back(item, turn):
                    value = next(self.source)
            except StopIteration:
                self.source = None
                break
            except Exception as error:
                self.error, self.source = error, None
            else:
                output, item = item.output, Item(value, item.place)
                item.output = output
            self.driver.live += item.live
            self.values.append(item.value)
            drawn.append(item)
            if self.source is None:
                break
        return drawn


class Driver:
    """Runs generators in rounds: as far as they get, then one batch for what they ask, and so on."""

    def __init__(
        self, generators: Iterable[Any], call: Call, workers: int, kept: tuple[type[BaseException], ...]
    ) -> None:
        self.call, self.workers, self.kept = call, workers, kept
        self.live = 0
        self.asked: list[Item] = []
        self.keys: dict[Any, list[tuple[tuple[int, ...], Item]]] = {}
        self.held = io.StringIO()
        self.pool = ThreadPoolExecutor(workers) if workers > 1 else None
        self.root = Group(self, generators, None)

    def drive(self) -> None:
        answered: list[Request] = []
        settled = self.call.wait
        try:
            while True:
                done = self.root.go_on(settled)
                self.call.delivered(answered)
                waiting = [item.waiting for item in self.asked]
                answered = [asked for asked in waiting if isinstance(asked, Request)]
                self.asked = []
                if answered:
                    settled = self.call.wait
                    for pause in self.call.fulfil(answered):
                        time.sleep(pause)
                elif done:
                    return
                elif settled:
                    raise RuntimeError("the generators of run_batch wait for each other")
                else:  # nothing is left to wait for, so nothing will be done twice
                    settled = True
        finally:
            for item in self.root.items:
                self.close(item)
            if self.pool:
                self.pool.shutdown()

    def run(self, item: Item, turn: bool) -> None:
        """Run the generator until it has to wait."""
        if turn:
            self.show(item)
        while item.work is not None and self._may_go(item, turn):
            with self.holding_back(item, turn):
                item.advance()
            self._note_step(item)

    def run_ahead(self, items: list[Item]) -> None:
        """With threads: one step of each that can take one, side by side."""
        if self.pool:
            able = [item for item in items if item.work is not None and not isinstance(item.waiting, InTurn | Group)]
            list(self.pool.map(Item.advance, able))
            for item in able:
                self._note_step(item)

    def _note_step(self, item: Item) -> None:
        step = item.waiting
        if isinstance(step, Request):
            self.asked.append(item)
        elif isinstance(step, Each):
            item.waiting = Group(self, step.generators, item)
        elif isinstance(step, InTurn):
            self._hold_key(item, step.key)
        elif item.work is not None:
            raise TypeError(f"a generator of run_batch must yield request(...), not {type(step).__name__}")

    def _may_go(self, item: Item, turn: bool) -> bool:
        waiting = item.waiting
        if isinstance(waiting, Request):
            return waiting.file is not None
        if isinstance(waiting, Group):
            return waiting.go_on(turn)
        if isinstance(waiting, InTurn):
            return turn or (waiting.key in item.keys and self.keys[waiting.key][0][1] is item)
        return True

    def _hold_key(self, item: Item, key: tuple[Any, ...]) -> None:
        with contextlib.suppress(TypeError):  # what cannot be hashed waits for its turn
            if key and hash(key) is not None:
                heapq.heappush(self.keys.setdefault(key, []), (item.place, item))
                item.keys = (*item.keys, key)

    def free_keys(self, item: Item) -> None:
        for key in item.keys:
            holders = self.keys.get(key, [])
            while holders and holders[0][1].work is None:
                heapq.heappop(holders)
            if not holders:
                self.keys.pop(key, None)

    @contextlib.contextmanager
    def holding_back(self, item: Item, turn: bool) -> Iterator[None]:
        """Keep what is printed before the turn of the generator; threads print as they always did."""
        if turn or self.workers > 1:
            yield
            return
        try:
            with contextlib.redirect_stdout(self.held):
                yield
        finally:
            if self.held.tell():
                item.output += self.held.getvalue()
                self.held.seek(0)
                self.held.truncate()

    def show(self, item: Item) -> None:
        if item.output:
            sys.stdout.write(item.output)
            item.output = ""

    def close(self, item: Item) -> None:
        """End a generator that a loop would not have begun; what it has printed is dropped."""
        if isinstance(item.waiting, Group):
            for child in item.waiting.items:
                self.close(child)
        if item.work is not None:
            with contextlib.redirect_stdout(io.StringIO()):
                item.work.close()
        self.live -= item.live
        item.work, item.waiting, item.live = None, None, False
        self.free_keys(item)


def run_batch(
    generators: Iterable[Any], *, workers: int = 1, return_exceptions: bool = False, wait: bool = True
) -> list[Any]:
    """Run generators that `yield request(...)`, each round as one batch; their return values in input order.

    A generator gets the SDK's answer object back, or the SDK's exception thrown in. An exception that escapes it
    propagates when the generators before it are done, as in a loop, and with `return_exceptions` becomes its result.
    `workers`: threads that run the code around the requests. `wait=False`: raise NotReady instead of waiting.
    Raises BatchError where a batch fails as a whole; what is paid by then is found again by the next call.
    """
    return drive(generators, workers, (Exception,) if return_exceptions else (), wait)


def drive(generators: Iterable[Any], workers: int, kept: tuple[type[BaseException], ...], wait: bool) -> list[Any]:
    """`run_batch`; exceptions of the types in `kept` become results."""
    call = Call(wait)
    live = LIVE.set(False)
    try:
        driver = Driver(generators, call, workers, kept)
        driver.drive()
    except BaseException as problem:
        call.close(problem)
        raise
    finally:
        LIVE.reset(live)
    call.close(driver.root.error, own=True)
    return driver.root.result()


def realtime(work: Any) -> Any:
    """Run one generator now, with realtime calls: for callers that wait for the answer. Returns its value."""
    if not isinstance(work, GeneratorType):
        return work
    answer: Any = None
    problem: Exception | None = None
    live = LIVE.set(True)
    try:
        while True:
            step = work.send(answer) if problem is None else work.throw(problem)
            answer = problem = None
            try:
                if isinstance(step, LiveCall):
                    answer = step.method(*step.args, **step.kwargs)
                elif isinstance(step, Each):
                    answer = [realtime(generator) for generator in step.generators]
            except Exception as error:
                problem = error
    except StopIteration as stop:
        return stop.value
    finally:
        LIVE.reset(live)
