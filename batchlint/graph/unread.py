"""Tasks that keep nothing of what they make and only give it back, where whoever enqueues them takes no result.

Nothing here tells who gets the answer: somebody may ask the queue's store of results for it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from batchlint.entrypoints import Kind
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.findings import Step
from batchlint.graph.links import Edge, Entry, Part, label
from batchlint.symbols import last_name
from batchlint.trees import spreads
from batchlint.values import Ext, Fn

_DEEP = 2
"""Calls below a task in which it may keep something."""
_KEEPS = re.compile(
    r"^a?(save|store|persist|insert|upsert|put|set|write|dump|create|update|commit|send|post|publish|emit|notify|upload"
    r"|push|execute|bulk|add|index|record|delay|apply_async|enqueue|reply|to_(csv|json|excel|parquet|sql))(_|$)|^print$"
)
"""Names of calls that keep what they are given, hand it on or show it."""
_CALLED_BACK = frozenset(
    {"link", "link_error", "chain", "chord", "callback", "on_success", "reply_to", "task_id", "job_id"}
)
"""What an enqueuing call is given where somebody else gets the result, or knows its name."""


class Unread(Part):
    def entries(self, id: FunctionId, incoming: Sequence[Edge], known: Sequence[Entry]) -> Iterator[Entry]:
        """Who may want the result of the task, whose ways in from here are `incoming` and `known`."""
        started = [edge for edge in incoming if not self.program.is_test(edge.caller.path)]
        if not started or not all(edge.kind == "queue" and self._is_dropped(edge) for edge in started):
            return
        if any(entry.kind.kind != "task_queue" for entry in known):
            return
        function = self.function(id)
        gives = any(not isinstance(each, ast.Constant) for each in function.returns)
        if gives and not self._keeps(function):
            step = Step(id.path, function.line, f"{label(id)}, which keeps nothing of what it gives back")
            yield Entry(Kind(known[0].kind.framework, "unknown", None), step)

    def _is_dropped(self, edge: Edge) -> bool:
        """Whether the call that enqueues is a statement of its own, for one item, and says of nobody who gets more."""
        reference = self.program.call_facts.get(id(edge.node))
        if reference is None or edge.repeats or spreads(reference.call.node):
            return False
        return reference.call.is_dropped and _CALLED_BACK.isdisjoint(each.arg for each in reference.call.node.keywords)

    def _keeps(self, function: FunctionFacts, depth: int = 0) -> bool:
        """Whether the function, or one that it calls, puts something elsewhere than into variables."""
        if any(self.program.self_class(function, base) is None for base, _, _ in function.attributes):
            return True
        if any(not isinstance(container, ast.Name) for container, _ in function.items):
            return True
        for call in function.calls:
            values = self.program.eval(function.id, call.node.func)
            own = [value.id for value in values if isinstance(value, Fn)]
            if not own and _KEEPS.match(last_name(call.node.func)) and not self._asks(values):
                return True
            below = (self.function(each) for each in own if each != function.id)
            if depth < _DEEP and any(self._keeps(each, depth + 1) for each in below):
                return True
        return False

    def _asks(self, values: frozenset[object]) -> bool:
        """Whether the call is a request to a model."""
        match = self.program.catalogue.match
        return any(isinstance(value, Ext) and match(value.path) is not None for value in values)
