"""What speaks for or against batching a call site: what its request is built from, and where its answer goes."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from batchlint import exits, flow, given, timing
from batchlint.facts import FunctionId, LoopNode
from batchlint.graph import Edge, Graph, ModelCall, Reach
from batchlint.loops import counts, is_item_loop, is_retry, is_short, tries_again
from batchlint.memories import Memories
from batchlint.stages import runs_stages
from batchlint.stops import Stops
from batchlint.symbols import last_name
from batchlint.tallies import Tallies
from batchlint.trees import walk
from batchlint.values import Ext, Fn

ANSWERS = "the request only shows that the service answers"
"""How the reason of a probe begins, unless it takes the time."""
_RUN_ONCE = frozenset({"script", "evaluation"})
"""Kinds of entry points that come to a call once in a process."""
_COMES_AGAIN = frozenset({"schedule", "task_queue", "pipeline", "evaluation"})
"""Kinds of entry points that start a call again without a loop."""
_STANDARD = sys.stdlib_module_names - {"builtins"}  # to which names count that nothing defines


class Trait(NamedTuple):
    """Something about a call site that speaks for or against batching; `name` is a row of the factor table."""

    name: str
    reason: str
    path: str
    line: int


class Known(NamedTuple):
    """What several call sites ask for, worked out once."""

    loops: dict[tuple[int, int], Trait | None]
    """What ties the iterations of a loop to the answers of a call in it, by the identities of the two nodes."""
    memories: Memories
    tallies: Tallies
    stops: Stops
    free: dict[FunctionId, bool]
    """Whether some way comes to a function many times without a loop that ends at an answer."""
    in_turns: dict[FunctionId, bool]
    """Whether every way comes to a function in the turns of a loop that has no end but an answer."""


class Link(NamedTuple):
    """One call on the way from an entry point down to the model."""

    function: FunctionId
    node: ast.expr
    repeats: bool
    loops: tuple[LoopNode, ...]
    is_async: bool

    @classmethod
    def of(cls, graph: Graph, edge: Edge) -> Link:
        return cls(edge.caller, edge.node, edge.repeats, edge.loops, graph.function(edge.callee).is_async)


class Place(NamedTuple):
    """A call site with what is below and above it."""

    graph: Graph
    model: ModelCall
    edges: tuple[Edge, ...]
    reaches: tuple[Reach, ...]

    @property
    def node(self) -> ast.expr:
        return self.edges[0].node if self.edges else self.model.node

    def links(self) -> list[Link]:
        """The calls from the site down to the model call, which is the last."""
        model = self.model
        reference = self.graph.program.call_facts.get(id(model.node))
        loops = reference.call.loops if reference else ()
        last = Link(model.function, model.node, self.graph.repeats(model.function, loops), loops, model.is_async)
        return [*(Link.of(self.graph, edge) for edge in self.edges), last]

    def statement(self, node: ast.expr) -> ast.stmt | None:
        reference = self.graph.program.call_facts.get(id(node))
        return reference.call.statement if reference else None


def traits(place: Place, known: Known) -> list[Trait]:
    """All that speaks for or against batching the place, each thing once."""
    found = [*_request_traits(place), *_session_traits(place), *_loop_traits(place, known)]
    return list(dict.fromkeys(found))


def _request_traits(place: Place) -> Iterator[Trait]:
    graph, model = place.graph, place.model
    path, line = model.function.path, model.span.line
    if model.stream or any(map(given.is_true, given.given_for(graph.function(model.function), model.node, "stream"))):
        yield Trait("stream", "the answer is streamed", path, line)
    if model.agent:
        yield Trait("agent", "an agent run: each step's request holds the last answer", path, line)
    if model.kind == "realtime":
        yield Trait("live_kind", "a live exchange", path, line)


def _session_traits(place: Place) -> Iterator[Trait]:
    """An answer that goes into an open session, that only shows that there is one, or by which an agent runs tools."""
    registry = place.graph.program.registry
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
        prompt = given.whole_prompt(place.model, call, function)
        said = _any_of(registry.probe_prompts).search(prompt) if prompt else None
        if said is not None:
            yield Trait("probe", f"{ANSWERS}: {said[0]!r}", id.path, call.lineno)
        reference = place.graph.program.call_facts.get(_key(call))
        if reference is not None and timing.is_what_counts(place.graph.program, function, reference.call):
            yield Trait("probe", "what counts is how long the answer takes", id.path, call.lineno)
        for keyword in call.keywords if call is not place.model.node else ():
            if keyword.arg in registry.agent_arguments and given.is_given(keyword.value, function):
                yield Trait("agent", f"an agent runs tools by each answer: `{keyword.arg}`", id.path, call.lineno)
        for other in function.calls:
            if _types_into_session(place.graph, id, other.node) and flow.goes_into(function, call, other.node):
                yield Trait("live_session", "the answer is typed into an open session", id.path, other.node.lineno)


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


def _loop_traits(place: Place, known: Known) -> Iterator[Trait]:
    """Answers that the next request needs, in the loops around the site, below it, and above it on every way in.

    A chain of fixed length per item stays batchable where the items are independent: each round is a batch.
    """
    graph, links = place.graph, place.links()
    chains = [[*(Link.of(graph, edge) for edge in reach.edges), *links] for reach in place.reaches] or [links]
    above = {_key(edge.node) for reach in place.reaches for edge in reach.edges}
    done: set[tuple[int, bool]] = set()
    for chain in chains:
        fanned_out = False
        for index, link in enumerate(chain):
            key = (_key(link.node), fanned_out)
            is_gathered = link.loops and link.is_async and _is_gathered_later(place, link)
            many_below = any(below.repeats for below in chain[index + 1 :])
            for loop in () if is_gathered else link.loops:
                found = _found(graph, link, loop, known)
                if found is None:
                    fanned_out = fanned_out or is_item_loop(loop)
                elif many_below and runs_stages(loop, link.node):
                    pass  # one stage after the other, each with all its requests at once
                elif many_below and not is_item_loop(loop) and _is_bounded(graph, link, loop, found):
                    pass  # all that failed are tried again together
                elif key not in done:
                    is_bounded = fanned_out and _is_bounded(graph, link, loop, found)
                    if found.name == "early_stop" and key[0] in above:
                        rounds = any(map(is_item_loop, _inside(link, loop)))
                        rounds = (rounds or many_below) and is_item_loop(loop)
                        if not is_bounded and not rounds and not _is_free(graph, links[0].function, known):
                            yield found
                    else:
                        yield _step(graph, link, loop, found) if is_bounded else found
            done.add(key)
            is_own = link.repeats and not any(is_item_loop(loop) for loop in link.loops)
            fanned_out = fanned_out or is_own or any(is_gathered and is_item_loop(loop) for loop in link.loops)
    kinds = [reach.entry.kind.kind for reach in place.reaches] or [""]
    for chain, kind in zip(chains, kinds, strict=True):
        memory = known.memories.find(chain[::-1], is_run_once=kind in _RUN_ONCE)
        if memory is not None:
            reason = f"`{memory.attribute}` keeps earlier answers for the next request"
            yield Trait("memory", reason, memory.function.path, memory.line)
            return


def _inside(link: Link, loop: LoopNode) -> tuple[LoopNode, ...]:
    """The loops around the call that stand in the given one."""
    return link.loops[link.loops.index(loop) + 1 :]


def _found(graph: Graph, link: Link, loop: LoopNode, known: Known) -> Trait | None:
    """What ties the iterations of the loop to the answers of the call, worked out once."""
    pair = (_key(link.node), _key(loop))
    if pair not in known.loops:
        known.loops[pair] = _dependence(graph, link, loop, known)
    return known.loops[pair]


def _is_free(graph: Graph, id: FunctionId, known: Known) -> bool:
    """Whether some way comes to the function many times without a loop that ends at an answer."""
    if id not in known.free:
        known.free[id] = False  # where it comes back to itself
        calls = [edge for edge in graph.edges_to(id) if not graph.is_test(edge.caller.path)]
        known.free[id] = any(entry.kind.kind in _COMES_AGAIN for entry in graph.entries(id)) or any(
            not _stops(graph, edge, known)
            and ((edge.repeats and not _is_in_turns(graph, edge.caller, known)) or _is_free(graph, edge.caller, known))
            for edge in calls
        )
    return known.free[id]


def _is_in_turns(graph: Graph, id: FunctionId, known: Known) -> bool:
    """Whether every way comes to the function in the turns of a loop that has no end but an answer."""
    if id not in known.in_turns:
        known.in_turns[id] = False  # where it comes back to itself
        calls = [edge for edge in graph.edges_to(id) if not graph.is_test(edge.caller.path)]
        known.in_turns[id] = (
            bool(calls)
            and not graph.starts_here(id)
            and all(
                _stops(graph, edge, known, endless=True) or _is_in_turns(graph, edge.caller, known) for edge in calls
            )
        )
    return known.in_turns[id]


def _stops(graph: Graph, edge: Edge, known: Known, *, endless: bool = False) -> bool:
    """Whether the call stands in a loop that ends at an answer; `endless`: in one that has no other end."""
    loops = (loop for loop in edge.loops if not (endless and is_item_loop(loop)))
    found = (_found(graph, Link.of(graph, edge), loop, known) for loop in loops)
    return any(trait is not None and trait.name == "early_stop" for trait in found)


def _step(graph: Graph, link: Link, loop: LoopNode, trait: Trait) -> Trait:
    """What a few rounds for an item are: an agent's, where the next request holds what tools gave for the answer."""
    names = graph.program.registry.tool_results
    for node in walk(loop):
        keys = [key.value for key in node.keys if isinstance(key, ast.Constant)] if isinstance(node, ast.Dict) else []
        said = next((key for key in keys if key in names), None)
        if said is not None:
            return Trait("agent", f"an agent runs tools by each answer: `{said}`", link.function.path, line_of(loop))
    return trait._replace(name="chain")


