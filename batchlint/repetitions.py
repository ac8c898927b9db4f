"""Loops that are not on the shortest way from an entry point: a call that one run comes to once, and then per item."""

from __future__ import annotations

from collections import deque

from batchlint.facts import FunctionId
from batchlint.graph import Edge, Graph, Reach, relevant
from batchlint.graph.ways import Way

_MAX_FUNCTIONS = 60


def repeated(graph: Graph, start: FunctionId, way: Way, kinds: frozenset[str]) -> Reach | None:
    """The nearest way down to the function that repeats, from an entry point of one of the kinds."""
    paths: dict[tuple[FunctionId, Way], tuple[Edge, ...]] = {(start, way): ()}
    queue = deque(paths)
    while queue and len(paths) < _MAX_FUNCTIONS:
        place = queue.popleft()
        for edge in graph.edges_to(place[0]):
            above = graph.ways.above(edge, place[1]) if edge.kind != "queue" else None
            if above is None:
                continue
            edges = (edge, *paths[place])
            found = _from_entry(graph, edge.caller, above, kinds) if edge.repeats else None
            if found is not None:
                return Reach(found.entry, (*found.edges, *edges))
            if (edge.caller, above) not in paths:
                paths[edge.caller, above] = edges
                queue.append((edge.caller, above))
    return None


def _from_entry(graph: Graph, id: FunctionId, way: Way, kinds: frozenset[str]) -> Reach | None:
    return next((reach for reach in relevant(graph.reaches(id, way)) if reach.entry.kind.kind in kinds), None)
