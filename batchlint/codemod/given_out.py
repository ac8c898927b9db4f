"""What functions of the project give out that is not theirs alone: a variable, a part of an object, one of its items.

`thread = threads.of(customer)` is the object that `self._threads` holds: what the item changes in it, others see.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from batchlint.codemod.access import ANY, Channel, Frame, same_objects
from batchlint.codemod.blocks import Comprehension
from batchlint.codemod.effects import CACHES
from batchlint.facts import MODULE, FunctionFacts, FunctionId
from batchlint.symbols.members import decorators
from batchlint.trees import walk
from batchlint.values import Cls, Fn

if TYPE_CHECKING:
    from batchlint.codemod.paths import Paths

CHOOSING = frozenset({"next", "max", "min", "choice"})
"""Calls that give one of the items of what they are given."""
FETCHING = frozenset({"get", "setdefault"})
"""Methods that give one of the items of what they are called on."""
_CACHES = CACHES | {"cached"}


class GivenOut:
    """Finds it."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._program = paths.program
        self._leading: dict[FunctionId, tuple[ast.expr, ...]] = {}
        self._active: set[FunctionId] = set()
        """Functions of which it is being found out."""
        self._is_cut = False
        """Whether one of them was met again, so that what is found is not all there."""
        self._known: dict[tuple[object, ...], set[Channel]] = {}
        self._for_now: dict[tuple[object, ...], set[Channel]] = {}
        """What was found while one of them was met again; good until none is worked on any more."""

    def returned(self, call: ast.Call, frame: Frame) -> set[Channel]:
        """The channels of what the call of a function of the project gives."""
        found: set[Channel] = set()
        for value in self._program.eval(frame.function.id, call.func):
            if isinstance(value, Cls):
                found |= self._paths.instances.given(value.id)
            elif isinstance(value, Fn):
                function = self._program.functions[value.id]
                if not _CACHES.isdisjoint(decorators(function)):
                    found.add(("v", value.id.path, MODULE, function.name, ANY))  # equal calls get the same object
                found |= self._given(value, call, frame)
        return found

    def _given(self, value: Fn, call: ast.Call, frame: Frame) -> set[Channel]:
        given = self.of(value.id)
        if not given:
            return set()
        if value.id in self._active:
            self._is_cut = True
            return set()
        aliases = self._paths.handed(value, call, frame)
        targets = self._paths.own_arguments(value, call, frame)
        key = (value.id, same_objects(aliases), targets)
        if not self._active:
            self._for_now.clear()
        if key in self._for_now:
            self._is_cut = True
            return self._for_now[key]
        if key not in self._known:
            was_cut, self._is_cut = self._is_cut, False
            self._active.add(value.id)
            try:
                inner = self._paths.called_frame(value, aliases, targets)
                found = set().union(*(self._paths.path(each, inner) for each in given))
            finally:
                self._active.remove(value.id)
            if self._is_cut and self._active:
                self._for_now[key] = found
                return found
            self._known[key], self._is_cut = found, was_cut
        return self._known[key]

    def of(self, id: FunctionId) -> tuple[ast.expr, ...]:
        """The expressions among what the function returns that may be more than its own."""
        if id not in self._leading:
            function = self._program.functions[id]
            leads = _Leads(self._paths, function)
            self._leading[id] = () if function.yields else tuple(filter(leads.outside, function.returns))
        return self._leading[id]


class _Leads:
    """Tells what a function is given, or is bound outside of it."""

    def __init__(self, paths: Paths, function: FunctionFacts) -> None:
        self._paths = paths
        self._function = function
        self._local = paths.names_in(function) - function.outer

    def outside(self, node: ast.expr | None, seen: frozenset[str] = frozenset()) -> bool:
        """Whether the value may be part of what has a name outside of the function."""
        return any(self._is_outside(name, seen) for name in self._roots(node))

    def _is_outside(self, name: str, seen: frozenset[str]) -> bool:
        if name in self._function.parameter_names or name not in self._local:
            return True
        if name in seen:
            return False
        bound = (value for target, value, _ in self._paths.pairs_in(self._function) if _binds(target, name))
        return any(self.outside(value, seen | {name}) for value in bound)

    def _roots(self, node: ast.expr | None) -> Iterator[str]:
        """The names of the variables of which the value may be a part."""
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute | ast.Subscript | ast.Starred | ast.Await | ast.NamedExpr):
            yield from self._roots(node.value)
        elif isinstance(node, ast.IfExp):
            yield from (name for each in (node.body, node.orelse) for name in self._roots(each))
        elif isinstance(node, ast.BoolOp | ast.Tuple | ast.List):
            parts = node.values if isinstance(node, ast.BoolOp) else node.elts
            yield from (name for each in parts for name in self._roots(each))
        elif isinstance(node, Comprehension):
            yield from (name for each in node.generators for name in self._roots(each.iter))
        elif isinstance(node, ast.Call):
            yield from (name for each in (node.func, *node.args) for name in self._roots(each))


def _binds(target: ast.expr, name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name for n in walk(target))
