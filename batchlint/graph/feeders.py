"""Workers that take from a queue in the program's memory what a handler puts there: they work for whoever sent it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cached_property

from batchlint.facts import FunctionId
from batchlint.findings import Latency
from batchlint.graph.asides import Asides
from batchlint.graph.drains import PUTS, TAKES
from batchlint.graph.links import Entry, Part, Reach
from batchlint.symbols import CallRef, Program, last_name
from batchlint.values import Ext

_QUEUES = frozenset(
    f"{package}.{name}()"
    for package, names in {
        # https://docs.python.org/3/library/asyncio-queue.html https://docs.python.org/3/library/queue.html
        "asyncio": ("Queue", "PriorityQueue", "LifoQueue"),
        "queue": ("Queue", "PriorityQueue", "LifoQueue", "SimpleQueue"),
        "multiprocessing": ("Queue", "JoinableQueue", "SimpleQueue"),
    }.items()
    for name in names
)
_MADE = frozenset(path.rpartition(".")[2].removesuffix("()") for path in _QUEUES)


class Feeders(Part):
    def __init__(self, program: Program, reaches: Callable[[FunctionId], list[Reach]]) -> None:
        super().__init__(program)
        self._reaches = reaches
        self._known: dict[FunctionId, list[Entry]] = {}

    def entries(self, id: FunctionId) -> list[Entry]:
        """The handlers that give the worker something to do, of whose answers none is known to wait for it."""
        if id not in self._workers:
            return []
        if id not in self._known:
            self._known[id] = []  # where a worker puts something back
            reaches = [each for feeder in self._feeders(id) for each in self._reaches(feeder)]
            live = [reach.entry for reach in reaches if reach.entry.kind.latency is Latency.REALTIME]
            self._known[id] = list(dict.fromkeys(map(Asides.beside, live)))
        return self._known[id]

    @cached_property
    def _workers(self) -> dict[FunctionId, set[str]]:
        """The functions that take from queues in a loop, with the names of these."""
        found: dict[FunctionId, set[str]] = {}
        if _MADE.isdisjoint(self.program.calls_by_name):
            return found
        for reference in self._calls(TAKES):
            call = reference.call
            has_key = any(not (isinstance(each, ast.Constant) and each.value is True) for each in call.node.args)
            if call.loops and not has_key and self._is_of_queue(reference):
                found.setdefault(reference.caller.id, set()).add(_holder(call.node))
        return found

    def _feeders(self, id: FunctionId) -> list[FunctionId]:
        names = self._workers[id]
        putting = (each for each in self._calls(PUTS) if _holder(each.call.node) in names and self._is_of_queue(each))
        return [each for each in dict.fromkeys(reference.caller.id for reference in putting) if each != id]

    def _calls(self, names: frozenset[str]) -> Iterator[CallRef]:
        yield from (reference for name in sorted(names) for reference in self.program.calls_by_name.get(name, ()))

    def _is_of_queue(self, reference: CallRef) -> bool:
        """Whether a queue's method is called."""
        func = reference.call.node.func
        values = self.program.eval(reference.caller.id, func.value) if isinstance(func, ast.Attribute) else ()
        return any(isinstance(value, Ext) and value.path in _QUEUES for value in values)


def _holder(call: ast.Call) -> str:
    """The name of what holds the object whose method is called."""
    return last_name(call.func.value) if isinstance(call.func, ast.Attribute) else ""
