"""Attributes that answers go into and the next request is made of: histories, in one method or several of an object."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple, Protocol

from batchlint import flow, given
from batchlint.facts import ClassId, FunctionFacts, FunctionId, LoopNode
from batchlint.graph import Graph
from batchlint.items import Turn, is_apart
from batchlint.loops import works_once
from batchlint.ownrows import OwnRows
from batchlint.picked import Picked, picked
from batchlint.renewals import is_renewed
from batchlint.trees import stands_in, walk
from batchlint.values import Fn, Inst, ordered

_OWN = frozenset({"self", "cls"})
_COUNTING = (ast.For, ast.AsyncFor)
_CACHE = re.compile(r"(?<![a-z])(cache[ds]?|memo)(?![a-z])")
_METHODS_DEEP = 2
"""Methods of methods whose results are followed."""


class Memory(NamedTuple):
    function: FunctionId
    line: int
    attribute: str


class Link(Protocol):
    """A call on the way down to the model's, with the loops around it in its function."""

    @property
    def function(self) -> FunctionId: ...
    @property
    def node(self) -> ast.expr: ...
    @property
    def repeats(self) -> bool: ...
    @property
    def loops(self) -> tuple[LoopNode, ...]: ...


class Memories:
    """Asked chain by chain; what one call says is worked out once."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._calls: dict[int, tuple[set[str], set[str]]] = {}
        self._picked: dict[int, list[Picked]] = {}
        self._rows = OwnRows(graph)

    def find(self, links: Sequence[Link], *, is_run_once: bool) -> Memory | None:
        """The memory on a way in whose object is asked again. `links`: the calls from the model's own upwards.

        `is_run_once`: whether what starts the topmost call does so once in a process.
        """
        needed: set[str] = set()
        for position, link in enumerate(links):
            call = link.node
            if not isinstance(call, ast.Call):
                needed = set()
                continue
            asked, filled = self._attributes(link.function, call, link.loops)
            below = needed if _receiver(call) in _OWN else set[str]()
            needed = below | asked
            kept = {name for name in needed & filled if not _is_cache(self._graph.function(link.function), name)}
            kept -= {name for name in kept - below if self._is_items_own(link, call, name)}
            steps = [(each.function, each.node, each.loops) for each in links[position:]]
            kept -= {name for name in kept - below if self._rows.are_in(steps, name)}
            if kept:
                if not self._is_asked_again(links[position:], is_run_once, kept):
                    return None
                return Memory(link.function, call.lineno, min(kept))
            for each in self._changed(link.function, call, link.loops):
                if any(stands_in(each.statement, loop) for loop in link.loops) or self._is_asked_again(
                    links[position:], is_run_once, in_turn=False
                ):
                    return Memory(link.function, call.lineno, each.collection)
        return None

    def _is_items_own(self, link: Link, call: ast.Call, name: str) -> bool:
        """Whether the answers go into items of the attribute that no other turn's request reads: `self.rows[i]`."""
        function = self._graph.function(link.function)
        turning = {each for loop in link.loops if isinstance(loop, _COUNTING) for each in flow.targets(loop.target)}
        reads = [*flow.request_arguments(call)]
        drawn = {id(node) for loop in link.loops if isinstance(loop, _COUNTING) for node in walk(loop.iter)}
        rows = _in_front(function, call, link.loops)
        needed = flow.origins(reads, rows)
        reads += [value for row in rows if row.given & needed for value in row.values if id(value) not in drawn]
        if any(isinstance(n, ast.Call) and _receiver(n) in _OWN for each in reads for n in walk(each) if n is not call):
            return False  # a method may read all
        tainted = flow.reached(set(), flow.moves_of(function), call)
        stored = [
            row
            for row in flow.moves_of(function)
            if name in row.given and (row.reads & tainted or flow.holds(row.values, call))
        ]
        return bool(stored) and all(
            row.item is not None and is_apart(row.item, reads, Turn(frozenset(turning))) for row in stored
        )

    def kept(self, id: FunctionId, call: ast.Call, loops: Sequence[LoopNode]) -> str | None:
        """The attribute of the function's own object that goes into the call, and that its result changes."""
        asked, filled = self._attributes(id, call, loops)
        kept = {name for name in asked & filled if not _is_cache(self._graph.function(id), name)}
        changed = (each.collection for each in self._changed(id, call, loops))
        return min(kept) if kept else next(changed, None)

    def _changed(self, id: FunctionId, call: ast.Call, loops: Sequence[LoopNode]) -> list[Picked]:
        """What the answer picks and changes of an attribute that the request is made of, beyond the turn's own item."""
        key = _key(call)
        if key not in self._picked:
            function = self._graph.function(id)
            found = list(picked(function, call))
            own = [loop.iter for loop in loops if not isinstance(loop, ast.While)] if found else []
            rows = [row for row in _in_front(function, call, loops) if not any(v is o for v in row.values for o in own)]
            asked = self._needs(function, flow.request_arguments(call), rows) if found else set()
            around = [each for each in self._graph.modules[id.path].functions.values() if each.owner == function.owner]
            self._picked[key] = [
                each
                for each in found
                if each.collection in asked and any(_looks_at(method, each.attribute) for method in around)
            ]
        return self._picked[key]

    def _attributes(self, id: FunctionId, call: ast.Call, loops: Iterable[LoopNode]) -> tuple[set[str], set[str]]:
        """The attributes of the function's own object that go into the call, and those that its result reaches."""
        found = self._calls.get(_key(call))
        if found is None:
            function = self._graph.function(id)
            loops = list(loops)
            asked = self._needs(function, flow.request_arguments(call), _in_front(function, call, loops), loops=loops)
            found = self._calls[_key(call)] = asked, flow.fills(function, call)
        return found

    def _needs(
        self,
        function: FunctionFacts,
        arguments: Iterable[ast.AST],
        moves: Iterable[flow.Move],
        depth: int = 0,
        loops: Iterable[LoopNode] = (),
    ) -> set[str]:
        """The attributes that go into the arguments, also by way of what methods of the same object give."""
        found = flow.needs(arguments, moves, loops)
        if function.owner is None or depth == _METHODS_DEEP:
            return found
        own = Inst(ClassId(function.id.path, function.owner))
        values = (value for name in found for value in self._graph.program.attribute(own, name.partition(".")[2]))
        methods = [self._graph.function(value.id) for value in ordered(values) if isinstance(value, Fn)]
        others = [each for each in methods if each != function]
        return found.union(*(self._needs(each, each.returns, flow.moves_of(each), depth + 1) for each in others))

    def _is_asked_again(
        self, links: Sequence[Link], is_run_once: bool, kept: Collection[str] = (), *, in_turn: bool = True
    ) -> bool:
        """Whether the object of the first call's function lives on, with what it has `kept`, when the call comes again.

        `in_turn`: whether the turns of a loop around the call count.
        """
        own, *above = links
        if in_turn and (own.repeats or not all(map(works_once, own.loops))):
            return not self._begins_anew(own, "self", kept)
        for link in above:
            made = given.constructions(self._graph, link.function, link.node)
            if made:
                again = (loop for loop in link.loops if not works_once(loop))
                return any(not stands_in(each, loop) for loop in again for each in made)
            if link.loops or link.repeats:
                func = link.node.func if isinstance(link.node, ast.Call) else None
                holder = ast.unparse(func.value) if isinstance(func, ast.Attribute) else ""
                return not self._begins_anew(link, holder, kept)
        return not is_run_once

    def _begins_anew(self, link: Link, holder: str, kept: Collection[str]) -> bool:
        """Whether the turns of the loop around the call start without what the object in `holder` has kept."""
        attributes = [name.partition(".")[2] for name in kept]
        return bool(attributes and holder) and all(
            is_renewed(self._graph, link.function, link.node, tuple(link.loops), holder, each) for each in attributes
        )


