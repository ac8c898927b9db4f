"""Sessions of a database that calls are handed: what is stored through one reaches no request that does not read it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set

from batchlint import flow
from batchlint.facts import FunctionId
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
        """The names that the function and the project's functions that it calls read."""
        if start not in self._named:
            found: set[str] = set()
            level, seen = [start], {start}
            for _ in range(_MAX_DEPTH):
                functions = [self._graph.function(id) for id in level]
                nodes = (node for each in functions for node in walk(each.node))
                found |= {last_name(node) for node in nodes if isinstance(node, ast.Name | ast.Attribute)}
                called = {id for each in functions for c in each.calls for id in self._run(each.id, c.node)}
                level = sorted(called - seen)
                seen |= called
            self._named[start] = frozenset(found)
        return self._named[start]
