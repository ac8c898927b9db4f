"""Jobs that come every so many minutes only to take up what is new: item by item they keep what the model answers.

What one run has not kept the next one takes up again, and nobody is told, so the answers may as well come hours later.
"""

from __future__ import annotations

import ast
from collections.abc import Set

from batchlint.facts import FunctionFacts, FunctionId
from batchlint.findings import Latency
from batchlint.graph.links import Entry, Part
from batchlint.symbols import last_name
from batchlint.values import Fn

_SELDOM = 10.0
"""Minutes between two runs from which on nobody is in front of what they do."""
_DEEP = 6
_KEEPING = frozenset(["insert", "upsert", "save", "store", "persist", "commit", "flush", "write"])
"""Words in the names of calls that store something."""
_KEPT = frozenset(["update_one", "update_many", "replace_one", "find_one_and_update", "put_item", "update_or_create"])


class Backlogs(Part):
    def as_one(self, function: FunctionFacts, entry: Entry) -> Entry:
        """The entry, as that of a job that can wait for hours if it is such a one."""
        kind = entry.kind
        is_often = kind.kind == "schedule" and kind.latency is Latency.MINUTES
        if not is_often or kind.every is None or kind.every < _SELDOM or not self._only_keeps(function):
            return entry
        return entry._replace(kind=kind._replace(latency=Latency.HOURS))

    def _only_keeps(self, job: FunctionFacts) -> bool:
        """Whether the job stores something for each of many, and calls nothing by which others get to know of it."""
        acting = self.program.registry.asides.acting
        seen = {(job.id, False)}
        level = sorted(seen)
        is_kept = False
        for _ in range(_DEEP):
            found: set[tuple[FunctionId, bool]] = set()
            for id, in_loop in level:
                for call in self.function(id).calls:
                    name = last_name(call.node.func)
                    words = {name, *name.lower().strip("_").split("_")}
                    if not acting.isdisjoint(words):
                        return False
                    per_item = in_loop or self.repeats(id, call.loops)
                    is_kept |= per_item and _keeps(call.node, name, words)
                    values = self.program.eval(id, call.node.func)
                    found |= {(value.id, per_item) for value in values if isinstance(value, Fn)}
            level = sorted(found - seen)
            seen |= found
        return is_kept


def _keeps(call: ast.Call, name: str, words: Set[str]) -> bool:
    is_into_list = name == "insert" and len(call.args) == 2
    return not is_into_list and not (_KEEPING.isdisjoint(words) and _KEPT.isdisjoint(words))
