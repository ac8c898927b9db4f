"""Answers that are streams, by what the program does with them: settings may ask for one without the code saying so.

An answer that is no stream is an object with fields: nothing goes over its parts, and no `with` opens it, unless it
came over HTTP without an SDK.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from typing import NamedTuple

from batchlint.codemod.blocks import block_of
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.given import entries_of, given_for
from batchlint.graph import Graph
from batchlint.iterables import COPIES, LAZY
from batchlint.symbols import last_name
from batchlint.trees import parents_in, stands_in, walk
from batchlint.values import Fn

_ONE_BY_ONE = LAZY | COPIES | {"next", "anext", "closing"}
"""Functions that go over what they are given, or close it."""
_OF_STREAMS = frozenset({"delta", "text_stream", "iter_lines", "aiter_lines", "get_final_message", "get_final_text"})
"""Attributes of streams, and of their parts, that no whole answer has."""
_MOST = 100
"""Places that are looked at for one call."""


class Place(NamedTuple):
    """An expression, in the answer's case one that is it."""

    function: FunctionFacts
    node: ast.expr


class Streamed:
    """Finds them."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._parents: dict[int, dict[int, ast.AST]] = {}
        self._known: dict[int, bool] = {}

    def is_streamed(self, scope: FunctionId, call: ast.Call, *, over_http: bool) -> bool:
        """Whether the answer is asked for in parts by settings, or gone over or opened, here or where it gets."""
        if any(k.arg == "stream" for k in call.keywords):
            return False  # the call says itself what it asks for
        if id(call) not in self._known:
            function = self._graph.function(scope)
            self._known[id(call)] = self._is_set(function, call) or any(
                self._is_gone_over(place) or (not over_http and self._is_opened(place))
                for place in self.places(function, call)
            )
        return self._known[id(call)]

    def _is_set(self, function: FunctionFacts, call: ast.Call) -> bool:
        """Whether a dict that is spread for its arguments says so."""
        found = [*given_for(function, call, "stream")]
        for keyword in call.keywords:
            if keyword.arg in {None, "json"}:  # a body over HTTP
                found += entries_of(self._graph.constant(function.id, keyword.value)[1], "stream")
        return any(each is not None and not (isinstance(each, ast.Constant) and not each.value) for each in found)

    def parent(self, place: Place) -> ast.AST | None:
        """What the expression stands in, with the `await` in front of it."""
        return self.around(place)[1]

    def places(self, function: FunctionFacts, call: ast.Call) -> Iterator[Place]:
        """The answer of the call, where it is made and where it gets."""
        waiting, seen = [Place(function, call)], {id(call)}
        for place in waiting:
            yield place
            more = [each for each in self._further(place) if id(each.node) not in seen]
            seen |= {id(each.node) for each in more}
            waiting += more if len(waiting) < _MOST else []

    def around(self, place: Place) -> tuple[ast.expr, ast.AST | None]:
        """The expression, with the `await` in front of it, and what it stands in."""
        root = place.function.node
        if id(root) not in self._parents:
            self._parents[id(root)] = parents_in([root])
        parents = self._parents[id(root)]
        node, parent = place.node, parents.get(id(place.node))
        return (parent, parents.get(id(parent))) if isinstance(parent, ast.Await) else (node, parent)

    def _is_gone_over(self, place: Place) -> bool:
        node, parent = self.around(place)
        if isinstance(parent, ast.For | ast.AsyncFor | ast.comprehension):
            is_field = isinstance(parent.target, ast.Tuple | ast.List)  # its name and value
            return parent.iter is node and not is_field
        if isinstance(parent, ast.Call):
            is_taken = node in parent.args[:1] and last_name(parent.func) in _ONE_BY_ONE
            return is_taken or self._is_wrapped(place.function, parent)
        if isinstance(parent, ast.Attribute):
            return parent.attr in _OF_STREAMS
        return isinstance(parent, ast.YieldFrom | ast.Starred)

    def _is_opened(self, place: Place) -> bool:
        return isinstance(self.parent(place), ast.withitem)

    def _is_wrapped(self, function: FunctionFacts, call: ast.Call) -> bool:
        """Whether what the call makes of the answer is gone over, with parts of a stream for its items."""
        loop = self.parent(Place(function, call))
        if not isinstance(loop, ast.For | ast.AsyncFor) or not stands_in(call, loop.iter):
            return False
        nodes = (node for statement in loop.body for node in walk(statement))
        return any(isinstance(node, ast.Attribute) and node.attr in _OF_STREAMS for node in nodes)

    def _further(self, place: Place) -> Iterator[Place]:
        """Where else the answer is: under a name, in an attribute, with a caller, or with a function that gets it."""
        function, (node, parent) = place.function, self.around(place)
        if isinstance(parent, ast.Assign | ast.AnnAssign | ast.NamedExpr) and parent.value is node:
            targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    yield from (each for each in self._read(function, target.id) if not self._is_after(each, parent))
                else:
                    yield from self._named(function, target)
        elif isinstance(parent, ast.withitem) and isinstance(parent.optional_vars, ast.Name):
            yield from self._read(function, parent.optional_vars.id)
        elif isinstance(parent, ast.Return | ast.Lambda):
            for edge in self._graph.edges_to(function.id):
                if edge.kind == "call" and isinstance(edge.node, ast.Call):
                    yield Place(self._graph.function(edge.caller), edge.node)
        elif isinstance(parent, ast.Call | ast.keyword):
            yield from self._handed(function, node)

    def _is_after(self, place: Place, given: ast.AST) -> bool:
        """Whether the name has another value by then: a later statement of the block that gave it gives it one."""
        parents = self._parents[id(place.function.node)]
        around: list[ast.AST] = [place.node]
        while id(around[-1]) in parents:
            around.append(parents[id(around[-1])])
        block = block_of(parents.get(id(given)), given)
        behind = itertools.dropwhile(lambda each: each is not given, block)
        name, passed = ast.unparse(place.node), False
        for statement in itertools.islice(behind, 1, None):
            if any(each is statement for each in around):
                return passed
            names = statement.targets if isinstance(statement, ast.Assign) else []
            passed = passed or any(isinstance(each, ast.Name) and each.id == name for each in names)
        return False

    def _named(self, function: FunctionFacts, target: ast.expr) -> Iterator[Place]:
        if isinstance(target, ast.Attribute) and function.owner is not None:
            for other in self._graph.modules[function.id.path].functions.values():
                for each in walk(other.node) if other.owner == function.owner else ():
                    if isinstance(each, ast.Attribute) and each.attr == target.attr and isinstance(each.ctx, ast.Load):
                        yield Place(other, each)

    @staticmethod
    def _read(function: FunctionFacts, name: str) -> Iterator[Place]:
        for node in walk(function.node):
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
                yield Place(function, node)

    def _handed(self, function: FunctionFacts, node: ast.expr) -> Iterator[Place]:
        program = self._graph.program
        for call in function.calls:
            if node in call.node.args or any(k.value is node for k in call.node.keywords):
                values = program.eval(function.id, call.node.func)
                for target in (program.functions[value.id] for value in values if isinstance(value, Fn)):
                    for name in target.parameter_names:
                        if any(argument is node for _, _, argument in program.callers.arguments(target, name)):
                            yield from self._read(target, name)
