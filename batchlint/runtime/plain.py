"""`run_batch` for generators of which none prints before its turn, or holds something open at a request."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterable, Iterator
from types import GeneratorType
from typing import Any

from batchlint.runtime.asking import Request
from batchlint.runtime.rounds import Rounds

WINDOW = 200_000  # so many requests are drawn before they are answered: it bounds the memory


def run_batch(generators: Iterable[Any]) -> list[Any]:
    """Run generators that `yield request(...)`, each round as one batch; their return values in input order.

    A generator gets the SDK's answer object back, or the SDK's exception thrown in. An exception that escapes it
    propagates when the generators before it are done, as in a loop. Raises BatchError where a batch fails as a whole.
    """
    rounds, values, error = Rounds(), list[Any](), None
    source: Iterator[Any] | None = iter(generators)
    waiting: list[tuple[Any, Any]] = []  # what has been begun, with the request whose answer it waits for

    def drawn() -> Iterator[tuple[Any, Any]]:
        while source is not None and len(waiting) < WINDOW:
            yield drawing(source, values), None

    try:
        while source is not None or waiting:
            going, waiting = waiting, []
            for work, step in itertools.chain(going, drawn()):
                try:
                    waiting.append((work, advance(work, step)))
                except StopIteration as end:
                    source = source if end.value else None
                except (Exception, SystemExit) as problem:
                    error, source = problem, None
                    break  # a loop would not have begun those after it
            if waiting:
                rounds.answer([step for _, step in waiting])
    except BaseException:
        rounds.release()
        raise
    rounds.finish(error is None)
    if error is not None:
        raise error
    return values


def drawing(source: Iterator[Any], values: list[Any]) -> Generator[Any, Any, bool]:
    """Draw a generator and run it; whether there was one."""
    place = len(values)
    for work in source:
        values.append(work)
        values[place] = (yield from work) if isinstance(work, GeneratorType) else work
        return True
    return False


def advance(work: Any, step: Any) -> Request:
    """Hand over what it waits for, or throw the error of it, and run to the next request."""
    try:
        answer = step.result() if step else None
    except Exception as error:
        asked = work.throw(error)
    else:
        asked = work.send(answer)
    if not isinstance(asked, Request):
        raise TypeError(f"a generator of run_batch must yield request(...), not {type(asked).__name__}")
    return asked
