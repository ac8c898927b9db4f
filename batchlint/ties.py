"""Loops whose turns wait for each other's answers: around a call site, below it, and above it on every way in."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence

from batchlint import conversations, counters, cursors, dialogues, exits, flow, holders, undone
from batchlint.facts import FunctionId, LoopNode
from batchlint.graph import Edge, Graph
from batchlint.graph.conditions import are_apart
from batchlint.heard import Heard
from batchlint.histories import Histories
from batchlint.lookbacks import Lookbacks
from batchlint.loops import (
    condenses,
    counts,
    is_fallback,
    is_item_loop,
    is_retry,
    is_rounds,
    is_short,
    is_split,
    takes_turns,
    tries_again,
)
from batchlint.memories import Memories
from batchlint.places import Link, Place, Trait, end_of, line_of
from batchlint.rereads import Rereads
from batchlint.sequels import Sequels
from batchlint.spending import unspent
from batchlint.stages import runs_stages
from batchlint.stops import Stops
from batchlint.stores import Stores
from batchlint.symbols import last_name
from batchlint.tallies import Tallies
from batchlint.trees import walk
from batchlint.values import Fn
from batchlint.worlds import Worlds

_RUN_ONCE = frozenset({"script", "evaluation"})
"""Kinds of entry points that come to a call once in a process."""
_SEVERAL = 2
"""So many functions are one for each item."""
_COMES_AGAIN = frozenset({"schedule", "task_queue", "pipeline", "evaluation"})
"""Kinds of entry points that start a call again without a loop."""


class Ties:
    """Asked call site by call site; what several of them ask is worked out once."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._memories, self._tallies, self._stops = Memories(graph), Tallies(graph), Stops(graph)
        self._histories, self._lookbacks = Histories(graph), Lookbacks(graph)
        self._heard, self._worlds, self._stores = Heard(graph), Worlds(graph), Stores(graph)
        self._sequels, self._rereads = Sequels(graph, self._memories, self._heard, self._worlds), Rereads(graph)
        self._loops: dict[tuple[int, int], Trait | None] = {}
        """What ties the iterations of a loop to the answers of a call in it, by the identities of the two nodes."""
        self._names: dict[tuple[int, int], str] = {}
        """The variable by which an answer comes to the next request, where one does, by the same."""
        self._free: dict[FunctionId, bool] = {}
        self._in_turns: dict[FunctionId, bool] = {}

    def of(self, place: Place) -> Iterator[Trait]:
        """Answers that the next request needs.

        A chain of fixed length per item stays batchable where the items are independent: each round is a batch.
        """
        links = place.links()
        ways = [[*(Link.of(self._graph, edge) for edge in reach.edges), *links] for reach in place.reaches]
        above = {_key(edge.node) for reach in place.reaches for edge in reach.edges}
        done: set[tuple[int, bool]] = set()
        found = [trait for way in ways or [links] for trait in self._on_way(place, way, above, done)]
        rounds = {(trait.path, trait.line) for trait in found if trait.name == "chain"}
        # Where one way has a few rounds for many items, another that has only one item takes no batch away; where one
        # has all items at once, rounds on another are no part of it.
        found = [trait for trait in found if trait.name == "chain" or (trait.path, trait.line) not in rounds]
        plain = (way for way in ways if any(link.repeats for link in way) and not _passes(way, rounds))
        if all(trait.name == "chain" for trait in found) and any(plain):
            found = []
        yield from found
        kinds = [reach.entry.kind.kind for reach in place.reaches] or [""]
        for way, kind in zip(ways or [links], kinds, strict=True):
            memory = self._memories.find(way[::-1], is_run_once=kind in _RUN_ONCE)
            if memory is not None:
                reason = f"`{memory.attribute}` keeps earlier answers for the next request"
                yield Trait("memory", reason, memory.function.path, memory.line)
                return
            # What a schedule goes through comes once a run; tasks about the same history follow each other.
            for link in way[::-1] if kind == "task_queue" else ():
                name = self._histories.find(link.function, link.node) if isinstance(link.node, ast.Call) else None
                if name is not None:
                    reason = f"`{name}` is kept with earlier answers for the next request"
                    yield Trait("memory", reason, link.function.path, link.node.lineno)
                    return

    def _on_way(
        self, place: Place, way: Sequence[Link], above: set[int], done: set[tuple[int, bool]]
    ) -> Iterator[Trait]:
        """What ties on one way down to the model call; `done`: the calls that another way has shown, and whether many
        items come to them.
        """
        fanned_out = is_in_rounds = False
        for index, link in enumerate(way):
            key = (_key(link.node), fanned_out)
            is_gathered = link.loops and link.is_async and _is_gathered_later(place, link)
            many_below = any(below.repeats for below in way[index + 1 :])
            for loop in () if is_gathered else link.loops:
                found = self._found(link, loop)
                if found is None or self._goes_on(link, loop, way[index + 1 :]):
                    fanned_out = fanned_out or self._fans_out(link, loop)
                elif many_below and runs_stages(loop, link.node):
                    pass  # one stage after the other, each with all its requests at once
                elif many_below and not is_item_loop(loop) and self._is_bounded(link, loop, found, way[:index]):
                    pass  # all that failed are tried again together
                elif found.name == "dependent" and self._is_round(link, loop, many_below=many_below):
                    is_in_rounds = True
                    yield found._replace(name="chain")
                elif key not in done:
                    is_free = fanned_out and not (is_in_rounds and found.name == "dependent")
                    is_bounded = is_free and self._is_bounded(link, loop, found, way[:index])
                    yield from self._judged(place, link, loop, found, above, is_bounded, many_below)
            done.add(key)
            is_own = link.repeats and not any(is_item_loop(loop) for loop in link.loops)
            fanned_out = fanned_out or is_own or any(is_gathered and is_item_loop(loop) for loop in link.loops)

    def _fans_out(self, link: Link, loop: LoopNode) -> bool:
        """Whether the loop comes to what is called once per item, rather than to another function for each of them."""
        if not is_item_loop(loop) or not self._graph.repeats(link.function, (loop,)):
            return False
        func = link.node.func if isinstance(link.node, ast.Call) else None
        if func is None or isinstance(loop, ast.While) or flow.reads(func).isdisjoint(flow.targets(loop.target)):
            return True
        return sum(isinstance(value, Fn) for value in self._graph.program.eval(link.function, func)) < _SEVERAL

    def _judged(
        self,
        place: Place,
        link: Link,
        loop: LoopNode,
        found: Trait,
        above: set[int],
        is_bounded: bool,
        many_below: bool,
    ) -> Iterator[Trait]:
        """What a tie means for the site: nothing, a few rounds, or that its requests wait for each other."""
        if found.name == "early_stop" and not is_bounded and _is_fallback(loop):
            return  # whoever asks once, tries again
        if found.name == "early_stop" and (many_below or _key(link.node) in above):
            rounds = (many_below or any(map(is_item_loop, _inside(link, loop)))) and is_item_loop(loop)
            if not is_bounded and not rounds and not self._is_free(place.links()[0].function):
                yield found
        else:
            yield self._step(link, loop, found) if is_bounded else found

    # -- one loop
    def _found(self, link: Link, loop: LoopNode) -> Trait | None:
        """What ties the iterations of the loop to the answers of the call, worked out once."""
        pair = (_key(link.node), _key(loop))
        if pair not in self._loops:
            self._loops[pair] = self._dependence(link, loop)
        return self._loops[pair]

    def _goes_on(self, link: Link, loop: LoopNode, below: Sequence[Link]) -> bool:
        """Whether what one turn of the loop gives the next is where to go on."""
        name = self._names.get((_key(link.node), _key(loop)))
        return name is not None and cursors.is_one(self._graph, name, below)

    def _dependence(self, link: Link, loop: LoopNode) -> Trait | None:
        """What makes the loop's iterations wait for each other's answers; None if they are independent."""
        call, path = link.node, link.function.path
        if not isinstance(call, ast.Call):
            return None
        owner = [call.func.value] if isinstance(call.func, ast.Attribute) else []
        arguments = [*flow.request_arguments(call), *owner]
        # Rounds over what is left to do: each asks about all of it, and what comes back only decides on the next round.
        inner = _inside(link, loop)
        apart = undone.kept(loop) if any(map(is_item_loop, inner)) else frozenset()
        if not apart.isdisjoint(flow.all_read(arguments)):
            apart = frozenset()

        def constant(node: ast.expr) -> ast.expr:
            return self._graph.constant(link.function, node)[1]

        name = flow.carried(loop, call, arguments, apart, constant, unspent)
        if name is not None:
            counted = counters.only_compared(self._graph, link.function, loop, call, self._asks)
            without = [each for each in self._tallies.without(link.function, call) if each not in counted]
            name = flow.carried(loop, call, [*without, *owner], apart, constant, unspent)
        if name is not None and not self._is_apart(link.function, loop, name):
            self._names[_key(call), _key(loop)] = name
            return Trait("dependent", f"`{name}` carries one answer into the next request", path, line_of(loop))
        name = self._lookbacks.find(link.function, loop, call)
        if name is not None:
            return Trait("dependent", f"the next request is made of what is kept as `{name}`", path, line_of(loop))
        name = conversations.shared(loop, call, self._graph.program.registry.conversation_keys, constant)
        if name is not None:
            return Trait("dependent", f"all go on with one conversation, by `{name}`", path, line_of(loop))
        turning = list(flow.targets(loop.target)) if isinstance(loop, ast.For | ast.AsyncFor) else []
        name = (
            None if isinstance(loop, ast.comprehension) else self._heard.find(link.function, loop.body, turning, call)
        )
        if name is not None:
            return Trait("dependent", f"all are told what one is answered, as `{name}`", path, line_of(loop))
        if not isinstance(loop, ast.comprehension):
            name = self._worlds.find(link.function, loop.body, turning, call)
        if name is not None:
            return Trait("dependent", f"the answer changes `{name}`, which the next request holds", path, line_of(loop))
        if not isinstance(loop, ast.comprehension | ast.While):
            name = self._rereads.find(link.function, loop.body, turning, call)
        if name is not None:
            reason = f"the answer goes into the file `{name}`, of which the next request is made"
            return Trait("dependent", reason, path, line_of(loop))
        name = self._sequels.find(link.function, loop, call)
        if name is not None:
            return Trait("dependent", f"each turn goes on from what answers made of `{name}`", path, line_of(loop))
        options = exits.options_of(self._graph.function(link.function))
        ends = is_item_loop(loop) or _is_fallback(loop) or exits.goes_on(loop, call)
        stop = self._stops.of(link.function, loop, call, options, apart) if ends else None
        if stop is not None:
            when = "when the answers add up to a limit" if exits.adds_up(loop, stop) else "as soon as an answer fits"
            return Trait("early_stop", f"the loop ends {when}", path, stop.lineno)
        return None

    def _is_apart(self, id: FunctionId, loop: LoopNode, name: str) -> bool:
        """Whether what the loop changes through the variable is nothing that it reads through it."""
        return holders.are_apart(self._graph, id, loop, name) or self._stores.gives_items_own(id, loop, name)

    def _is_bounded(self, link: Link, loop: LoopNode, trait: Trait, above: Sequence[Link]) -> bool:
        """Whether the loop is a few tries, or a few rounds of which each needs the last: so many batches for all.

        `above`: the calls that lead to it.
        """
        graph = self._graph
        if trait.name == "early_stop" and not takes_turns(loop):
            return not isinstance(loop, ast.While) or counts(loop)

        def bound(node: ast.expr) -> ast.expr:
            given = self._given(link, node, above)
            if given is not None and is_split(given):
                return given
            default = graph.function(link.function).default(node.id) if isinstance(node, ast.Name) else None
            return default or graph.constant(link.function, node)[1]

        def number(node: ast.expr) -> float | None:
            return graph.number(link.function, node)

        if isinstance(loop, ast.While):
            is_rest = any(trait.reason.startswith(f"`{name}` ") for name in undone.kept(loop))
            return tries_again(loop) or is_rest
        return is_retry(loop) or is_short(loop.iter, bound, number, lambda: self._in_one_turn(link, loop))

    def _in_one_turn(self, link: Link, loop: LoopNode) -> int:
        """How many requests of a turn follow each other: the call's, and those that its answer goes into."""
        function, call = self._graph.function(link.function), link.node
        handled = {_key(inner) for node in walk(loop) if isinstance(node, ast.ExceptHandler) for inner in walk(node)}
        others = (each.node for each in function.calls if loop in each.loops and each.node is not call)
        return 1 + sum(
            isinstance(call, ast.Call)
            and _key(other) not in handled
            and self._asks(link.function, other)
            and not are_apart(function, call, (), other)
            and flow.goes_into(function, call, other)
            for other in others
        )

    def _asks(self, id: FunctionId, call: ast.Call) -> bool:
        """Whether the call asks a model, or calls what does."""
        if any(model.node is call for model in self._graph.model_calls):
            return True
        values = self._graph.program.eval(id, call.func)
        return any(isinstance(value, Fn) and self._graph.asks(value.id) for value in values)

    def _given(self, link: Link, node: ast.expr, above: Sequence[Link]) -> ast.expr | None:
        """What a parameter of the function is bound to where the calls above give it."""
        function = self._graph.function(link.function)
        call = above[-1].node if above else None
        if not isinstance(node, ast.Name) or not isinstance(call, ast.Call) or last_name(call.func) != function.name:
            return None
        if node.id not in function.parameter_names or node.id in function.bindings:
            return None
        argument = self._graph.program.callers.argument(call, function, node.id)
        if argument is None:
            return None
        return self._given(above[-1], argument, above[:-1]) or self._graph.constant(above[-1].function, argument)[1]

    def _is_round(self, link: Link, loop: LoopNode, *, many_below: bool) -> bool:
        """Whether each turn is one of a few rounds over many items, which do not wait for each other in it."""
        if not many_below and not any(map(is_item_loop, _inside(link, loop))):
            return False
        if isinstance(loop, ast.While):
            return condenses(loop)
        return isinstance(loop, ast.For | ast.AsyncFor) and is_rounds(
            loop.iter, lambda node: self._graph.number(link.function, node)
        )

    def _step(self, link: Link, loop: LoopNode, trait: Trait) -> Trait:
        """What a few rounds for an item are: an agent's, where the next request holds what tools gave for an answer."""
        said = dialogues.tool_result(loop, self._graph.program.registry.tool_results)
        if said is not None:
            reason = f"an agent runs tools by each answer: `{said}`"
            return Trait("agent", reason, link.function.path, line_of(loop))
        return trait._replace(name="chain")

    # -- other ways to a function
    def _is_free(self, id: FunctionId) -> bool:
        """Whether some way comes to the function many times without a loop that ends at an answer."""
        if id not in self._free:
            self._free[id] = False  # where it comes back to itself
            comes_again = any(entry.kind.kind in _COMES_AGAIN for entry in self._graph.entries(id))
            self._free[id] = comes_again or any(
                not self._ends(edge)
                and ((edge.repeats and not self._is_in_turns(edge.caller)) or self._is_free(edge.caller))
                for edge in self._calls(id)
            )
        return self._free[id]

    def _is_in_turns(self, id: FunctionId) -> bool:
        """Whether every way comes to the function in the turns of a loop that has no end but an answer."""
        if id not in self._in_turns:
            self._in_turns[id] = False  # where it comes back to itself
            calls = self._calls(id)
            self._in_turns[id] = (
                bool(calls)
                and not self._graph.starts_here(id)
                and all(self._ends(edge, endless=True) or self._is_in_turns(edge.caller) for edge in calls)
            )
        return self._in_turns[id]

    def _calls(self, id: FunctionId) -> list[Edge]:
        return [edge for edge in self._graph.edges_to(id) if not self._graph.is_test(edge.caller.path)]

    def _ends(self, edge: Edge, *, endless: bool = False) -> bool:
        """Whether the call stands in a loop that ends at an answer; `endless`: in one that has no other end."""
        loops = (loop for loop in edge.loops if not (endless and is_item_loop(loop)))
        found = (self._found(Link.of(self._graph, edge), loop) for loop in loops)
        return any(trait is not None and trait.name == "early_stop" for trait in found)


def _passes(way: Sequence[Link], rounds: Collection[tuple[str, int]]) -> bool:
    """Whether the way goes through one of the loops that are at those places, or have them in their body."""
    return any(
        path == link.function.path and line_of(loop) <= line <= end_of(loop)
        for link in way
        for loop in link.loops
        for path, line in rounds
    )


def _is_fallback(loop: LoopNode) -> bool:
    return isinstance(loop, ast.For | ast.AsyncFor) and is_fallback(loop)


def _inside(link: Link, loop: LoopNode) -> tuple[LoopNode, ...]:
    """The loops around the call that stand in the given one."""
    return link.loops[link.loops.index(loop) + 1 :]


def _is_gathered_later(place: Place, link: Link) -> bool:
    """Whether the call of an async function makes a coroutine only: no answer yet that could reach the next request."""
    call = place.call(link.node)
    return call is not None and not any(isinstance(node, ast.Await) for node in walk(call.statement))


_key = id