def _is_bounded(graph: Graph, link: Link, loop: LoopNode, trait: Trait) -> bool:
    """Whether the loop is a few tries, or a few rounds of which each needs the last: so many batches for all items."""
    if trait.name == "early_stop":
        return not isinstance(loop, ast.While) or counts(loop)

    def bound(node: ast.expr) -> ast.expr:
        default = graph.function(link.function).default(node.id) if isinstance(node, ast.Name) else None
        return default or graph.constant(link.function, node)[1]

    def number(node: ast.expr) -> float | None:
        return graph.number(link.function, node)

    if isinstance(loop, ast.While):
        return tries_again(loop)
    return is_retry(loop) or is_short(loop.iter, bound, number)


def _is_gathered_later(place: Place, link: Link) -> bool:
    """Whether the call of an async function makes a coroutine only: no answer yet that could reach the next request."""
    statement = place.statement(link.node)
    return statement is not None and not any(isinstance(node, ast.Await) for node in walk(statement))


def _dependence(graph: Graph, link: Link, loop: LoopNode, known: Known) -> Trait | None:
    """What makes the loop's iterations wait for each other's answers; None if they are independent."""
    call, path = link.node, link.function.path
    if not isinstance(call, ast.Call):
        return None
    owner = [call.func.value] if isinstance(call.func, ast.Attribute) else []
    arguments = [*flow.request_arguments(call), *owner]
    # Rounds over what is left to do: each asks about all of it, and what comes back only decides on the next round.
    inner = _inside(link, loop)
    apart = flow.narrowed(loop) if any(map(is_item_loop, inner)) else frozenset()
    if not apart.isdisjoint(flow.all_read(arguments)):
        apart = frozenset()
    name = flow.carried(loop, call, arguments, apart)
    if name is not None:
        name = flow.carried(loop, call, [*known.tallies.without(link.function, call), *owner], apart)
    if name is not None:
        return Trait("dependent", f"`{name}` carries one answer into the next request", path, line_of(loop))
    options = exits.options_of(graph.function(link.function))
    ends = is_item_loop(loop) or exits.goes_on(loop, call)
    stop = known.stops.of(link.function, loop, call, options, apart) if ends else None
    if stop is not None:
        when = "when the answers add up to a limit" if exits.adds_up(loop, stop) else "as soon as an answer fits"
        return Trait("early_stop", f"the loop ends {when}", path, stop.lineno)
    return None


def _key(node: ast.AST) -> int:
    return id(node)


def line_of(loop: LoopNode) -> int:
    return loop.target.lineno if isinstance(loop, ast.comprehension) else loop.lineno
