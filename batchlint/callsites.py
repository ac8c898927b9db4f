"""The places worth reporting: model calls, and the calls of the project's own functions that only pass a request on.

Each is described: how it is repeated, what its request is built from, where its answer goes, who starts it. Scoring
weighs the description, the codemod plans on it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from batchlint import flow, given, judging
from batchlint.facts import MODULE, FunctionId, Span
from batchlint.findings import Latency, Step
from batchlint.graph import Edge, Graph, ModelCall, Reach, relevant
from batchlint.graph.ways import Way
from batchlint.loops import is_item_loop
from batchlint.places import Link, Place, Trait, line_of, only_holds
from batchlint.repetitions import repeated
from batchlint.singles import all_give_one, asks_one_thing, gives_one
from batchlint.symbols import host_of, last_name
from batchlint.symbols.names import LOCAL
from batchlint.ties import Ties
from batchlint.traits import traits
from batchlint.values import Text

MAX_LEVELS = 8
"""How many wrappers of wrappers are followed."""
_RUNS = frozenset({"script", "schedule", "pipeline", "task_queue", "evaluation"})
"""Kinds of entry points that may come to a call more than once a run."""
_TEXT = frozenset({"chat", "completion", "embeddings"})
"""Kinds of requests that have a batch tier somewhere, if not at this provider's endpoint: a project can change that."""
_BEHIND = 2
"""How many calls nearer an agent or what no batch API takes has to be to speak for a call that leads to others too."""
_ON_THEIR_OWN = frozenset({"schedule", "pipeline"})
"""Kinds of entry points that nobody's wish starts."""
_FAR = 100
"""Puts a call that hands on nothing of the request behind all that do."""
_OWN = "self"
"""Stands among a method's parameters for its object, of which a part goes into the request."""


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
    is_plumbing: bool = False
    """Whether the call only leads on to its own object's inside: who calls the object decides, not this place."""

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


def find(graph: Graph) -> list[Described]:
    """All call sites of the program, in the order of their places."""
    sites: dict[tuple[FunctionId, Span], Described] = {}
    ranks: dict[tuple[FunctionId, Span], int] = {}
    ties = Ties(graph)
    for model in graph.model_calls:
        is_refused = refuses(graph, model)
        for level in _levels(graph, model):
            edges = level.edges
            if level.parts and not graph.leads_down(edges, model.function, model.node):
                continue
            function = edges[0].caller if edges else model.function
            span = edges[0].span if edges else model.span
            key = (function, span)
            is_behind = is_refused or (model.agent and bool(edges))
            rank = len(edges) + (_BEHIND if is_behind else 0) + (_FAR if level.parts else 0)
            # Where one call leads to several models, the nearest speaks for it.
            if key not in ranks or rank < ranks[key]:
                ranks[key] = rank
                sites[key] = _describe(graph, model, level, ties)
    return sorted(sites.values(), key=lambda site: (site.function.path, site.span))


def refuses(graph: Graph, model: ModelCall) -> bool:
    """Whether the provider's batch API is known not to take the endpoint."""
    catalogue = graph.program.catalogue
    is_text = model.kind in _TEXT or catalogue.tier(model.provider, model.endpoint) is not None
    return not is_text and catalogue.refuses(model.provider, model.endpoint)


class _Level(NamedTuple):
    """A way down to the model call: from a call of `edges[0]`, or the model call itself."""

    edges: tuple[Edge, ...]
    way: Way
    is_plumbing: bool
    """Whether the call is a wrapper's of its own object's or module's inside."""
    parts: bool = False
    """Whether nothing of the request stands here, but nobody waits, as somebody does for others who call the same."""


