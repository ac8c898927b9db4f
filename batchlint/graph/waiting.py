"""Whether whoever enqueues a task waits for its result after all."""

from __future__ import annotations

from batchlint.graph import results
from batchlint.graph.links import Edge, Part
from batchlint.graph.lookups import Lookups
from batchlint.graph.polls import Polls
from batchlint.graph.replies import Replies
from batchlint.graph.turnrows import TurnRows
from batchlint.symbols import Program


class Waiting(Part):
    def __init__(self, program: Program, polls: Polls, replies: Replies, lookups: Lookups) -> None:
        super().__init__(program)
        self._lookups = lookups
        self._polls = polls
        self._replies = replies
        self._turns = TurnRows(program)
        self._known: dict[int, bool] = {}
        """By the identity of the edge, of which each is made once."""

    def waits(self, edge: Edge) -> bool:
        """Whether the caller of a queue edge, or whoever wrote to it, waits for the result after all."""
        key = id(edge)
        if key not in self._known:
            self._known[key] = self._waits(edge)
        return self._known[key]

    def _waits(self, edge: Edge) -> bool:
        if results.is_asked(self.function(edge.caller), edge.node, self.program.registry.waits):
            return True
        if self._replies.answers(edge) or self._turns.answers(edge):
            return True
        return self._polls.is_polled(edge) or self._lookups.follow(edge)
