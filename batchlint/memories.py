"""Attributes that answers go into and the next request is made of: histories, in one method or several of an object."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import NamedTuple

from batchlint import flow
from batchlint.facts import FunctionId
from batchlint.graph import Graph

_OWN = frozenset({"self", "cls"})


class Memory(NamedTuple):
    function: FunctionId
    line: int
    attribute: str


class Memories:
    """Asked chain by chain; what one call says is worked out once."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._calls: dict[int, tuple[set[str], set[str]]] = {}

    def find(self, links: Iterable[tuple[FunctionId, ast.expr]]) -> Memory | None:
        """The memory on a way in: `links` are the calls from the model's own upwards, each with its function."""
        needed: set[str] = set()
        for id, call in links:
            if not isinstance(call, ast.Call):
                needed = set()
                continue
            func = call.func
            is_own = isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and func.value.id in _OWN
            given, filled = self._attributes(id, call)
            needed = needed | given if is_own else given
            if not needed.isdisjoint(filled):
                return Memory(id, call.lineno, min(needed & filled))
        return None

    def _attributes(self, id: FunctionId, call: ast.Call) -> tuple[set[str], set[str]]:
        """The attributes of the function's own object that go into the call, and those that its result reaches."""
        found = self._calls.get(_key(call))
        if found is None:
            function = self._graph.function(id)
            given = flow.needs(function, flow.request_arguments(call))
            found = self._calls[_key(call)] = given, flow.fills(function, call)
        return found


_key = id
