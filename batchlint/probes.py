"""Wrappers that a probe of the same run asks as well: the run goes on only if it gets an answer, so that it waits."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from batchlint.callsites import Described
from batchlint.facts import FunctionId
from batchlint.findings import Step
from batchlint.graph import Graph, relevant
from batchlint.places import Trait
from batchlint.traits import ANSWERS

_MAX_FUNCTIONS = 60
_RUNS = frozenset({"script", "evaluation", "pipeline", "schedule", "task_queue"})


def shared(graph: Graph, sites: Sequence[Described], batchable: Sequence[Described]) -> dict[int, Trait]:
    """By the identity of the batchable sites which a probe of their run comes to as well, what says so.

    Those that nothing else tells of stay out: another batchable site must lead there. All runs must have the probe.
    """
    probes = [(site, trait) for site in sites for trait in _probing(graph, site)]
    if not probes:
        return {}
    above = {id(site): _above(graph, site.function) for site in batchable}
    found = {
        id(site): trait
        for site in batchable
        for probe, trait in probes
        if probe.edges[0].callee in above[id(site)] and _starts(site) <= _starts(probe)
    }
    telling = {site.edges[0].callee for site in batchable if site.edges and id(site) not in found and _starts(site)}
    return {key: trait for key, trait in found.items() if telling & above[key]}


def _probing(graph: Graph, site: Described) -> Iterator[Trait]:
    """What makes the site, a call of a wrapper, a probe."""
    for trait in site.traits if site.edges else ():
        is_own = trait.path == site.function.path and trait.line == site.node.lineno
        if trait.name == "probe" and is_own and trait.reason.startswith(ANSWERS):
            reason = f"{graph.label(site.function)} asks it as well, to see whether the service answers"
            yield Trait("probe", reason, site.function.path, site.node.lineno)
            return


def _starts(site: Described) -> set[Step]:
    """Where runs of the program start that come to the site."""
    return {reach.entry.step for reach in relevant(site.reaches) if reach.entry.kind.kind in _RUNS}


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
