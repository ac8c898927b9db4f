"""The places worth reporting: model calls, and the calls of the project's own functions that only pass a request on.

Each is described: how it is repeated, what its request is built from, where its answer goes, who starts it. Scoring
weighs the description, the codemod plans on it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from batchlint import commanded, hops, levels
from batchlint.facts import FunctionId, Span
from batchlint.fewtexts import is_few
from batchlint.findings import Latency, Step
from batchlint.given import prompts
from batchlint.graph import Edge, Graph, ModelCall, Reach, notebooks, relevant
from batchlint.graph.ways import Way
from batchlint.levels import Level
from batchlint.loops import is_handful, is_item_loop
from batchlint.named import NAMES, Named
from batchlint.ones import goes_over_given, is_for_one, is_for_samples, tries_out
from batchlint.places import RUNS, Link, Place, Trait, line_of
from batchlint.remainders import loop_before
from batchlint.repetitions import repeated
from batchlint.searching import is_said
from batchlint.singles import all_give_one, asks_one_thing, gives_one
from batchlint.ties import Ties
from batchlint.traits import traits

_TEXT = frozenset({"chat", "completion", "embeddings"})
"""Kinds of requests that have a batch tier somewhere, if not at this provider's endpoint: a project can change that."""
_BEHIND = 2
"""How many calls nearer an agent or what no batch API takes has to be to speak for a call that leads to others too."""
_FAR = 100
"""Puts a call that hands on nothing of the request behind all that do."""


class Described(NamedTuple):
    """A call site before it is judged: `edges` lead from it down to the model call (none for the model call itself)."""

    function: FunctionId
    node: ast.expr
    span: Span
    model: ModelCall
    edges: tuple[Edge, ...]
    reaches: tuple[Reach, ...]
    via: tuple[Step, ...]
    shape: str
    many: Trait | None
    traits: tuple[Trait, ...] = ()
    stated: Latency | None = None
    named: Trait | None = None
    """Who names the items that it is called for, where somebody does."""
    beside: tuple[Edge, Edge] | None = None
    """The calls of a function that come here, for the one item that an option names and for all that there are."""
    longer: Reach | None = None
    """A way in through a loop, where the shortest ones go through none."""
    is_plumbing: bool = False
    """Whether the call only leads on to its own object's inside: who calls the object decides, not this place."""
    rounds: bool = False
    """Whether it only leads to what has the requests, further down."""

    @property
    def call(self) -> str:
        """The callee as written."""
        if not self.edges:
            return self.model.call
        node = self.node
        try:
            return ast.unparse(node.func if isinstance(node, ast.Call) else node)
        except (ValueError, RecursionError):
            return ""


def find(graph: Graph, *, with_hops: bool = False) -> list[Described]:
    """All call sites of the program, in the order of their places.

    `with_hops`: also the further calls on the ways to them, only to look at.
    """
    sites: dict[tuple[FunctionId, Span], Described] = {}
    ranks: dict[tuple[FunctionId, Span], int] = {}
    ties, named = Ties(graph), Named(graph)
    for model in graph.model_calls:
        is_refused = refuses(graph, model)
        for level in levels.find(graph, model):
            edges = level.edges
            if level.parts and not graph.leads_down(edges, model.function, model.node):
                continue
            function = edges[0].caller if edges else model.function
            span = edges[0].span if edges else model.span
            key = (function, span)
            is_behind = is_refused or (model.agent and bool(edges))
            rank = len(edges) + (_BEHIND if is_behind else 0) + (_FAR if level.parts else 0)
            # Where one call leads to several models, the nearest speaks for it, or one of which there are many.
            known = sites.get(key)
            is_settled = known is not None and (known.many is not None or is_behind or level.parts)
            if known is not None and is_settled and rank >= ranks[key] and not _is_offered_first(graph, model, known):
                continue
            site = _describe(graph, model, level, ties, named)
            if known is None or _speaks_before(graph, site, rank, known, ranks[key]):
                ranks[key], sites[key] = rank, site
    for model in graph.model_calls if with_hops else ():
        for level in hops.find(graph, model, sites.keys()):
            if graph.leads_down(level.edges, model.function, model.node):
                sites[level.edges[0].caller, level.edges[0].span] = _describe(graph, model, level, ties, named)
    return sorted(sites.values(), key=lambda site: (site.function.path, site.span))


