"""What speaks for or against batching a call site: what its request is built from, and where its answer goes."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from functools import cache

from batchlint import dialogues, flow, given, moments, partsaves, streams, timing
from batchlint.facts import FunctionId
from batchlint.findings import Latency
from batchlint.graph import Edge, Graph
from batchlint.places import RUNS, Place, Trait, comes_back, only_holds
from batchlint.symbols import last_name
from batchlint.ties import Ties
from batchlint.values import Ext, Fn

ANSWERS = "the request only shows that the service answers"
"""How the reason of a probe begins, unless it takes the time."""
_MOST_ABOVE = 2
"""How many functions may hand a stream up to the one that puts it together."""
_STANDARD = sys.stdlib_module_names - {"builtins"}  # to which names count that nothing defines


def traits(place: Place, ties: Ties) -> list[Trait]:
    """All that speaks for or against batching the place, each thing once."""
    found = [*_request_traits(place), *_session_traits(place), *partsaves.traits(place), *moments.traits(place)]
    return list(dict.fromkeys([*found, *ties.of(place)]))


def _request_traits(place: Place) -> Iterator[Trait]:
    graph, model = place.graph, place.model
    path, line = model.function.path, model.span.line
    function = graph.function(model.function)
    is_stream = model.stream or any(map(given.is_true, given.given_for(function, model.node, "stream")))
    is_read = is_stream and not _run_side_by_side(place)
    if is_read and not _is_put_together(graph, model.function, model.node, place.edges):
        yield Trait("stream", "the answer is streamed", path, line)
    if model.agent:
        yield Trait("agent", "an agent run: each step's request holds the last answer", path, line)
    if model.kind == "realtime":
        yield Trait("live_kind", "a live exchange", path, line)


def _run_side_by_side(place: Place) -> bool:
    """Whether a job has a pool ask about many items at a time: of streams that come all at once nobody follows one."""
    kinds = [reach.entry.kind for reach in place.reaches]
    is_job = bool(kinds) and all(kind.kind in RUNS and kind.latency is not Latency.REALTIME for kind in kinds)
    if not is_job or any(map(_is_of_pool, place.edges)):
        return is_job
    top = place.edges[0].caller if place.edges else place.model.function
    return _is_left_to_pools(place.graph, top, frozenset())


def _is_left_to_pools(graph: Graph, id: FunctionId, below: frozenset[FunctionId]) -> bool:
    """Whether only pools come to the function, on every way, each with many items."""
    calls = [edge for edge in graph.edges_to(id) if not graph.is_test(edge.caller.path)]
    if not calls or id in below or graph.starts_here(id):
        return False
    return all(_is_of_pool(edge) or _is_left_to_pools(graph, edge.caller, below | {id}) for edge in calls)


def _is_of_pool(edge: Edge) -> bool:
    return edge.kind == "pool" and edge.repeats


def _is_put_together(graph: Graph, id: FunctionId, call: ast.Call, way: Sequence[Edge], depth: int = 0) -> bool:
    """Whether nothing shows the parts of the stream that the call gives: neither the function nor those around it.

    Those are the callers on the way down from the site, and above that all that there are.
    """
    function = graph.function(id)

    def takes(below: ast.Call, argument: ast.expr) -> bool:
        names = [(each, flow.parameter_of(each, below, argument)) for each in graph.entered(id, below)]
        return bool(names) and all(name is not None and streams.puts_together(each, name) for each, name in names)

    if streams.is_put_together(function, call, takes):
        return True
    if depth == _MOST_ABOVE or not streams.is_passed_on(function, call, lambda made: only_holds(graph, id, made)):
        return False
    above = way[-1:] or [edge for edge in graph.edges_to(id) if not graph.is_test(edge.caller.path)]
    calls = [(edge.caller, edge.node) for edge in above if edge.kind == "call" and isinstance(edge.node, ast.Call)]
    is_called = bool(above) and len(calls) == len(above)
    return is_called and all(_is_put_together(graph, *each, way[:-1], depth + 1) for each in calls)


def _session_traits(place: Place) -> Iterator[Trait]:
    """An answer that goes into an open session, that only shows that there is one, or by which an agent runs tools."""
    registry = place.graph.program.registry
    sent = registry.http.first(place.model.path)
    yield from _probing_entry(place)
    for link in place.links():
        id, call = link.function, link.node
        if not isinstance(call, ast.Call):
            continue
        named = f"{id.qualname} {ast.unparse(call.func)}".lower()
        for name, words, reason in (
            ("live_session", registry.live_words, "a session waits for the answer"),
            ("probe", registry.probe_words, ANSWERS),
        ):
            said = _any_of(words).search(named)
            if said is not None:
                yield Trait(name, f"{reason}: `{said[0]}`", id.path, call.lineno)
        function = place.graph.function(id)
        prompt = given.whole_prompt(place.model, call, function, sent.body if sent is not None else ())
        said = _any_of(registry.probe_prompts).search(prompt) if prompt else None
        if said is not None:
            yield Trait("probe", f"{ANSWERS}: {said[0]!r}", id.path, call.lineno)
        facts = place.call(call)
        counts = facts is not None and timing.is_what_counts(place.graph.program, function, facts)
        if counts and comes_back(place, call):
            yield Trait("probe", "what counts is how long the answer takes", id.path, call.lineno)
        if (
            facts is not None
            and call is place.model.node
            and timing.is_only_tried(place.graph.program, function, facts)
        ):
            yield Trait("probe", f"{ANSWERS}: nothing else is read of its answer", id.path, call.lineno)
        elif facts is not None and _is_clocked(place, id) and timing.keeps_time(place.graph.program, function, facts):
            yield Trait("probe", "it is measured how long the answer takes", id.path, call.lineno)
        said_key = dialogues.begun(function, call, registry.tool_results)
        said_key = said_key or dialogues.ended(function, call, registry.tool_results, registry.tool_offers)
        if said_key is not None:
            yield Trait("agent", f"an agent runs tools by each answer: `{said_key}`", id.path, call.lineno)
        for keyword in call.keywords if call is not place.model.node else ():
            if keyword.arg in registry.agent_arguments and given.is_given(keyword.value, function):
                yield Trait("agent", f"an agent runs tools by each answer: `{keyword.arg}`", id.path, call.lineno)
        for other in function.calls:
            if _types_into_session(place.graph, id, other.node) and flow.goes_into(function, call, other.node):
                yield Trait("live_session", "the answer is typed into an open session", id.path, other.node.lineno)


def _is_clocked(place: Place, id: FunctionId) -> bool:
    """Whether the file or the function is named for what is measured by the clock."""
    words = _any_of(place.graph.program.registry.clocked_words)
    return words.search(f"{id.path.rpartition('/')[2]} {id.qualname}".lower()) is not None


def _types_into_session(graph: Graph, scope: FunctionId, call: ast.Call, depth: int = 0) -> bool:
    """Whether the call is named as those that type into a session, and nothing shows that it is another one."""
    program = graph.program
    if last_name(call.func) not in program.registry.live_inputs:
        return False
    values = program.eval(scope, call.func)
    own = [graph.function(value.id) for value in values if isinstance(value, Fn)]
    if own and depth < 3:  # what the project names so may do so
        return any(_types_into_session(graph, f.id, inner.node, depth + 1) for f in own for inner in f.calls)
    library = [value.path.partition(".")[0] for value in values if isinstance(value, Ext)]
    return not library or not _STANDARD.issuperset(library)


def _probing_entry(place: Place) -> Iterator[Trait]:
    """What starts the site, where all of that only looks whether the service answers."""
    probes = _any_of(place.graph.program.registry.probe_words)
    starts = [reach.edges[0].caller for reach in place.reaches if reach.edges]
    said = [probes.search(start.qualname.lower()) for start in starts]
    if said and len(starts) == len(place.reaches) and all(said):
        reason = f"{ANSWERS}: `{starts[0].qualname}`"
        yield Trait("probe", reason, starts[0].path, place.graph.function(starts[0]).line)


@cache
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z])(?:{'|'.join(words)})(?![a-z])")
