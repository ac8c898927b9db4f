"""The places worth reporting: model calls, and the calls of the project's own functions that only pass a request on.

Each is described: how it is repeated, what its request is built from, where its answer goes, who starts it. Scoring
weighs the description, the codemod plans on it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from batchlint import flow
from batchlint.facts import MODULE, CallFacts, FunctionId, LoopNode, Span
from batchlint.findings import Latency, Step
from batchlint.graph import Edge, Graph, ModelCall, Reach
from batchlint.loops import is_item_loop
from batchlint.symbols import last_name

MAX_LEVELS = 8
"""How many wrappers of wrappers are followed."""


@dataclass(frozen=True, slots=True)
class Trait:
    """Something about a call site that speaks for or against batching; `name` is a row of the factor table."""

    name: str
    reason: str
    path: str
    line: int


Known = dict[tuple[int, int], Trait | None]
"""What ties the iterations of a loop to the answers of a call in it, by the identities of the two nodes."""


@dataclass(frozen=True, slots=True)
class Described:
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
    traits: tuple[Trait, ...] = field(default=())
    stated: Latency | None = None

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
    known: Known = {}
    for model in graph.model_calls:
        for edges in _levels(graph, model):
            function = edges[0].caller if edges else model.function
            span = edges[0].span if edges else model.span
            key = (function, span)
            # Where one call leads to several models, the nearest speaks for it.
            if key not in sites or len(edges) < len(sites[key].edges):
                sites[key] = _describe(graph, model, edges, known)
    return sorted(sites.values(), key=lambda site: (site.function.path, site.span))


def _levels(graph: Graph, model: ModelCall) -> Iterator[tuple[Edge, ...]]:
    """The ways down to the model call, from the call itself up through the functions that pass parameters on to it."""
    yield ()
    passed = _passed_on(graph, model.function, model.node, flow.request_arguments(model.node))
    queue: list[tuple[FunctionId, tuple[Edge, ...], set[str]]] = [(model.function, (), passed)] if passed else []
    seen = {model.function}
    while queue:
        id, below, passed = queue.pop(0)
        for edge in graph.edges_to(id):
            if edge.kind == "queue" or not isinstance(edge.node, ast.Call):
                continue
            edges = (edge, *below)
            # The call of a function that stands in this one is no decision of its own.
            if last_name(edge.node.func) == "partial":
                continue  # binds arguments, calls nothing
            is_inner = edge.caller == _outer(graph, id) and not passed & _names(graph, id)
            given = _given(graph, edge, passed)
            if not is_inner:
                if not given:
                    continue
                yield edges
            if edge.caller in seen or len(edges) >= MAX_LEVELS:
                continue
            taken = passed if is_inner else _passed_on(graph, edge.caller, edge.node, given)
            if taken:
                seen.add(edge.caller)
                queue.append((edge.caller, edges, taken))


def _names(graph: Graph, id: FunctionId) -> set[str]:
    return {parameter.arg for parameter in graph.function(id).parameters()} | {"*", "**"}


def _outer(graph: Graph, id: FunctionId) -> FunctionId | None:
    parent = graph.function(id).parent
    return FunctionId(id.path, parent) if parent is not None else None


def _given(graph: Graph, edge: Edge, passed: set[str]) -> list[ast.AST]:
    """The arguments that become the parameters `passed` of the callee; all where the function is handed over."""
    call = edge.node
    if not isinstance(call, ast.Call):
        return []
    arguments = flow.request_arguments(call)
    spread = any(keyword.arg is None for keyword in call.keywords) or any(isinstance(a, ast.Starred) for a in call.args)
    if edge.kind != "call" or spread:
        return arguments
    names = [parameter.arg for parameter in graph.function(edge.callee).parameters()]
    if names[:1] in (["self"], ["cls"]):
        names = names[1:]
    found: list[ast.AST] = [
        argument
        for position, argument in enumerate(call.args)
        if (names[position] if position < len(names) else "*") in passed
    ]
    found += [k.value for k in call.keywords if (k.arg if k.arg in names else "**") in passed]
    return found


def _passed_on(graph: Graph, id: FunctionId, node: ast.expr, arguments: Sequence[ast.AST]) -> set[str]:
    """The parameters of a function that only passes on: they become `arguments` of the call, the answer comes back.

    Those of the functions around it count too.
    """
    if id.qualname == MODULE or graph.starts_here(id) or not isinstance(node, ast.Call):
        return set()
    function = graph.function(id)
    if not flow.gives_answer(function, node):
        return set()
    taken = flow.taken_parameters(function, arguments)
    inner = flow.moves(flow.body(function), arguments)
    outer = _outer(graph, id)
    while not taken and outer is not None:
        taken = flow.taken_parameters(graph.function(outer), arguments, inner)
        outer = _outer(graph, outer)
    return taken


# -- describing
def _describe(graph: Graph, model: ModelCall, edges: tuple[Edge, ...], known: Known) -> Described:
    function = edges[0].caller if edges else model.function
    node = edges[0].node if edges else model.node
    span = edges[0].span if edges else model.span
    reaches = tuple(graph.reaches(function))
    traits = [
        *_request_traits(graph, model),
        *_session_traits(graph, function, node, model, edges),
        *_loop_traits(graph, function, node, model, edges, reaches, known),
    ]
    many = _many(graph, function, node, model, edges, reaches)
    via = _via(graph, model, edges)
    return Described(
        function=function,
        node=node,
        span=span,
        model=model,
        edges=edges,
        reaches=reaches,
        via=via,
        shape=_shape(graph, function, node, model, edges, reaches),
        many=many,
        traits=tuple(dict.fromkeys(traits)),
        stated=graph.stated(function, node),
    )


def _via(graph: Graph, model: ModelCall, edges: Sequence[Edge]) -> tuple[Step, ...]:
    """The calls below the site, the SDK's last."""
    if not edges:
        return ()
    steps = [Step(edge.caller.path, edge.span.line, graph.label(edge.callee)) for edge in edges[1:]]
    return (*steps, Step(model.function.path, model.span.line, model.call))


