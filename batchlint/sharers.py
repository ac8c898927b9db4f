"""Wrappers that an agent, a session, one answer after the other or somebody with items of his own asks as well: those
who do not wait tell of them themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from batchlint.callsites import Described
from batchlint.commanded import ITEM
from batchlint.facts import FunctionId, Span
from batchlint.findings import CallSite, Factor, Verdict
from batchlint.graph import Graph
from batchlint.named import NAMES
from batchlint.places import Trait

_WAITING = frozenset({"agent", "live_session", "dependent"})
_Place = tuple[str, int]
_Judged = Sequence[tuple[Described, CallSite]]


def waited_for(graph: Graph, judged: _Judged) -> dict[_Place, Trait]:
    """The places of batchable calls that another call leads to for somebody or something that waits, with what says so.

    Those that nothing else tells of stay out: a batchable call must lead there as well, or nobody else calls it.
    """
    told = set(_only_waited_for(graph, judged))
    waiting = dict(_asked_for_one(graph, judged))
    told.update(waiting)
    for _, call in judged:
        below = [(step.path, step.line) for step in call.via]
        factor = _waiting(call)
        if call.verdict is Verdict.BATCHABLE and not call.rounds:
            told.update(below)
        elif factor is not None:
            trait = Trait(factor.name, f"{call.function} asks it as well: {factor.reason}", factor.path, factor.line)
            if factor.reason.startswith(ITEM):
                trait = trait._replace(name="live", reason=factor.reason)
            waiting |= {place: trait for place in below if place not in waiting}
    return {place: trait for place, trait in waiting.items() if place in told}


def _asked_for_one(graph: Graph, judged: _Judged) -> Iterator[tuple[_Place, Trait]]:
    """The places of batchable calls that a loop over all items tells of, and that an option asks for one of them."""
    telling = {(call.path, call.line) for _, call in judged if call.verdict is Verdict.BATCHABLE and not call.rounds}
    for site, call in judged:
        one, loop = site.beside or (None, None)
        if one is not None and loop is not None and (loop.caller.path, loop.span.line) in telling:
            reason = f"somebody names one of the items, in {graph.label(one.caller)}"
            yield (call.path, call.line), Trait("live", reason, one.caller.path, one.span.line)


def _only_waited_for(graph: Graph, judged: _Judged) -> Iterator[_Place]:
    """The places of batchable calls in functions that only those call who act on each answer at once."""
    waiting: set[tuple[FunctionId, Span]] = {
        (site.function, site.span) for site, call in judged if site.edges and _waiting(call) is not None
    }
    for site, call in judged if waiting else ():
        if call.verdict is Verdict.BATCHABLE and not graph.starts_here(site.function):
            callers = [edge for edge in graph.edges_to(site.function) if not graph.is_test(edge.caller.path)]
            if callers and all((edge.caller, edge.span) in waiting for edge in callers):
                yield call.path, call.line


def _waiting(call: CallSite) -> Factor | None:
    """What has the call act on each answer at once, or who waits for it; tests may do so for their own ends.

    Requests that hold each other's answers count where something starts them, and not for one item only.
    """
    names = {factor.name for factor in call.factors}
    if call.verdict is Verdict.BATCHABLE or "test" in names:
        return None
    waiting = _WAITING if "many" in names and "unknown_entry" not in names else _WAITING - {"dependent"}
    return next((each for each in call.factors if each.name in waiting or each.reason.startswith((NAMES, ITEM))), None)