def _levels(graph: Graph, model: ModelCall) -> Iterator[_Level]:
    """The ways down to the model call, from the call itself up through the functions that pass parameters on to it."""
    start = graph.ways.start(model.function, model.node)
    yield _Level((), start, False)
    passed = _passed_on(graph, model.function, start, model.node, flow.request_arguments(model.node))
    function = graph.function(model.function)
    if function.owner is not None and flow.needs(function, given.prompts(model, model.node)):
        passed |= {_OWN} if _is_shared(graph, model.function, start) else set()
    queue: list[tuple[FunctionId, Way, tuple[Edge, ...], set[str], bool]] = []
    if passed:
        queue.append((model.function, start, (), passed, _keeps_answer(graph, model.function, model.node)))
    seen: set[tuple[FunctionId, Way]] = {(model.function, start)}
    tops: list[_Top] = [] if passed else [(model.function, start, ())]
    while queue:
        id, way, below, passed, is_kept = queue.pop(0)
        is_shared = _is_shared(graph, id, way)
        # Of the calls in one caller the one in a loop speaks for those above: `if few: embed(texts) else: for ...`.
        for edge in sorted(graph.edges_to(id), key=lambda each: not each.repeats):
            if edge.kind == "queue" or not isinstance(edge.node, ast.Call) or _names_local(graph, edge):
                continue
            above = graph.ways.above(edge, way)
            if above is None:
                continue
            edges = (edge, *below)
            if last_name(edge.node.func) == "partial" or (
                edge.kind == "callback" and only_holds(graph, edge.caller, edge.node)
            ):
                continue  # binds or keeps what it is given, calls nothing
            if edge.kind == "callback" and not edge.repeats and graph.starts_here(id):
                continue  # makes it the entry point that it is
            # The call of a function that stands in this one is no decision of its own.
            is_inner = edge.caller == _outer(graph, id) and not passed & _names(graph, id)
            handed = _given(graph, edge, passed, is_shared=is_shared)
            if not handed and not is_inner:
                tops.append((id, way, below))
                continue
            taken = passed if is_inner else _passed_on(graph, edge.caller, above, edge.node, handed)
            # Where the answer does not come back the request is told of once, but for those who do not wait.
            is_told = (is_kept or passed == {_OWN}) and graph.is_waited_for(edge.caller, above)
            if not is_inner and not is_told:
                yield _Level(edges, above, bool(taken) and not edge.repeats and _is_inside(edge))
            keeps = is_kept or _keeps_answer(graph, edge.caller, edge.node)
            if keeps and not _is_shared(graph, edge.caller, above):
                continue  # here those who wait and those who do not have parted
            if taken and (edge.caller, above) not in seen and len(edges) < MAX_LEVELS:
                seen.add((edge.caller, above))
                queue.append((edge.caller, above, edges, taken, keeps))
            elif not taken:
                tops.append((edge.caller, above, edges))
    yield from _partings(graph, start, tops)


_Top = tuple[FunctionId, Way, tuple[Edge, ...]]
"""A function that makes the request up, with the calls from it down to the model."""


def _partings(graph: Graph, start: Way, tops: list[_Top]) -> Iterator[_Level]:
    """The calls by which those come to the request who do not wait, where others who start the same code do.

    With them the calls below, for which somebody waits.
    """
    seen: set[tuple[FunctionId, Way]] = set()
    while tops:
        id, way, below = tops.pop(0)
        if (id, way) in seen or len(below) >= MAX_LEVELS or not _is_shared(graph, id, way):
            continue
        if any(edge.kind == "callback" for edge in below):
            continue  # runs what it hands over some other time
        seen.add((id, way))
        if any(map(_leads_dialogue, relevant(graph.reaches(id, way)))):
            continue  # so it does for those as well who only play one
        for edge in graph.edges_to(id):
            above = graph.ways.above(edge, way) if _calls_by_name(graph, edge) else None
            if above is None:
                continue
            if _is_shared(graph, edge.caller, above):
                tops.append((edge.caller, above, (edge, *below)))
            elif _is_alone(graph, edge, above):
                yield from _on_the_way(graph, start, (edge, *below))


def _on_the_way(graph: Graph, start: Way, edges: tuple[Edge, ...]) -> Iterator[_Level]:
    """The calls from the last one up to the first."""
    way = start
    for at in range(len(edges) - 1, -1, -1):
        above = graph.ways.above(edges[at], way)
        if above is None:
            return
        way = above
        yield _Level(edges[at:], way, is_plumbing=False, parts=True)


