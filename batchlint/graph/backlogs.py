"""Jobs that come every so many minutes only to take up what is new: item by item they keep what the model answers.

What one run has not kept the next one takes up again, and nobody is told, so the answers may as well come hours later.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence, Set
from typing import NamedTuple

from batchlint.facts import CallFacts, FunctionFacts, FunctionId
from batchlint.findings import Latency
from batchlint.graph.links import Entry, Part
from batchlint.symbols import Program, last_name
from batchlint.trees import arguments
from batchlint.values import Cls, Fn

_SELDOM = 5.0
"""Minutes between two runs from which on nobody is in front of what they do."""
_DEEP = 6
_KEEPING = frozenset(["insert", "upsert", "save", "store", "persist", "commit", "flush", "write"])
"""Words in the names of calls that store something."""
_KEPT = frozenset(
    ["update_one", "update_many", "replace_one", "find_one_and_update", "put_item", "update_or_create", "get_or_create"]
)


class _Taken(NamedTuple):
    """A call on the way of the job, which may be made for each of many, and the project's functions that it runs."""

    node: ast.Call
    words: Set[str]
    per_item: bool
    runs: frozenset[FunctionId]


class Backlogs(Part):
    def __init__(self, program: Program, asking: Set[FunctionId]) -> None:
        """`asking`: the functions in which a model is asked."""
        super().__init__(program)
        self._asking = asking

    def as_one(self, function: FunctionFacts, entry: Entry) -> Entry:
        """The entry, as that of a job that can wait for hours if it is such a one."""
        kind = entry.kind
        is_often = kind.kind == "schedule" and kind.latency is Latency.MINUTES
        if not is_often or kind.every is None or kind.every < _SELDOM or not self._only_keeps(function):
            return entry
        return entry._replace(kind=kind._replace(latency=Latency.HOURS))

    def _only_keeps(self, job: FunctionFacts) -> bool:
        """Whether the job stores something for each of many, and calls nothing by which others get to know of it.

        What asks the model says by what it calls what it does, rather than by its name.
        """
        acting = self.program.registry.asides.acting
        calls = self._calls(job)
        leading = self._leading(calls)
        taken = [each for found in calls.values() for each in found]
        if any(not acting.isdisjoint(each.words) and each.runs.isdisjoint(leading) for each in taken):
            return False
        return any(each.per_item and _keeps(each.node, each.words) for each in taken)

    def _calls(self, job: FunctionFacts) -> dict[tuple[FunctionId, bool], list[_Taken]]:
        """The calls of the job and of what it runs, by the function and whether that is run for each of many."""
        seen: dict[tuple[FunctionId, bool], list[_Taken]] = {}
        level = [(job.id, False)]
        for _ in range(_DEEP):
            for id, in_loop in level:
                calls = self.function(id).calls
                seen[id, in_loop] = [self._taken(id, call, in_loop or self.repeats(id, call.loops)) for call in calls]
            found = {(each, taken.per_item) for place in level for taken in seen[place] for each in taken.runs}
            level = sorted(found - seen.keys())
        return seen

    def _taken(self, id: FunctionId, call: CallFacts, per_item: bool) -> _Taken:
        runs = self._runs(id, call)
        names = {last_name(call.node.func), *(self.function(each).name for each in runs)}
        words = {word for name in names for word in (name, *name.lower().strip("_").split("_"))}
        return _Taken(call.node, words, per_item, runs)

    def _runs(self, id: FunctionId, call: CallFacts) -> frozenset[FunctionId]:
        """The project's functions that the call runs, or hands to what runs them: `pool.submit(work, item)`."""
        values = self.program.eval(id, call.node.func)
        if not any(isinstance(value, Fn | Cls) for value in values):
            named = [each for each in arguments(call.node) if isinstance(each, ast.Name | ast.Attribute)]
            values = values.union(*(self.program.eval(id, each) for each in named))
        return frozenset(value.id for value in values if isinstance(value, Fn))

    def _leading(self, calls: Mapping[tuple[FunctionId, bool], Sequence[_Taken]]) -> set[FunctionId]:
        """Those of the functions that lead to where a model is asked."""
        found = {id for id, _ in calls if id in self._asking}
        while True:
            more = {id for (id, _), taken in calls.items() if id not in found and any(t.runs & found for t in taken)}
            if not more:
                return found
            found |= more


def _keeps(call: ast.Call, words: Set[str]) -> bool:
    is_into_list = last_name(call.func) == "insert" and len(call.args) == 2
    return not is_into_list and not (_KEEPING.isdisjoint(words) and _KEPT.isdisjoint(words))
