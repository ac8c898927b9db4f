"""Sessions of a database that calls are handed: what is stored through one reaches no request that does not read it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set
from functools import cached_property

from batchlint import flow
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.graph import Graph
from batchlint.symbols import last_name
from batchlint.trees import walk
from batchlint.values import Ext, Fn, Inst

_MAX_DEPTH = 3
"""Through how many functions it is followed what one that has the session reads."""


class Stores:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._named: dict[FunctionId, frozenset[str]] = {}

    def only_stores(self, scope: FunctionId, call: ast.Call, argument: ast.AST) -> bool:
        """Whether an argument of the call is a session, and what it runs reads no row of the kinds stored beside it."""
        if not isinstance(argument, ast.Name | ast.Attribute):
            return False
        values = self._graph.program.eval(scope, argument)
        sessions = self._graph.program.registry.mapper.sessions
        if not values or not all(isinstance(value, Ext) and sessions.find(value.path) for value in values):
            return False
        kinds = set(self._stored(scope, ast.unparse(argument)))
        return all(kinds.isdisjoint(self._names_below(id)) for id in self._run(scope, call))

    def _stored(self, scope: FunctionId, session: str) -> Iterator[str]:
        """The names of the classes whose objects the function puts into the session."""
        for call in self._graph.function(scope).calls:
            func = call.node.func
            if isinstance(func, ast.Attribute) and func.attr in flow.MUTATORS and ast.unparse(func.value) == session:
                for given in flow.request_arguments(call.node):
                    values = self._graph.program.eval(scope, given) if isinstance(given, ast.expr) else ()
                    yield from (v.id.qualname.rpartition(".")[2] for v in values if isinstance(v, Inst))

    def _run(self, scope: FunctionId, call: ast.Call) -> list[FunctionId]:
        return [value.id for value in self._graph.program.eval(scope, call.func) if isinstance(value, Fn)]

    def _names_below(self, start: FunctionId) -> Set[str]:
        """The names that the function and the project's functions that it calls read up to the request."""
        if start not in self._named:
            found: set[str] = set()
            level, seen = [start], {start}
            for _ in range(_MAX_DEPTH):
                called: set[FunctionId] = set()
                for function in map(self._graph.function, level):
                    end = self._end_of_asking(function)
                    read = (each for each in walk(function.node) if isinstance(each, ast.Name | ast.Attribute))
                    found |= {last_name(each) for each in read if each.lineno <= end}
                    calls = (each.node for each in function.calls if each.node.lineno <= end)
                    called |= {id for call in calls for id in self._run(function.id, call)}
                level = sorted(called - seen)
                seen |= called
            self._named[start] = frozenset(found)
        return self._named[start]

    def _end_of_asking(self, function: FunctionFacts) -> float:
        """The line after which the function asks nothing any more; infinite where it asks nothing itself."""
        asking = (
            each
            for each in function.calls
            if id(each.node) in self._requests or not self._asking.isdisjoint(self._run(function.id, each.node))
        )
        nodes = (node for call in asking for node in (call.node, *call.loops))
        ends = [line for node in nodes if (line := getattr(node, "end_lineno", None)) is not None]
        return max(ends, default=float("inf"))

    @cached_property
    def _requests(self) -> Set[int]:
        return {id(model.node) for model in self._graph.model_calls}

    @cached_property
    def _asking(self) -> Set[FunctionId]:
        """The functions that come to a request."""
        level = {model.function for model in self._graph.model_calls}
        found = set(level)
        while level:
            level = {edge.caller for id in level for edge in self._graph.edges_to(id)} - found
            found |= level
        return found