def _facts(graph: Graph, node: ast.expr) -> CallFacts | None:
    reference = graph.program.call_facts.get(id(node))
    return reference.call if reference else None


def _request_traits(graph: Graph, model: ModelCall) -> Iterator[Trait]:
    path, line = model.function.path, model.span.line
    if model.stream or _is_true(model.node, "stream"):
        yield Trait("stream", "the answer is streamed", path, line)
    if model.agent:
        yield Trait("agent", "an agent run: each step's request holds the last answer", path, line)
    if model.kind in _LIVE_KINDS:
        yield Trait("live_kind", f"{model.kind} is a live exchange", path, line)


def _session_traits(
    graph: Graph, function: FunctionId, node: ast.expr, model: ModelCall, edges: Sequence[Edge]
) -> Iterator[Trait]:
    """An answer that goes into a session which is open and will not wait: a form in a browser, a captcha."""
    registry = graph.program.registry
    chain = [(function, node), *((edge.caller, edge.node) for edge in edges[1:]), (model.function, model.node)]
    for id, call in chain:
        named = f"{id.qualname} {ast.unparse(call.func) if isinstance(call, ast.Call) else ''}".lower()
        for word in registry.live_words:
            if re.search(rf"(?<![a-z]){word}(?![a-z])", named):
                yield Trait("live_session", f"a session waits for the answer: `{word}`", id.path, call.lineno)
        inputs = [c.node for c in graph.function(id).calls if last_name(c.node.func) in registry.live_inputs]
        if inputs and isinstance(call, ast.Call):
            for each in inputs:
                if flow.goes_into(graph.function(id), call, each):
                    yield Trait("live_session", "the answer is typed into an open session", id.path, each.lineno)


_LIVE_KINDS = frozenset({"realtime"})


def _is_true(call: ast.Call, name: str) -> bool:
    return any(
        keyword.arg == name and isinstance(keyword.value, ast.Constant) and keyword.value.value is True
        for keyword in call.keywords
    )


def _loop_traits(
    graph: Graph,
    function: FunctionId,
    node: ast.expr,
    model: ModelCall,
    edges: Sequence[Edge],
    reaches: Sequence[Reach],
    known: Known,
) -> Iterator[Trait]:
    """Answers that the next request needs, in the loops around the site, below it, and above it on every way in.

    A chain of fixed length per item stays batchable where the items are independent: each round is a batch.
    """
    calls = [_Link.of(graph, edge) for edge in edges]
    calls.append(_Link(model.function, model.node, False, model.is_async))
    chains = [[*(_Link.of(graph, edge) for edge in reach.edges), *calls] for reach in reaches] or [calls]
    above = {_key(edge.node) for reach in reaches for edge in reach.edges}
    done: set[tuple[int, bool]] = set()
    for chain in chains:
        fanned_out = False
        for id, call, mapped, is_async in chain:
            facts = _facts(graph, call)
            key = (_key(call), fanned_out)
            for loop in facts.loops if facts is not None and not (is_async and _is_gathered_later(facts)) else ():
                pair = (_key(call), _key(loop))
                if pair not in known:
                    known[pair] = _dependence(id, call, loop) if isinstance(call, ast.Call) else None
                found = known[pair]
                if found is None:
                    fanned_out = fanned_out or is_item_loop(loop)
                elif key not in done and (found.name != "early_stop" or key[0] not in above):
                    bounded = fanned_out and not isinstance(loop, ast.While)
                    yield replace(found, name="chain") if bounded else found
            done.add(key)
            fanned_out = fanned_out or (mapped and not (facts is not None and graph.repeats(id, facts.loops)))
    remembered = flow.remembers(graph.function(model.function), model.node, flow.request_arguments(model.node))
    if remembered:
        yield Trait(
            "memory", f"`{remembered}` keeps earlier answers for the next request", model.function.path, model.span.line
        )


