"""Where a task goes into its queue: there its method is called, or handed to what calls it (`partial(label.delay, 7)`).

A helper that is handed the task (`later(label, 7)`) enqueues it for whoever calls the helper: they may want the result.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from batchlint.facts import FunctionId
from batchlint.graph import results
from batchlint.graph.links import Part
from batchlint.graph.names import Names
from batchlint.graph.parameters import Parameters
from batchlint.symbols import CallRef, Program, last_name
from batchlint.values import Fn, ordered


class Enqueued(NamedTuple):
    task: FunctionId
    by: CallRef
    """The call that enqueues it, or that hands it to a helper which does."""
    is_asked: bool = False
    """Whether the helper asks for the result itself."""


class Enqueuers(Part):
    def __init__(self, program: Program, names: Names, parameters: Parameters) -> None:
        super().__init__(program)
        self._names = names
        self._parameters = parameters

    def enqueued(self, reference: CallRef, method: ast.expr) -> Iterator[Enqueued]:
        """The tasks of which the call takes the method."""
        if not isinstance(method, ast.Attribute):
            return
        above = list(self._handed_down(reference, method.value))
        yield from above
        known = {each.task for each in above}
        tasks = self._tasks(reference, method.value)
        yield from (Enqueued(task, reference) for task in tasks if task not in known)

    def handed(self) -> Iterator[Enqueued]:
        """The same for the methods that a call is handed."""
        program = self.program
        for name in sorted(program.registry.enqueue_methods):
            for id_, node, call in program.callers.references(name):
                if call is not None and isinstance(node, ast.Attribute):
                    yield from self.enqueued(CallRef(self.function(id_), program.call_facts[id(call)].call), node)

    def _handed_down(self, reference: CallRef, held: ast.expr) -> Iterator[Enqueued]:
        """The tasks that calls hand to the function around the call, which enqueues its parameter."""
        while isinstance(held, ast.Call) and last_name(held.func) == "cast" and len(held.args) > 1:
            held = held.args[1]
        if not isinstance(held, ast.Name):
            return
        sources = self._parameters.handed_from(reference, held, 0)
        above = [each for each in sources if each.reference.call is not reference.call]
        waits = self.program.registry.waits
        is_asked = bool(above) and results.is_asked(reference.caller, reference.call.node, waits)
        for source in above:
            tasks = self._tasks(source.reference, source.expression)
            yield from (Enqueued(task, source.reference, is_asked) for task in tasks)

    def _tasks(self, reference: CallRef, node: ast.expr) -> list[FunctionId]:
        values = ordered(self.program.eval(reference.caller.id, node))
        tasks = [value.id for value in values if isinstance(value, Fn) and self._names.is_task(value.id)]
        return list(dict.fromkeys([*tasks, *(each for task in tasks for each in self._names.namesakes(task))]))
