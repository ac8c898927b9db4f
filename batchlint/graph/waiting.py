"""Whether whoever enqueues a task waits for its result after all."""

from __future__ import annotations

import ast

from batchlint.graph.links import Edge, Part
from batchlint.graph.polls import Polls
from batchlint.graph.replies import Replies
from batchlint.symbols import Program


class Waiting(Part):
    def __init__(self, program: Program, polls: Polls, replies: Replies) -> None:
        super().__init__(program)
        self._polls = polls
        self._replies = replies
        self._known: dict[int, bool] = {}
        """By the identity of the edge, of which each is made once."""

    def waits(self, edge: Edge) -> bool:
        """Whether the caller of a queue edge, or whoever wrote to it, waits for the result after all."""
        key = id(edge)
        if key not in self._known:
            self._known[key] = self._waits(edge)
        return self._known[key]

    def _waits(self, edge: Edge) -> bool:
        waits = self.program.registry.waits
        function = self.function(edge.caller)
        for call in function.calls:
            func = call.node.func
            if isinstance(func, ast.Attribute) and func.attr in waits:
                if func.value is edge.node:
                    return True
                if isinstance(func.value, ast.Name):
                    for binding in function.bindings.get(func.value.id, ()):
                        value = binding.value.value if isinstance(binding.value, ast.Await) else binding.value
                        if value is edge.node:
                            return True
        return self._replies.answers(edge) or self._polls.is_polled(edge)
