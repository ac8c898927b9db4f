"""Histories that outlive the process: read from a store for a request, and put back with its answer at the end."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from typing import NamedTuple

from batchlint import flow
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.graph import Graph
from batchlint.trees import walk

_ADDING = flow.MUTATORS - {"update", "setdefault", "put"}


class _Slot(NamedTuple):
    """A place in a store, as the code names it."""

    store: str
    key: str


class Histories:
    """Asked call by call; each is worked out once."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._known: dict[int, str | None] = {}

    def find(self, id: FunctionId, call: ast.Call) -> str | None:
        """The name of the list that goes into the call, gets its answer, and lives in a store from call to call."""
        if _key(call) not in self._known:
            self._known[_key(call)] = self._find(self._graph.function(id), call)
        return self._known[_key(call)]

    def _find(self, function: FunctionFacts, call: ast.Call) -> str | None:
        rows = flow.moves_of(function)
        asked = flow.origins(flow.request_arguments(call), rows)
        filled = flow.reached(set(), rows, call)
        grown = asked & set(_added_to(function, filled))
        if not grown:
            return None
        same = (row.reads for row in rows if not row.given.isdisjoint(grown) and _is_attribute(row.values))
        filled = filled.union(*same)
        registry = self._graph.program.registry
        around = list(self._methods(function))
        read = {
            slot for each in around for slot in _read(each, registry.store_reads, _seen_from(each, function, asked))
        }
        put = (
            slot for each in around for slot in _put(each, registry.store_writes, _seen_from(each, function, filled))
        )
        return min(grown) if any(slot in read for slot in put) else None

    def _methods(self, function: FunctionFacts) -> Iterator[FunctionFacts]:
        """The function, and the other methods of its class."""
        yield function
        if function.owner is not None:
            for each in self._graph.modules[function.id.path].functions.values():
                if each.owner == function.owner and each is not function:
                    yield each


def _seen_from(method: FunctionFacts, function: FunctionFacts, names: Collection[str]) -> set[str]:
    """The names of the function that mean the same in a method of its class."""
    return set(names) if method is function else {name for name in names if name.startswith("self.")}


def _is_attribute(values: tuple[ast.AST, ...]) -> bool:
    return len(values) == 1 and isinstance(values[0], ast.Attribute)


def _added_to(function: FunctionFacts, filled: Collection[str]) -> Iterator[str]:
    """The lists that one thing more is put into, which the answer is a part of."""
    for call in function.calls:
        func = call.node.func
        if not isinstance(func, ast.Attribute) or func.attr not in _ADDING:
            continue
        if not flow.all_read(flow.request_arguments(call.node)).isdisjoint(filled):
            yield from flow.reads(func.value)


def _read(function: FunctionFacts, methods: Collection[str], names: Collection[str]) -> Iterator[_Slot]:
    """The slots whose contents one of the names gets."""
    for row in flow.moves_of(function) if names else ():
        if not row.given.isdisjoint(names):
            for value in row.values:
                yield from (_slot(node) for node in walk(value) if isinstance(node, ast.Call) and _is_of(node, methods))


def _put(function: FunctionFacts, methods: Collection[str], names: Collection[str]) -> Iterator[_Slot]:
    """The slots that are given what one of the names holds."""
    for call in function.calls if names else ():
        if _is_of(call.node, methods) and not flow.all_read(flow.request_arguments(call.node)[1:]).isdisjoint(names):
            yield _slot(call.node)


def _is_of(call: ast.Call, methods: Collection[str]) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in methods and bool(call.args)


def _slot(call: ast.Call) -> _Slot:
    return _Slot(ast.unparse(call.func.value), ast.unparse(call.args[0]))  # type: ignore[attr-defined]


_key = id
