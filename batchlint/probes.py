"""Wrappers that a probe asks as well: the run goes on only if it gets an answer, so it waits, and its others do not."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from batchlint.callsites import Described
from batchlint.facts import FunctionId
from batchlint.graph import Graph, relevant
from batchlint.traits import Trait

_MAX_FUNCTIONS = 60


def shared(graph: Graph, sites: Sequence[Described], batchable: Sequence[Described]) -> dict[int, Trait]:
    """By the identity of the batchable sites which a probe comes to as well, what says so.

    Those that nothing else tells of stay out: another batchable site must lead there, past the probe.
    """
    probes = {site.edges[0].callee: found for site in sites for found in _probing(graph, site)}
    if not probes:
        return {}
    above = {id(site): _above(graph, site.function) for site in batchable}
    found = {id(site): next((t for f, t in probes.items() if f in above[id(site)]), None) for site in batchable}
    telling = {site.edges[0].callee for site in batchable if site.edges and found[id(site)] is None}
    return {key: trait for key, trait in found.items() if trait is not None and not telling.isdisjoint(above[key])}


def _probing(graph: Graph, site: Described) -> Iterator[Trait]:
    """What makes the site, a call of a wrapper, a probe of the program itself."""
    kinds = {reach.entry.kind.kind for reach in relevant(site.reaches)}
    if site.edges and not kinds <= {"test", "example", "unknown"}:
        for trait in site.traits:
            if trait.name == "probe" and trait.path == site.function.path and trait.line == site.node.lineno:
                reason = f"{graph.label(site.function)} asks it as well, to see whether the service answers"
                yield Trait("probe", reason, site.function.path, site.node.lineno)
                return


def _above(graph: Graph, start: FunctionId) -> set[FunctionId]:
    """The function and those that lead to it."""
    found = {start}
    queue = deque(found)
    while queue and len(found) < _MAX_FUNCTIONS:
        for edge in graph.edges_to(queue.popleft()):
            if edge.caller not in found:
                found.add(edge.caller)
                queue.append(edge.caller)
    return found
