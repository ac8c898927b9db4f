"""Objects that are told what others were answered: `for other in self.players: other.history.append(answer)` in a turn,
and `self.history` in what the next one's request is made of.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property

from batchlint import flow
from batchlint.facts import ClassId, FunctionFacts, FunctionId
from batchlint.graph import Graph
from batchlint.graph.links import Part
from batchlint.trees import walk
from batchlint.values import Inst

_DEEP = 3
"""Calls below the one in the loop in which the request may be made."""
_LOOPS = (ast.For, ast.AsyncFor)
_COMPREHENSIONS = (ast.ListComp, ast.GeneratorExp, ast.SetComp)
_Told = tuple[str, frozenset[ClassId]]
"""An attribute, and the classes of the objects that get something there; none where these are unknown."""


class Heard:
    """Asked call by call."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._program = graph.program

    def find(
        self, scope: FunctionId, statements: Sequence[ast.stmt], turning: Collection[str], call: ast.Call
    ) -> str | None:
        """The attribute in which the statements tell many objects the call's answer, and that its requests are made of.

        `turning` are the names of one turn's own item: what is told to a part of that, no other turn hears.
        """
        if not isinstance(call.func, ast.Attribute):
            return None
        rows = flow.moves(statements, [call])
        filled = flow.reached(set(), rows, call)
        told = set(self._told(scope, statements, call, filled, flow.reached(set(turning), rows))) if filled else set()
        for function in self._below(scope, call) if told else ():
            for name, classes in sorted(told, key=lambda each: each[0]):
                if self._is_of(function, classes) and _reads(function, name):
                    return name
        return None

    def _told(
        self,
        scope: FunctionId,
        statements: Sequence[ast.AST],
        call: ast.Call,
        filled: Collection[str],
        turning: Collection[str],
        *,
        is_inner: bool = False,
    ) -> Iterator[_Told]:
        """What is told to all objects of a collection, also by a function of the project that is handed it."""
        nodes = [node for statement in statements for node in walk(statement)]
        for node in nodes:
            generators = node.generators if isinstance(node, _COMPREHENSIONS) else ()
            loops = [node] if isinstance(node, _LOOPS) else generators
            sources = flow.all_read(loop.iter for loop in loops)
            is_around = any(inner is call for inner in walk(node)) if loops else True
            if not is_around and sources.isdisjoint(turning) and sources.isdisjoint(filled):
                names = {name for loop in loops for name in flow.targets(loop.target)}
                yield from self._given(scope, node, names, filled)
        for node in nodes if not is_inner else ():
            if (
                isinstance(node, ast.Call)
                and node is not call
                and not flow.all_read(flow.request_arguments(node)).isdisjoint(filled)
            ):
                yield from self._passed_on(scope, node, call, filled, turning)

    def _given(self, scope: FunctionId, loop: ast.AST, names: set[str], filled: Collection[str]) -> Iterator[_Told]:
        """The attributes of the loop's items that get what is in `filled`."""
        for node in walk(loop):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if flow.all_read(flow.request_arguments(node)).isdisjoint(filled):
                    continue
                holder = node.func.value
                if node.func.attr in flow.MUTATORS and isinstance(holder, ast.Attribute):
                    yield from self._attribute(scope, holder, names)
                elif isinstance(holder, ast.Name) and holder.id in names:
                    yield from self._by_method(scope, node, filled)
            elif isinstance(node, ast.Assign | ast.AugAssign) and not flow.reads(node.value).isdisjoint(filled):
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    if isinstance(target, ast.Attribute):
                        yield from self._attribute(scope, target, names)

    def _attribute(self, scope: FunctionId, node: ast.Attribute, names: set[str]) -> Iterator[_Told]:
        if isinstance(node.value, ast.Name) and node.value.id in names:
            yield node.attr, self._classes(scope, node.value)

    def _by_method(self, scope: FunctionId, node: ast.Call, filled: Collection[str]) -> Iterator[_Told]:
        """The attributes in which a method of the items keeps what it is handed."""
        for method in self._graph.entered(scope, node):
            if method.owner is not None:
                kept = flow.reached(_parameters(method, node, filled), flow.moves_of(method))
                owner = frozenset({ClassId(method.id.path, method.owner)})
                yield from ((name.partition(".")[2], owner) for name in kept if name.startswith("self."))

    def _passed_on(
        self, scope: FunctionId, node: ast.Call, call: ast.Call, filled: Collection[str], turning: Collection[str]
    ) -> Iterator[_Told]:
        """What a function that is handed the answer tells to all: `self.broadcast(answer)`."""
        for function in self._graph.entered(scope, node):
            rows = flow.moves_of(function)
            inner = flow.reached(_parameters(function, node, filled), rows)
            apart = flow.reached(_parameters(function, node, turning), rows) - inner
            yield from self._told(function.id, flow.body(function), call, inner, apart, is_inner=True)

    def _classes(self, scope: FunctionId, node: ast.expr) -> frozenset[ClassId]:
        return frozenset(value.id for value in self._program.eval(scope, node) if isinstance(value, Inst))

    def _below(self, scope: FunctionId, call: ast.Call) -> list[FunctionFacts]:
        starts = self._graph.entered(scope, call)
        return list({each.id: each for start in starts for each in self._part.below(start.id, _DEEP)}.values())

    @cached_property
    def _part(self) -> Part:
        return Part(self._program)

    def _is_of(self, function: FunctionFacts, classes: Collection[ClassId]) -> bool:
        """Whether the function is a method of objects of one of the classes, as far as these are known."""
        if function.owner is None:
            return False
        own = ClassId(function.id.path, function.owner)
        mro = self._program.mro
        return not classes or any(own in mro(each)[0] or each in mro(own)[0] for each in classes)


def _parameters(function: FunctionFacts, call: ast.Call, names: Collection[str]) -> set[str]:
    """The function's parameters that get what is in one of the names."""
    given = [each for each in flow.request_arguments(call) if not flow.reads(each).isdisjoint(names)]
    return {name for each in given if (name := flow.parameter_of(function, call, each)) is not None}


def _reads(function: FunctionFacts, name: str) -> bool:
    """Whether the method reads the attribute of its own object, rather than that it only adds to it."""
    own = function.parameters[0].arg if function.parameters else ""
    nodes = list(walk(function.node))
    calls = [node.func for node in nodes if isinstance(node, ast.Call)]
    added = {id(func.value) for func in calls if isinstance(func, ast.Attribute) and func.attr in flow.MUTATORS}
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == name
        and isinstance(node.ctx, ast.Load)
        and isinstance(node.value, ast.Name)
        and node.value.id == own
        and id(node) not in added
        for node in nodes
    )
