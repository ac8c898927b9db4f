"""Tasks that decide, event by event, whether what somebody sent in is let through: spam filters, moderation.

Nobody holds a line open for such a task, yet the sender waits for its end, and so for every model call in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from batchlint.callsites import Described
from batchlint.facts import FunctionId
from batchlint.graph import Graph, Reach
from batchlint.places import Trait

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
Gates = dict[FunctionId, Trait]
"""The tasks that are gates, each with the call that says so."""


def marked(graph: Graph, sites: Sequence[Described]) -> list[Described]:
    """The sites, those that a gate reaches with the trait `gate`."""
    gates: Gates = {}
    for site in sites:
        word = _word(graph, site)
        for task in _tasks(graph, site) if word else ():
            reason = f"{graph.label(task)} decides what is let through (`{site.call}`), so whoever sent it in waits"
            gates.setdefault(task, Trait("gate", reason, site.function.path, site.span.line))
    return [_marked(graph, site, gates) for site in sites] if gates else list(sites)


def _marked(graph: Graph, site: Described, gates: Gates) -> Described:
    found = next((gates[task] for task in _tasks(graph, site) if task in gates), None)
    return site._replace(traits=(*site.traits, found)) if found is not None else site


def _tasks(graph: Graph, site: Described) -> Iterator[FunctionId]:
    """The queue tasks that come to the site once per event."""
    scheduled = {_started(reach, site) for reach in site.reaches if reach.entry.kind.kind == "schedule"}
    for reach in site.reaches:
        task = _started(reach, site)
        if reach.entry.kind.kind == "task_queue" and task not in scheduled:
            own = graph.program.call_facts.get(id(site.node))
            loops = own.call.loops if own is not None else ()
            if not any(edge.repeats for edge in reach.edges) and not graph.repeats(site.function, loops):
                yield task


def _started(reach: Reach, site: Described) -> FunctionId:
    return reach.edges[0].caller if reach.edges else site.function


def _word(graph: Graph, site: Described) -> str | None:
    """The word in the names of what the site calls that speaks of letting through."""
    called = [site.call, *(edge.callee.qualname for edge in site.edges), site.model.function.qualname]
    names = _HUMP.sub("_", " ".join(called)).lower()
    words = graph.program.registry.gate_words
    said = (word for word in words if word in names)
    return next((word for word in said if re.search(rf"(?<![a-z]){word}(?![a-z])", names)), None)
