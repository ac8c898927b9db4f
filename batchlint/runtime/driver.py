"""Generators that yield requests, run in rounds."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import itertools
import sys
from collections.abc import Generator, Iterable, Iterator
from types import GeneratorType
from typing import Any

from batchlint.runtime.asking import Request
from batchlint.runtime.logs import logs_in_turn  # with logs
from batchlint.runtime.rounds import Rounds


def run_batch(generators: Iterable[Any]) -> list[Any]:
    """Run generators that `yield request(...)`, each round as one batch; their return values in input order.

    A generator gets the SDK's answer object back, or the SDK's exception thrown in. An exception that escapes it
    propagates when the generators before it are done, as in a loop. Raises BatchError where a batch fails as a whole.
    """
    return Loop(generators).run(Rounds())


class Loop:
    """Generators in their order: each runs until it waits for an answer, and keeps what it prints for its turn."""

    WINDOW = 200_000  # so many requests are drawn before they are answered: it bounds the memory

    def __init__(self, generators: Iterable[Any]) -> None:
        self.source: Iterator[Any] | None = iter(generators)
        self.items: list[Item] = []  # not ended, or not allowed yet to show what they printed
        self.asked: list[Request] = []  # what they wait for
        self.values: list[Any] = []
        self.error: BaseException | None = None
        self.passed: set[Any] = set()  # keys of `in_turn` of items that come before  # with turns
        self.turn = True  # whether all that come before the next item have ended

    def run(self, rounds: Rounds) -> list[Any]:
        """Round by round: let each item run as far as it gets, then answer what all have asked."""
        try:
            with logs_in_turn():  # around logs
                while self.go_on(True):
                    rounds.answer(self.asked)
                    self.passed.clear()  # with turns
        except BaseException:
            close(self.items)
            rounds.release()
            raise
        rounds.finish(self.error is None)
        return self.result()

    def result(self) -> list[Any]:
        if self.error is not None:
            raise self.error
        return self.values

    def go_on(self, turn: bool) -> bool:
        """Run each item as far as it gets; whether any waits. What it prints before its turn is kept for it."""
        waiting, self.items, self.asked, self.turn = iter(self.items), [], [], turn
        for item in itertools.chain(waiting, self.drawn()):
            kept = aside()
            with contextlib.redirect_stdout(sys.stdout if self.turn else kept):
                print(item.output, end="")
                while item.work is not None and (item.step is None or item.step.ready(item, self)):
                    item.advance()
            kept.seek(0)
            item.output = kept.read()
            if item.error is not None:  # a loop would have begun none after it
                self.error, self.source = item.error, None
                close(waiting)
            self.turn = self.turn and item.work is None
            self.passed.update(item.keys if item.work else ())  # with turns
            if item.work is not None or item.output:
                self.items.append(item)
            self.asked += [item.step] if isinstance(item.step, Request) else getattr(item.step, "asked", ())
        return any(item.work for item in self.items)

    def drawn(self) -> Iterator[Item]:
        """The next items, each begun when those before it have got to their first request."""
        while self.source is not None and (self.turn or len(self.asked) < self.WINDOW):
            yield Item(self.drawing(self.source))

    def drawing(self, source: Iterator[Any]) -> Generator[Any, Any, None]:
        """Draw a generator and run it."""
        place = len(self.values)
        for work in source:
            self.values.append(work)
            self.values[place] = (yield from work) if isinstance(work, GeneratorType) else work
            return
        self.source = None


@dataclasses.dataclass(eq=False, slots=True)
class Item:
    """One generator: what it waits for, what it has printed before its turn, the error that it ended with."""

    work: Generator[Any, Any, None] | None
    step: Any = None
    output: str = ""
    error: BaseException | None = None
    keys: tuple[Any, ...] = ()  # of `in_turn`  # with turns

    def advance(self) -> None:
        """Hand over what it waits for, or throw the error of it, and run to the next step or the end."""
        work, step = self.work, self.step
        assert work is not None
        self.work = self.step = None
        try:
            try:
                answer = step.result() if step else None
            except Exception as error:
                self.step = work.throw(error)
            else:
                self.step = work.send(answer)
            if not hasattr(self.step, "ready"):
                raise TypeError(f"a generator of run_batch must yield request(...), not {type(self.step).__name__}")
            self.work = work
        except StopIteration:
            pass  # it has come to its end
        except (Exception, SystemExit) as error:
            self.error = error


def aside() -> io.TextIOWrapper:
    """Keeps what is printed, and is else what stdout is."""
    out = sys.stdout
    encoding, errors = getattr(out, "encoding", None) or "utf-8", getattr(out, "errors", None)
    kept = io.TextIOWrapper(io.BytesIO(), encoding, errors, "", getattr(out, "line_buffering", False))
    vars(kept).update({name: getattr(out, name) for name in ("fileno", "isatty") if hasattr(out, name)})
    return kept


class Unbegun(BaseException):
    """Ends a generator at its request."""


def close(items: Iterable[Item]) -> None:
    """End generators that a loop would not have begun; what they print is dropped, and what they raise."""
    with contextlib.redirect_stdout(aside()):
        for item in items:
            work, item.work, item.step = item.work, None, None
            with contextlib.suppress(Exception, Unbegun):
                for _ in range(Rounds.PATIENCE):  # a bare `except` goes on to the next request
                    if work is not None:
                        work.throw(Unbegun)