def _in_front(function: FunctionFacts, call: ast.Call, loops: Sequence[LoopNode]) -> list[flow.Move]:
    """What goes where before the call: a name that is given behind it has another value there (`row = self.read(id)`).

    Unless a loop comes back to the call with what its last turn has left in the name.
    """
    end = call.end_lineno or call.lineno
    left = [(loop, flow.exposed(loop)) for loop in loops if not isinstance(loop, ast.comprehension)]

    def counts(row: flow.Move) -> bool:
        line = min((getattr(value, "lineno", 0) for value in row.values), default=0)
        if line <= end or any("." in name for name in row.given):
            return True
        return any(loop.lineno <= line <= (loop.end_lineno or line) and row.given & names for loop, names in left)

    return [row for row in flow.moves_of(function) if counts(row)]


def _is_cache(function: FunctionFacts, name: str) -> bool:
    """Whether the attribute keeps each answer under its own key, for the same request to be looked up there again."""
    rows = [row for row in flow.moves_of(function) if name in row.given] if _CACHE.search(name.lower()) else []
    return bool(rows) and all(row.item is not None and not isinstance(row.item.slice, ast.Constant) for row in rows)


def _looks_at(method: FunctionFacts, attribute: str) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr == attribute and isinstance(node.ctx, ast.Load)
        for node in walk(method.node)
    )


def _receiver(call: ast.expr) -> str:
    """The name whose method is called."""
    func = call.func if isinstance(call, ast.Call) else None
    value = func.value if isinstance(func, ast.Attribute) else None
    return value.id if isinstance(value, ast.Name) else ""


_key = id