class _Link(NamedTuple):
    """One call on the way from an entry point down to the model."""

    function: FunctionId
    node: ast.expr
    repeats: bool
    is_async: bool

    @classmethod
    def of(cls, graph: Graph, edge: Edge) -> _Link:
        return cls(edge.caller, edge.node, edge.repeats, graph.function(edge.callee).is_async)


def _is_gathered_later(facts: CallFacts) -> bool:
    """Whether the call of an async function makes a coroutine only: no answer yet that could reach the next request."""
    return not any(isinstance(node, ast.Await) for node in ast.walk(facts.statement))


def _dependence(id: FunctionId, call: ast.Call, loop: LoopNode) -> Trait | None:
    """What makes the loop's iterations wait for each other's answers; None if they are independent."""
    arguments = flow.request_arguments(call)
    if isinstance(call.func, ast.Attribute):
        arguments.append(call.func.value)
    name = flow.carried(loop, call, arguments)
    if name is not None:
        return Trait("dependent", f"`{name}` carries one answer into the next request", id.path, _line(loop))
    stop = flow.stops_early(loop, call) if is_item_loop(loop) else None
    if stop is not None:
        return Trait("early_stop", "the loop ends as soon as an answer fits", id.path, stop.lineno)
    return None


def _key(node: ast.AST) -> int:
    return id(node)


def _line(loop: LoopNode) -> int:
    return loop.target.lineno if isinstance(loop, ast.comprehension) else loop.lineno


def _many(
    graph: Graph,
    function: FunctionId,
    node: ast.expr,
    model: ModelCall,
    edges: Sequence[Edge],
    reaches: Sequence[Reach],
) -> Trait | None:
    """What repeats the call, once per item of a collection: the nearest loop or mapping, here, below or above."""
    for id, call, mapped in _around(function, node, model, edges):
        facts = _facts(graph, call)
        if mapped or (facts is not None and graph.repeats(id, facts.loops)):
            line = (
                _line(next(loop for loop in facts.loops if is_item_loop(loop))) if facts and not mapped else call.lineno
            )
            return Trait("many", "once per item of a collection", id.path, line)
    if model.fans_out:
        return Trait("many", "one call for a whole collection", model.function.path, model.span.line)
    for reach in reaches:
        kind = reach.entry.kind
        if kind.kind == "evaluation" and kind.latency is not None:
            return Trait("many", "once per example of the data set", reach.entry.step.path, reach.entry.step.line)
        for edge in reversed(reach.edges):
            if edge.repeats:
                return Trait("many", f"once per item, in {graph.label(edge.caller)}", edge.caller.path, edge.span.line)
    return None


def _around(
    function: FunctionId, node: ast.expr, model: ModelCall, edges: Sequence[Edge]
) -> Iterator[tuple[FunctionId, ast.expr, bool]]:
    if edges:
        for edge in edges:
            yield edge.caller, edge.node, edge.repeats and not any(is_item_loop(loop) for loop in edge.loops)
        yield model.function, model.node, False
    else:
        yield function, node, False


def _shape(
    graph: Graph,
    function: FunctionId,
    node: ast.expr,
    model: ModelCall,
    edges: Sequence[Edge],
    reaches: Sequence[Reach],
) -> str:
    """How the call is fanned out, in the words of the corpus: the nearest repetition decides."""
    kinds = [*(edge.kind for edge in edges), *(edge.kind for reach in reaches for edge in reach.edges)]
    facts = _facts(graph, node)
    loops = [loop for loop in facts.loops if is_item_loop(loop)] if facts else []
    if "pool" in kinds or "thread" in kinds:
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
    if any(edge.repeats for reach in reaches for edge in reach.edges):
        return "helper_in_loop"
    if edges:
        return "wrapper"
    kind = reaches[0].entry.kind.kind if reaches else "unknown"
    return "single_in_task" if kind == "task_queue" else "single_in_script"
