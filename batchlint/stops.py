"""Loops over items that end at an answer: of the call in question, or of another one that each turn makes."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator, Mapping
from functools import cached_property

from batchlint import exits
from batchlint.facts import FunctionId, LoopNode
from batchlint.graph import Graph
from batchlint.loops import is_item_loop


class Stops:
    """Asked loop by loop; the calls that come to a model are gathered once."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def of(
        self, id: FunctionId, loop: LoopNode, call: ast.Call, options: Mapping[str, bool], apart: frozenset[str]
    ) -> ast.stmt | None:
        """What ends the loop, in which the call stands, at an answer: the calls of a turn all wait for the last one.

        Those that a turn makes for many items are a batch of their own.
        """
        found = exits.stops_early(loop, call, options, apart)
        if found is not None or isinstance(loop, ast.comprehension) or self._is_repeated(loop, call):
            return found
        for other in (call, *self._others(id, loop, call)):
            found = loop if exits.turns_on(loop, other) else exits.stops_early(loop, other, options, apart)
            if found is not None:
                return found
        return None

    def _is_repeated(self, loop: LoopNode, call: ast.Call) -> bool:
        """Whether each turn of the loop makes the call for many items."""
        reference = self._graph.program.call_facts.get(_key(call))
        loops = reference.call.loops if reference is not None else ()
        return loop in loops and any(map(is_item_loop, loops[loops.index(loop) + 1 :]))

    def _others(self, id: FunctionId, loop: LoopNode, call: ast.Call) -> Iterator[ast.Call]:
        """The other calls of the loop by which a model is asked."""
        for other in self._asking.get(id, ()):
            reference = self._graph.program.call_facts.get(_key(other))
            if other is not call and reference is not None and loop in reference.call.loops:
                yield other

    @cached_property
    def _asking(self) -> dict[FunctionId, list[ast.Call]]:
        """The calls by which functions come to a model, by the function."""
        found: dict[FunctionId, list[ast.Call]] = {}
        for model in self._graph.model_calls:
            found.setdefault(model.function, []).append(model.node)
        queue = deque(found)
        while queue:
            for edge in self._graph.edges_to(queue.popleft()):
                if edge.kind != "queue" and isinstance(edge.node, ast.Call):
                    if edge.caller not in found:
                        queue.append(edge.caller)
                    found.setdefault(edge.caller, []).append(edge.node)
        return found


_key = id
