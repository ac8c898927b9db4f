"""Functions that are called with one item of a collection at a time: `pool.map(label, pages)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from batchlint.facts import FunctionFacts, FunctionId
from batchlint.symbols import listed
from batchlint.symbols.names import is_partial, last_name
from batchlint.values import Elems, Fn, Value, Values

if TYPE_CHECKING:
    from batchlint.symbols import Program

_MAPPING = frozenset(
    {"map", "imap", "imap_unordered", "map_async", "map_unordered", "thread_map", "process_map", "starmap",
     "starmap_async"}
)  # fmt: skip
"""What calls its first argument with the items of the others, by the last step of its name."""
_SPREADING = frozenset({"starmap", "starmap_async"})
"""What takes each item apart for that."""


class _Mapping(NamedTuple):
    caller: FunctionId
    call: ast.Call
    what: ast.expr
    """The function, as it is written there."""
    bound: int
    """How many of its arguments are bound to it before."""


class Mapped:
    """Asked through `Callers`."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._by_name: dict[str, list[_Mapping]] | None = None
        self._lambdas: dict[tuple[str, int, int], list[_Mapping]] = {}

    def parameter(self, function: FunctionFacts, name: str) -> Values:
        """What the collections hold of which the items become the parameter."""
        found: set[Value] = set()
        for caller, collection, is_spread in self._collections(function, name):
            items = _items(self._program.eval(caller, collection))
            for scope, item in listed.items(self._program, caller, collection):
                items |= self._program.eval(scope, item)
            found |= _items(items) if is_spread else items
        return frozenset(found)

    def items(self, function: FunctionFacts, name: str) -> Iterator[listed.Item]:
        """The items of lists that become the parameter, as far as they are written out."""
        for caller, collection, is_spread in self._collections(function, name):
            yield from () if is_spread else listed.items(self._program, caller, collection)

    def _collections(self, function: FunctionFacts, name: str) -> Iterator[tuple[FunctionId, ast.expr, bool]]:
        """The collections whose items become the parameter; whether each item is taken apart for that."""
        positions = [each.arg for each in function.positional]
        for mapping in self._of(function) if name in positions else ():
            values = self._program.eval(mapping.caller, mapping.what)
            own = next((value for value in values if isinstance(value, Fn) and value.id == function.id), None)
            if own is None:
                continue
            place = positions.index(name) - mapping.bound - (1 if own.owner is not None else 0)
            is_spread = last_name(mapping.call.func) in _SPREADING
            given = mapping.call.args[1:2] if is_spread else mapping.call.args[1:][place : place + 1]
            for collection in given if place >= 0 else ():
                yield mapping.caller, collection, is_spread

    def _of(self, function: FunctionFacts) -> list[_Mapping]:
        if self._by_name is None:
            self._by_name = {}
            for mapping in self._all():
                if isinstance(mapping.what, ast.Lambda):
                    key = (mapping.caller.path, mapping.what.lineno, mapping.what.col_offset)
                    self._lambdas.setdefault(key, []).append(mapping)
                else:
                    self._by_name.setdefault(last_name(mapping.what), []).append(mapping)
        node = function.node
        if isinstance(node, ast.Lambda):
            return self._lambdas.get((function.id.path, node.lineno, node.col_offset), [])
        names = (function.name, *sorted(self._program.aliases.get(function.name, ())))
        return [mapping for name in names for mapping in self._by_name.get(name, ())]

    def _all(self) -> Iterator[_Mapping]:
        for name in sorted(_MAPPING):
            for caller, call in self._program.calls_by_name.get(name, ()):
                if len(call.node.args) < 2:
                    continue
                what = call.node.args[0]
                what = (caller.only_value(what.id) if isinstance(what, ast.Name) else None) or what
                what, bound = (what.args[0], len(what.args) - 1) if is_partial(what) else (what, 0)
                yield _Mapping(caller.id, call.node, what, bound)


def _items(values: Values) -> Values:
    """What containers among the values hold."""
    return frozenset(item for value in values if isinstance(value, Elems) for item in value.values)