def _calls_by_name(graph: Graph, edge: Edge) -> bool:
    """Whether the code says there which function runs."""
    call = edge.node
    if edge.kind in {"queue", "callback"} or not isinstance(call, ast.Call):
        return False
    called = last_name(call.func)
    runs = [call.func, *(() if called[:1].isupper() else call.args)]
    return edge.kind != "call" or graph.function(edge.callee).name in map(last_name, runs)


def _leads_dialogue(reach: Reach) -> bool:
    """Whether the code asks a person at a terminal, rather than that a person starts the program as a whole."""
    is_asked = reach.entry.kind.kind == "interactive"
    return is_asked and all(edge.callee.qualname != MODULE for edge in reach.edges)


def _is_alone(graph: Graph, edge: Edge, above: Way) -> bool:
    """Whether nobody waits on any way to the call, and there is enough to ask for a batch."""
    reaches = relevant(graph.reaches(edge.caller, above))
    kinds = {reach.entry.kind.kind for reach in reaches}
    # What somebody starts is worth it where it asks again and again.
    is_often = edge.repeats or any(each.repeats for reach in reaches for each in reach.edges)
    is_waited_for = graph.is_waited_for(edge.caller, above)
    return not is_waited_for and kinds <= _RUNS and (is_often or bool(kinds & _ON_THEIR_OWN))


def _names_local(graph: Graph, edge: Edge) -> bool:
    """Whether the call says that a server on this machine is to be asked: `self._post(f"{self.url}/api/generate")`."""
    first = edge.node.args[0] if isinstance(edge.node, ast.Call) and edge.node.args else None
    if not isinstance(first, ast.JoinedStr | ast.BinOp):
        return False
    values = graph.program.eval(edge.caller, first)
    return bool(values) and all(isinstance(value, Text) and host_of(value.text) == LOCAL for value in values)


def _is_inside(edge: Edge) -> bool:
    """Whether the call leads on to its own object's or module's inside."""
    func = edge.node.func if isinstance(edge.node, ast.Call) else None
    if isinstance(func, ast.Attribute):
        return isinstance(func.value, ast.Name) and func.value.id in {"self", "cls"}
    return isinstance(func, ast.Name) and edge.callee.path == edge.caller.path


def _names(graph: Graph, id: FunctionId) -> set[str]:
    function = graph.function(id)
    rest = [sign for sign, name in (("*", function.rest), ("**", function.named)) if name]
    return {*function.parameter_names, *rest}


def _outer(graph: Graph, id: FunctionId) -> FunctionId | None:
    parent = graph.function(id).parent
    return FunctionId(id.path, parent) if parent is not None else None


def _given(graph: Graph, edge: Edge, passed: set[str], *, is_shared: bool) -> list[ast.AST]:
    """The arguments that become the parameters `passed` of the callee; all where the function is handed over.

    Of a method that `is_shared` also what its object is made of, where the caller makes it for this.
    """
    call = edge.node
    if not isinstance(call, ast.Call):
        return []
    arguments = flow.request_arguments(call)
    spread = any(keyword.arg is None for keyword in call.keywords) or any(isinstance(a, ast.Starred) for a in call.args)
    if edge.kind != "call" or spread:
        return arguments
    callee = graph.function(edge.callee)
    found = [argument for argument in arguments if flow.parameter_of(callee, call, argument) in passed]
    if _OWN in passed and isinstance(call.func, ast.Attribute) and call.func.attr == callee.name:
        found.append(call.func.value)
    made = given.construction(graph, edge.caller, call) if is_shared and found else None
    return [*found, *(flow.request_arguments(made) if made is not None else ())]


