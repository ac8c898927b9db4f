"""Generators that yield requests, run in rounds."""

from __future__ import annotations

import contextlib
import io
import itertools
import math
import sys
from collections.abc import Generator, Iterable, Iterator
from types import GeneratorType
from typing import Any

from batchlint.runtime.asking import Request
from batchlint.runtime.rounds import Rounds


def run_batch(generators: Iterable[Any]) -> list[Any]:
    """Run generators that `yield request(...)`, each round as one batch; their return values in input order.

    A generator gets the SDK's answer object back, or the SDK's exception thrown in. An exception that escapes it
    propagates when the generators before it are done, as in a loop. Raises BatchError where a batch fails as a whole.
    """
    return Loop(generators).run()


class Loop:
    """Generators in their order, as many at a time as the window holds; `outer`: the loop whose rounds they share."""

    WINDOW = 200_000

    def __init__(self, generators: Iterable[Any], outer: Loop | None = None) -> None:
        self.source: Iterator[Any] | None = iter(generators)
        self.items: list[Item] = []  # not ended, or not allowed yet to show what they printed
        self.values: list[Any] = []
        self.error: BaseException | None = None
        self.last = math.inf  # the place of the item that failed: a loop would have begun none after it
        self.turn = True  # whether all that come before the next item have ended
        self.top: Loop = outer.top if outer else self
        self.rounds, self.asked, self.passed = Rounds(), list[Item](), set[Any]()  # of the top

    def run(self) -> list[Any]:
        """Round by round: let each item run as far as it gets, then answer what all have asked."""
        try:
            while not self.go_on(True):
                asked, self.asked = self.asked, []
                self.passed.clear()
                self.rounds.answer([item.step for item in asked if item.step])
        except BaseException:
            self.rounds.release()
            raise
        finally:
            for item in self.items:
                item.close()
        self.rounds.finish(self.error is None)
        return self.result()

    def result(self) -> list[Any]:
        if self.error is not None:
            raise self.error
        return self.values

    def go_on(self, turn: bool) -> bool:
        """Run each item as far as it gets; whether all have ended."""
        waiting, self.items, self.turn = self.items, [], turn
        for item in itertools.chain(waiting, self.drawn()):
            if item.place > self.last:
                item.close()
                continue
            item.run()
            if item.error is not None:
                self.error, self.last, self.source = item.error, item.place, None
            elif item.work is not None:
                self.turn = False
                self.top.passed.update(item.keys)
            if item.work is not None or item.output:
                self.items.append(item)
        return self.source is None and all(item.work is None for item in self.items)

    def drawn(self) -> Iterator[Item]:
        """The next generators, each drawn when those before it have got to their first request."""
        while self.source and (self.turn or max(len(self.top.items), len(self.top.asked)) < self.WINDOW):
            item = Item(self, len(self.values))
            try:
                with self.printing(item):
                    work = next(self.source)
                item.work = work if isinstance(work, GeneratorType) else None
                self.values.append(work)
            except StopIteration:
                self.source = None
                return
            except Exception as error:
                item.error = error
            yield item

    @contextlib.contextmanager
    def printing(self, item: Item) -> Iterator[None]:
        """Keep what is printed before the item's turn, so that it comes out in the loop's order."""
        if self.turn:
            yield
            return
        try:
            with contextlib.redirect_stdout(io.StringIO()) as held:
                yield
        finally:
            item.output += held.getvalue()


class Item:
    """One generator: what it waits for, what it has printed before its turn, what it has come to."""

    __slots__ = ("error", "keys", "loop", "output", "place", "step", "work")

    def __init__(self, loop: Loop, place: int) -> None:
        self.loop, self.place, self.output = loop, place, ""
        self.work: Generator[Any, Any, Any] | None = None
        self.step: Any = None
        self.keys: tuple[Any, ...] = ()  # of `in_turn`
        self.error: BaseException | None = None

    def run(self) -> None:
        """Run until it has to wait."""
        if self.output and self.loop.turn:
            sys.stdout.write(self.output)
            self.output = ""
        while self.work is not None and (self.step is None or self.step.ready(self.loop.turn)):
            with self.loop.printing(self):
                self.advance()
            self.begin_step()

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
            self.work = work
        except StopIteration as stop:
            self.loop.values[self.place] = stop.value
        except (Exception, SystemExit) as error:
            self.error = error

    def begin_step(self) -> None:
        if isinstance(self.step, Request):
            self.loop.top.asked.append(self)
        elif hasattr(self.step, "begin"):
            self.step.begin(self)
        elif self.work is not None:
            raise TypeError(f"a generator of run_batch must yield request(...), not {type(self.step).__name__}")

    def close(self) -> None:
        """End a generator that a loop would not have begun; what it prints is dropped."""
        if hasattr(self.step, "close"):
            self.step.close()
        if self.work is not None:
            with contextlib.redirect_stdout(io.StringIO()):
                self.work.close()
            self.work = self.step = None
