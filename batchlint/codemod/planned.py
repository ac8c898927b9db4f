"""The fan-outs that are planned, each once: several call sites can share one."""

from __future__ import annotations

import ast
from collections.abc import Callable

from batchlint.codemod.changes import Fanout
from batchlint.codemod.leaving import rounds
from batchlint.codemod.phasing import Phasing
from batchlint.codemod.planner import Planner
from batchlint.codemod.queues import Queues
from batchlint.codemod.refusals import Refused
from batchlint.facts import FunctionId
from batchlint.findings import Latency
from batchlint.graph import Graph

_MOST, _MOST_OF_ONE = 800, 400
"""How many calls of functions are read for a brief answer, of all fan-outs and of one: dozens of loops need a few
hundred.
"""


class Planned:
    def __init__(self, planner: Planner, queues: Queues, phasing: Phasing, is_brief: bool) -> None:
        """`is_brief`: see `codemod.plan`."""
        self.planner = planner
        self.is_brief = is_brief
        self.queues = queues
        self.phasing = phasing
        self.fanouts: dict[tuple[int, str], Fanout | Refused] = {}
        """By the identity of the node that they start from, and what it is."""

    def once(self, id: FunctionId, node: ast.AST, what: str, make: Callable[[], Fanout]) -> Fanout:
        """The fan-out that `make` plans for the node in the function; Refused where it or its place speaks against."""
        key = (_key(node), what)
        if key not in self.fanouts:
            reader = self.planner.reader
            if self.is_brief and reader.read > _MOST:
                raise Refused("not-planned")
            around = reader.most
            if self.is_brief and around is None:
                reader.most = reader.read + _MOST_OF_ONE
            self.planner.parallel = self.planner.chunked.loops()
            names = self.planner.taken()
            try:
                if what != "queue":  # who enqueues goes on at once
                    self._check_starts(id)
                fanout = make()
                if not fanout.providers:
                    raise Refused("unsupported-shape", "none of the requests below can be seen from here")
                self.planner.support.held.check(fanout)
                if what in {"gather", "pool", "map"}:
                    fanout.rounds = rounds(self.planner, fanout)
                if what != "queue":
                    self.phasing.decide(fanout)
                    self.queues.note_wait(fanout)
                self.fanouts[key] = fanout
            except Refused as refused:
                self.fanouts[key] = refused
                self.planner.give_back(names)
            finally:
                reader.most = around
        planned = self.fanouts[key]
        if isinstance(planned, Refused):
            raise planned
        return planned

    def is_live(self, id: FunctionId) -> bool:
        """Whether somebody waits for the function on one of its ways."""
        reaches = self.planner.graph.reaches(id)
        return any(r.entry.kind.latency is Latency.REALTIME for r in reaches)

    def _check_starts(self, id: FunctionId) -> None:
        """Refuse a fan-out in a function that may not stand still until its answers are there."""
        if self.is_live(id):
            raise waited_for(id)
        holding = self.planner.graph.program.registry.holding
        held = next((r.entry for r in self.planner.graph.reaches(id) if r.entry.kind.framework in holding), None)
        if held is not None:
            what = f"`{Graph.label(id)}` would hold a message until its answers are there"
            where = f"({held.step.path}:{held.step.line})"
            raise Refused("short-lived", f"{what} {where}", "store what messages ask for, and ask in a scheduled job")


def waited_for(id: FunctionId) -> Refused:
    return Refused("live-consumer", f"somebody waits for `{Graph.label(id)}`")


_key = id
