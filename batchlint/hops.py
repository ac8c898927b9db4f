"""The further calls on the ways down to a model call that somebody waits for, or may: to look at, no decisions."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator, Set

from batchlint.facts import FunctionId, Span
from batchlint.findings import Latency
from batchlint.graph import Edge, Graph, ModelCall, relevant
from batchlint.graph.ways import Way
from batchlint.levels import MAX_UP, Level, ways_in
from batchlint.places import RUNS, only_holds

_MAX_CALLS = 200
"""How many calls above one model call are looked at."""


def find(graph: Graph, model: ModelCall, known: Set[tuple[FunctionId, Span]]) -> Iterator[Level]:
    """The calls above the model call, but for the known ones, by which those come to it who wait, the nearest first."""
    start = model.function, graph.ways.start(model.function, model.node)
    ways: dict[tuple[FunctionId, Way], tuple[Edge, ...]] = {start: ()}
    queue = deque([start])
    left = _MAX_CALLS
    while queue:
        id, way = queue.popleft()
        below = ways[id, way]
        for edge in graph.edges_to(id):
            above = graph.ways.above(edge, way) if _runs_it(graph, edge) else None
            if above is None or not left:
                continue
            left -= 1
            edges = (edge, *below)
            if (edge.caller, edge.span) not in known and _may_wait(graph, edge, above):
                yield Level(edges, above, is_plumbing=False, parts=True, rounds=True)
            if (edge.caller, above) not in ways and len(edges) < MAX_UP:
                ways[edge.caller, above] = edges
                queue.append((edge.caller, above))


def _runs_it(graph: Graph, edge: Edge) -> bool:
    """Whether the call runs the function, and what comes of it is waited for if that is put into a queue."""
    if not isinstance(edge.node, ast.Call) or (edge.kind == "callback" and only_holds(graph, edge.caller, edge.node)):
        return False
    return edge.kind != "queue" or graph.is_awaited(edge)


def _may_wait(graph: Graph, edge: Edge, above: Way) -> bool:
    """Whether somebody waits on a way to the call, or nothing tells that nobody does."""
    reaches = relevant(ways_in(graph, edge.caller, above, edge.node, edge))
    kinds = {reach.entry.kind.kind for reach in reaches}
    is_waited_for = any(reach.entry.kind.latency is Latency.REALTIME for reach in reaches)
    return is_waited_for or not kinds <= RUNS
