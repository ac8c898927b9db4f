"""Tasks that are enqueued for one event at a time: events come together until they are worth a batch.

Only where that was asked for (`--strategy accumulate`): an answer then comes later than its event by as much.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.codemod.changes import EventsChange, Fanout, TaskChange
from batchlint.codemod.refusals import Refused
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.graph import Edge, Graph
from batchlint.values import Ext

if TYPE_CHECKING:
    from batchlint.codemod.queues import Queues

CELERY_BATCHES = "celery-batches"
COLLECTING = frozenset({"outbox", CELERY_BATCHES})


class Events:
    """Plans them; `collecting` is "outbox" or "celery-batches"."""

    def __init__(self, queues: Queues, collecting: str) -> None:
        self.queues = queues
        self.graph = queues.graph
        self.collecting = collecting
        self._planned: dict[FunctionId, Fanout] = {}

    def fanout(self, task: FunctionFacts, change: TaskChange) -> Fanout:
        """The fan-out of all events of the task; Refused where one of them is more than an event."""
        known = self._planned.get(task.id)
        if known is None:
            self._check(task)
            fanout = Fanout(task.id, task.node)
            self.queues.run_together(fanout, task, change)
            change.events = self._events(task, change)
            fanout.notes.append(_note(task.name, change.events))
            known = self._planned[task.id] = fanout
        return known

    def _events(self, task: FunctionFacts, change: TaskChange) -> EventsChange:
        def fresh(name: str) -> str:
            return self.queues.planner.fresh(task.id.path, name)

        alone = fresh(f"{task.name}_alone") if change.retries else None
        if self.collecting == CELERY_BATCHES:
            return EventsChange(None, alone=alone)
        flush = fresh(f"{task.name}_flush")
        return EventsChange(flush, fresh(f"schedule_{flush}"), self._app(task, change.decorator), alone)

    def _app(self, task: FunctionFacts, decorator: str) -> str:
        """The app as the task's file names it: that of `@app.task`, or the current one."""
        values = self.graph.program.eval(FunctionId(task.id.path, "<module>"), task.decorators[0])
        receiver, _, _ = decorator.rpartition(".")
        if not any(isinstance(v, Ext) and v.path.rstrip("()").endswith("shared_task") for v in values):
            return receiver
        return f"{receiver}.current_app" if receiver else "current_app"

    def _check(self, task: FunctionFacts) -> None:
        """All that start the task must only put an event of it into the queue."""
        label = Graph.label(task.id)
        arguments = task.arguments
        if arguments is None or arguments.vararg or arguments.kwarg:
            what = f"`{label}` takes more than plain parameters, which cannot be kept for later"
            raise Refused("unsupported-shape", what)
        for edge in self.graph.edges_to(task.id):
            where = f"{edge.caller.path}:{edge.span.line}"
            if edge.kind != "queue":
                raise Refused("unsupported-shape", f"{where} calls `{label}` itself; enqueue it there too")
            if not self._is_event(edge):
                raise Refused("unsupported-shape", f"{where} does more with `{label}` than put it into its queue")
        if any(entry.kind.kind == "schedule" for entry in self.graph.entries(task.id)):
            raise Refused("unsupported-shape", f"`{label}` is started by a schedule too")

    def _is_event(self, edge: Edge) -> bool:
        caller = self.graph.function(edge.caller)
        return isinstance(edge.node, ast.Call) and self.queues.enqueuing.is_dropped(caller, edge.node)


def _note(name: str, events: EventsChange) -> str:
    later = "an answer comes later by as much"
    if events.flush is None:
        prefetched = "as far as it prefetches so many (`worker_prefetch_multiplier`)"
        return f"a worker keeps up to 1,000 events of `{name}` for 15 min, {prefetched}; {later}"
    handed = f"beat has `{events.flush}` hand on every 15 min (`{events.schedule}`)"
    return f"events of `{name}` wait in a queue of the broker, which {handed}: beat has to run, and {later}"
