"""Tasks that a turn of a conversation enqueues to keep what it said: the next turns ask for that."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from batchlint.facts import CallFacts, ClassId, FunctionId
from batchlint.graph.links import Edge, Part
from batchlint.symbols import Program, last_name
from batchlint.values import Cls, Inst

_DEEP = 3
"""Calls below a function in which rows are read and written."""
MAKES = frozenset(
    [f"{a}{name}" for a in ("", "a") for name in ("create", "bulk_create", "get_or_create", "update_or_create")]
)
"""Methods of managers that make rows."""
_ADDS = frozenset({"add", "add_all", "merge"})
READS = frozenset({"select", "query", "scalars"})
_LOOKS = frozenset({"exists", "aexists", "count", "acount", "delete", "adelete"})
"""Methods that tell nothing of the rows but whether there are any, or how many."""


class _Rows(NamedTuple):
    """The classes of the rows below a function, and whether it asks a model."""

    made: frozenset[ClassId]
    read: frozenset[ClassId]
    is_asking: bool


class Recalls(Part):
    def __init__(self, program: Program, asking: Collection[FunctionId]) -> None:
        """`asking`: the functions with a model call."""
        super().__init__(program)
        self._asking = asking
        self._known: dict[FunctionId, _Rows] = {}

    def keeps(self, edge: Edge) -> bool:
        """Whether the task makes rows of a kind that whoever enqueues it reads, and asks a model with."""
        made = self._rows(edge.callee).made
        if not made:
            return False
        turn = self._rows(edge.caller)
        return turn.is_asking and not made.isdisjoint(turn.read)

    def _rows(self, id: FunctionId) -> _Rows:
        known = self._known.get(id)
        if known is None:
            below = list(self.below(id, _DEEP))
            made = frozenset(c for each in below for call in each.calls for c in self._made(each.id, call))
            read = frozenset(c for each in below for call in _reading(each.calls) for c in self._read(each.id, call))
            known = self._known[id] = _Rows(made, read, any(each.id in self._asking for each in below))
        return known

    def _made(self, scope: FunctionId, call: CallFacts) -> Iterator[ClassId]:
        """The classes of the rows that the call makes: `Note.objects.create()`, `session.add(note)`."""
        name, func = last_name(call.node.func), call.node.func
        if name in MAKES:
            yield from self._managed(scope, func)
        for argument in call.node.args if name in _ADDS else ():
            yield from (value.id for value in self.program.eval(scope, argument) if isinstance(value, Inst))

    def _read(self, scope: FunctionId, call: CallFacts) -> Iterator[ClassId]:
        """The classes of those that it reads: `Note.objects.filter()`, `select(Note)`."""
        name, func = last_name(call.node.func), call.node.func
        if name not in MAKES:
            yield from self._managed(scope, func)
        for argument in call.node.args if name in READS else ():
            yield from (value.id for value in self.program.eval(scope, argument) if isinstance(value, Cls))

    def _managed(self, scope: FunctionId, func: ast.expr) -> Iterator[ClassId]:
        klass = managed(self.program, func)
        if klass is not None:
            yield from (value.id for value in self.program.eval(scope, klass) if isinstance(value, Cls))


def managed(program: Program, func: ast.expr) -> ast.expr | None:
    """What has the manager whose method is called: `Note` of `Note.objects.filter`."""
    manager = func.value if isinstance(func, ast.Attribute) else None
    is_one = isinstance(manager, ast.Attribute) and manager.attr in program.registry.mapper.managers
    return manager.value if isinstance(manager, ast.Attribute) and is_one else None


def _reading(calls: Sequence[CallFacts]) -> Iterator[CallFacts]:
    """The calls but for those that only find what others count: `Note.objects.filter(of=of).exists()`."""
    looked: set[int] = set()
    for call in calls:
        node: ast.expr = call.node
        while last_name(call.node.func) in _LOOKS and isinstance(node, ast.Call | ast.Attribute):
            looked.add(id(node))
            node = node.func if isinstance(node, ast.Call) else node.value
    yield from (call for call in calls if id(call.node) not in looked)
