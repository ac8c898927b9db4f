"""`run_batch` for tasks that come back instead of waiting."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from types import GeneratorType
from typing import Any

from batchlint.runtime.driver import Loop
from batchlint.runtime.rounds import Rounds


class NotReady(Exception):  # noqa: N818
    """The batch has not ended. Call again after `seconds` with the same requests."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the batch has not ended; ask again in {seconds:.0f} s")
        self.seconds = seconds


def collect_batch(generators: Iterable[Any], *, wait: bool = False) -> list[Any]:
    """`run_batch` that raises NotReady instead of waiting; exceptions of generators are among the results."""
    return Looking(map(guarded, generators), wait).run()


def guarded(work: Any) -> Generator[Any, Any, Any]:
    try:
        return (yield from work) if isinstance(work, GeneratorType) else work
    except Exception as error:
        return error


class Looking(Loop):
    """A look at the batch does what comes before the requests again: what comes after them waits for the last look."""

    def __init__(self, generators: Iterable[Any], wait: bool) -> None:
        super().__init__(generators)
        self.rounds = Rounds() if wait else Looks()
        self.wait = wait

    def go_on(self, turn: bool) -> bool:
        has_ended = super().go_on(self.wait)
        if self.wait or self.asked:
            return has_ended
        self.passed.clear()
        return super().go_on(True)


class Looks(Rounds):
    def sleep(self, seconds: float, what: str) -> None:
        raise NotReady(seconds)