def _speaks_before(graph: Graph, site: Described, rank: int, known: Described, known_rank: int) -> bool:
    """Whether the way down speaks for the call rather than the known one, each with its rank."""
    plain = [each for each in (site, known) if not each.traits and not refuses(graph, each.model)]
    if len(plain) == 2 and site.rounds is not known.rounds:
        # Who starts a single request by hand makes no batch of it, but of all that the same call starts besides.
        all_of_it, one = (site, known) if site.rounds else (known, site)
        is_by_hand = bool(one.reaches) and all(reach.entry.kind.kind == "script" for reach in one.reaches)
        if is_by_hand and all_of_it.many is not None and one.many is None:
            return all_of_it is site
    are_equal = len(plain) == 2 and max(rank, known_rank) < _FAR and _are_alternatives(site, known)
    if are_equal and (site.many is None) is not (known.many is None):
        return site.many is not None
    if are_equal and rank == known_rank and _is_offered_first(graph, site.model, known):
        return True
    return rank < known_rank


def _is_offered_first(graph: Graph, model: ModelCall, known: Described) -> bool:
    """Whether there is a batch tier for the model call, and none for the known one."""
    tier = graph.program.catalogue.tier
    return tier(model.provider, model.endpoint) is not None and tier(known.model.provider, known.model.endpoint) is None


def _are_alternatives(site: Described, known: Described) -> bool:
    """Whether the ways down part at one call that leads to either, rather than at calls that are made in turn."""
    for one, other in zip(site.edges, known.edges, strict=False):
        if (one.span, one.callee) != (other.span, other.callee):
            return one.span == other.span
    return False


def refuses(graph: Graph, model: ModelCall) -> bool:
    """Whether the provider's batch API, if there is one, is known not to take the endpoint."""
    catalogue = graph.program.catalogue
    is_text = model.kind in _TEXT or catalogue.tier(model.provider, model.endpoint) is not None
    return not is_text and (catalogue.refuses(model.provider, model.endpoint) or catalogue.has_none(model.provider))


# -- describing
def _describe(graph: Graph, model: ModelCall, level: Level, ties: Ties, named: Named) -> Described:
    edges = level.edges
    function = edges[0].caller if edges else model.function
    node = edges[0].node if edges else model.node
    reaches = tuple(levels.ways_in(graph, function, level.way, node, edges[0] if edges else None))
    place = Place(graph, model, edges, tuple(relevant(reaches)))
    many, longer = _many(place, named), None
    if many is None and (longer := _repeated(place, function, level.way)) is not None:
        place = place._replace(reaches=(*place.reaches, longer))
        many = _many(place, named)
    return Described(
        function=function,
        node=place.node,
        span=edges[0].span if edges else model.span,
        model=model,
        edges=edges,
        reaches=reaches,
        via=_via(graph, model, edges),
        shape=_shape(place),
        many=many,
        traits=tuple(traits(place, ties)),
        stated=graph.stated(function, place.node),
        named=_named(place, named) if many is None else None,
        beside=next(_beside(place, named), None),
        longer=longer,
        is_plumbing=level.is_plumbing,
        rounds=level.rounds,
    )


def _repeated(place: Place, function: FunctionId, way: Way) -> Reach | None:
    """A longer way in that goes through a loop, where somebody starts the call who waits for nothing."""
    kinds = frozenset(reach.entry.kind.kind for reach in place.reaches)
    is_offline = all(reach.entry.kind.latency is not Latency.REALTIME for reach in place.reaches)
    return repeated(place.graph, function, way, kinds & RUNS) if is_offline and kinds & RUNS else None