def _passed_on(graph: Graph, id: FunctionId, way: Way, node: ast.expr, arguments: Sequence[ast.AST]) -> set[str]:
    """The parameters of a function that only passes on: they become `arguments` of the call, the answer comes back.

    Those of the functions around it count too. What is started from outside or keeps the answer decides itself, unless
    somebody waits then: who else calls it may have nobody waiting. What its object keeps may be what it asks next.
    """
    if id.qualname == MODULE or not isinstance(node, ast.Call):
        return set()
    if graph.starts_here(id) and not graph.is_waited_for(id, way):
        return set()
    function = graph.function(id)
    if _keeps_answer(graph, id, node) and (flow.fills(function, node) or not _is_shared(graph, id, way)):
        return set()
    taken = flow.taken_parameters(function, arguments)
    inner = flow.moves_of(function, arguments)
    outer = _outer(graph, id)
    while not taken and outer is not None:
        taken = flow.taken_parameters(graph.function(outer), arguments, inner)
        outer = _outer(graph, outer)
    return taken


def _keeps_answer(graph: Graph, id: FunctionId, node: ast.expr) -> bool:
    """Whether what the call gives is not what the function gives."""
    saving = graph.program.registry.saving_methods
    function = graph.function(id)
    return isinstance(node, ast.Call) and not (
        flow.gives_answer(function, node, saving) or judging.judges(function, node)
    )


def _is_shared(graph: Graph, id: FunctionId, way: Way) -> bool:
    """Whether some of those who start the function wait for it and others do not."""
    waits = {reach.entry.kind.latency is Latency.REALTIME for reach in relevant(graph.reaches(id, way))}
    return len(waits) == 2


# -- describing
def _describe(graph: Graph, model: ModelCall, level: _Level, ties: Ties) -> Described:
    edges = level.edges
    function = edges[0].caller if edges else model.function
    reaches = tuple(graph.reaches(function, level.way))
    place = Place(graph, model, edges, tuple(relevant(reaches)))
    many = _many(place)
    if many is None and (longer := _repeated(place, function, level.way)) is not None:
        place = place._replace(reaches=(*place.reaches, longer))
        many = _many(place)
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
        is_plumbing=level.is_plumbing,
    )


def _repeated(place: Place, function: FunctionId, way: Way) -> Reach | None:
    """A longer way in that goes through a loop, where somebody starts the call who waits for nothing."""
    kinds = frozenset(reach.entry.kind.kind for reach in place.reaches)
    is_offline = all(reach.entry.kind.latency is not Latency.REALTIME for reach in place.reaches)
    return repeated(place.graph, function, way, kinds & _RUNS) if is_offline and kinds & _RUNS else None


def _via(graph: Graph, model: ModelCall, edges: Sequence[Edge]) -> tuple[Step, ...]:
    """The calls below the site, the SDK's last."""
    if not edges:
        return ()
    steps = [Step(edge.caller.path, edge.span.line, graph.label(edge.callee)) for edge in edges[1:]]
    return (*steps, Step(model.function.path, model.span.line, model.call))


def _many(place: Place) -> Trait | None:
    """What repeats the call, once per item of a collection: the nearest loop or mapping, here, below or above."""
    graph, model = place.graph, place.model
    links = place.links()
    for index, link in enumerate(links):
        is_search = model.kind == "embeddings" and link.node is model.node and asks_one_thing(link.node, link.loops)
        if link.repeats and not is_search and not _is_of_one(graph, link, links[index - 1] if index else None):
            lines = [line_of(loop) for loop in link.loops if is_item_loop(loop)]
            line = lines[0] if lines else link.node.lineno
            return Trait("many", "once per item of a collection", link.function.path, line)
    if model.fans_out:
        return Trait("many", "one call for a whole collection", model.function.path, model.span.line)
    for reach in place.reaches:
        kind = reach.entry.kind
        if kind.kind == "evaluation" and kind.latency is not None:
            return Trait("many", "once per example of the data set", reach.entry.step.path, reach.entry.step.line)
        for edge in reversed(reach.edges):
            if edge.repeats and not all_give_one(graph, edge.caller, edge.loops):
                return Trait("many", f"once per item, in {graph.label(edge.caller)}", edge.caller.path, edge.span.line)
    return None


def _is_of_one(graph: Graph, link: Link, above: Link | None) -> bool:
    """Whether the loops around the call go over a collection of one: what the call above gives, else all calls."""
    if above is None:
        return all_give_one(graph, link.function, link.loops)
    return gives_one(graph, above.function, above.node, link.function, link.loops)


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