def _via(graph: Graph, model: ModelCall, edges: Sequence[Edge]) -> tuple[Step, ...]:
    """The calls below the site, the SDK's last."""
    if not edges:
        return ()
    steps: list[Step] = []
    for edge in edges:
        if edge is not edges[0]:
            steps.append(Step(edge.caller.path, edge.span.line, graph.label(edge.callee)))
        steps += edge.inside
    return (*steps, Step(model.function.path, model.span.line, model.call))


def _many(place: Place, named: Named) -> Trait | None:
    """What repeats the call, once per item of a collection: the nearest loop or mapping, here, below or above."""
    graph, model = place.graph, place.model
    if model.kind == "embeddings" and _one_named(place, named) is not None:
        return None  # the parts of one text, which go into a request or a few
    links = place.links()
    for index, link in enumerate(links):
        if index and is_for_one(graph, links[index - 1].function, links[index - 1].node):
            break
        if any(is_for_samples(graph, above.function, above.node) for above in links[:index]) and goes_over_given(
            graph.function(link.function), link.loops
        ):
            continue
        is_search = model.kind == "embeddings" and link.node is model.node and asks_one_thing(link.node, link.loops)
        is_one = is_search or (link.repeats and named.goes_over(link.function, link.node, link.loops))
        is_tried = link.repeats and tries_out(graph, link.function, link.loops)
        if link.repeats and not is_one and not is_tried and not _is_of_one(graph, link, links[:index]):
            lines = [line_of(loop) for loop in link.loops if is_item_loop(loop)]
            line = lines[0] if lines else link.node.lineno
            return Trait("many", "once per item of a collection", link.function.path, line)
    for link in links:
        rest = loop_before(graph.function(link.function), link.node) if isinstance(link.node, ast.Call) else None
        if rest is not None:
            return Trait("many", "for what a loop over a collection has left", link.function.path, line_of(rest))
    if model.fans_out and not _is_handful(graph, model) and not _is_of_few(place, links):
        return Trait("many", "one call for a whole collection", model.function.path, model.span.line)
    for reach in place.reaches:
        kind = reach.entry.kind
        if kind.kind == "evaluation" and kind.latency is not None:
            return Trait("many", "once per example of the data set", reach.entry.step.path, reach.entry.step.line)
        if kind.framework == notebooks.EACH:
            return Trait("many", "once per item, in a notebook", reach.entry.step.path, reach.entry.step.line)
        for edge in reversed(reach.edges):
            if model.kind == "embeddings" and _takes_nothing(edge):
                break  # the same text each time
            is_one = edge.repeats and named.goes_over(edge.caller, edge.node, edge.loops)
            is_one = is_one or tries_out(graph, edge.caller, edge.loops)
            if edge.repeats and not is_one and not all_give_one(graph, edge.caller, edge.loops):
                return Trait("many", f"once per item, in {graph.label(edge.caller)}", edge.caller.path, edge.span.line)
    return None


def _takes_nothing(edge: Edge) -> bool:
    """Whether the call of a plain function gives it nothing, so that it does the same for each item."""
    call = edge.node
    is_plain = edge.kind == "call" and isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
    return is_plain and not call.args and not call.keywords  # type: ignore[attr-defined]


def _one_named(place: Place, named: Named) -> Trait | None:
    """The call for the one thing that somebody names, if all ways in lead through one."""
    below = [(link.function, link.node) for link in place.links()]
    ways = [[*((edge.caller, edge.node) for edge in reach.edges), *below] for reach in place.reaches]
    found = [next((each for each in way if named.is_one(*each)), None) for way in ways]
    if not found or None in found or found[0] is None:
        return None
    id, node = found[0]
    return Trait("single_by_hand", f"{NAMES}, in {place.graph.label(id)}", id.path, node.lineno)


def _named(place: Place, named: Named) -> Trait | None:
    """The loop over what somebody names, which is no loop over all that there are, or the call for one thing."""
    if place.model.kind == "embeddings" and (one := _one_named(place, named)) is not None:
        return one
    ways = [(link.function, link.node, link.loops) for link in place.links() if link.repeats]
    above = [edge for reach in place.reaches for edge in reach.edges if edge.repeats]
    for id, node, loops in (*ways, *((edge.caller, edge.node, edge.loops) for edge in above)):
        if named.goes_over(id, node, loops):
            return Trait("single_by_hand", f"{NAMES}, in {place.graph.label(id)}", id.path, node.lineno)
    return commanded.names_one(place)


def _beside(place: Place, named: Named) -> Iterator[tuple[Edge, Edge]]:
    """The calls of one function by another, once for the item that an option names and in a loop over all items.

    What is asked many times for one item is no less of a batch.
    """
    loops = {(each.caller, each.callee): each for reach in place.reaches for each in reach.edges if each.repeats}
    if not loops or place.model.fans_out or any(link.repeats for link in place.links()):
        return
    for (caller, callee), loop in loops.items():
        for edge in place.graph.edges_to(callee):
            if edge.caller == caller and not edge.repeats and named.names_one(caller, edge.node):
                yield edge, loop
    beside = {edge.caller: loop for reach in place.reaches for edge, loop in _loops_below(reach)}
    for reach in place.reaches:
        for at, edge in enumerate(reach.edges):
            other = beside.get(edge.caller)
            is_single = not any(each.repeats for each in reach.edges[at:])
            if other is not None and is_single and is_for_one(place.graph, edge.caller, edge.node):
                yield edge, other


def _loops_below(reach: Reach) -> Iterator[tuple[Edge, Edge]]:
    """Each call on the way in, with the first loop that it leads to."""
    for at, edge in enumerate(reach.edges):
        loop = next((each for each in reach.edges[at:] if each.repeats), None)
        if loop is not None:
            yield edge, loop


def _is_handful(graph: Graph, model: ModelCall) -> bool:
    """Whether the collection that the call takes is a few texts that are written out."""
    asked = prompts(model, model.node)[:1]
    return bool(asked) and is_handful(graph.constant(model.function, asked[0])[1])


def _is_of_few(place: Place, links: Sequence[Link]) -> bool:
    """Whether the collection is of one item or a few on every way in, or embeds what a model made of one question."""
    graph, asked = place.graph, prompts(place.model, place.model.node)[:1]
    above = [[Link.of(graph, edge) for edge in reach.edges] for reach in place.reaches] or [[]]
    ways = [[*way, *links] for way in above]
    if place.model.kind == "embeddings" and asked and all(is_said(graph, way, asked[0]) for way in ways):
        return True
    return bool(asked) and all(is_few(graph, way, asked[0]) for way in ways)


def _is_of_one(graph: Graph, link: Link, above: Sequence[Link]) -> bool:
    """Whether the loops around the call go over a collection of one: what the calls above give, else all calls."""
    if not above:
        return all_give_one(graph, link.function, link.loops)
    calls = [(each.function, each.node) for each in reversed(above)]
    return gives_one(graph, calls, link.function, link.loops)


def _shape(place: Place) -> str:
    """How the call is fanned out, in the words of the corpus: the nearest repetition decides."""
    model, edges = place.model, place.edges
    above = [edge for reach in place.reaches for edge in reach.edges]
    kinds = {edge.kind for edge in (*edges, *above)}
    loops = [loop for loop in place.links()[0].loops if is_item_loop(loop)]
    if kinds & {"pool", "thread"}:
        return "thread_pool"
    if "gather" in kinds:
        return "asyncio_gather"
    if loops:
        if model.kind == "embeddings":
            return "chunked_embeddings"
        if isinstance(loops[-1], ast.comprehension):
            return "comprehension"
        return "helper_in_loop" if edges else "direct_loop"
    if model.kind == "embeddings" and model.fans_out:
        return "chunked_embeddings"
    if any(edge.repeats for edge in above):
        return "helper_in_loop"
    if edges:
        return "wrapper"
    kind = place.reaches[0].entry.kind.kind if place.reaches else "unknown"
    return "single_in_task" if kind == "task_queue" else "single_in_script"
