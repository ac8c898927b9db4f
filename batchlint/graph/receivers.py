"""Whose methods run on a way up: an object keeps its class while its methods call one another."""

from __future__ import annotations

import ast

from batchlint.facts import ClassId, FunctionFacts, FunctionId
from batchlint.graph.links import Edge, Part
from batchlint.symbols import last_name
from batchlint.values import Fn, Inst

Objects = frozenset[ClassId] | None
"""The classes that a method's own object can be of; None where the way says nothing, empty where no object takes it."""


class Receivers(Part):
    """Follows the own object of methods from callee to caller."""

    def above(self, edge: Edge, objects: Objects) -> Objects:
        """The own objects of the caller, where those of the callee are `objects`."""
        caller, callee = self.function(edge.caller), self.function(edge.callee)
        if callee.owner is None:
            return objects if any(each.id == edge.caller for each in self.program.around(callee)) else None
        func = edge.node.func if isinstance(edge.node, ast.Call) else edge.node
        if not isinstance(func, ast.Attribute) or func.attr != callee.name:
            return None
        own = self.program.self_class(caller, func.value)
        if own is not None:
            family = self._family(own)
            if not any(self._definition(each, callee) for each in family) and self._holds(edge.caller, func, callee):
                return None
            left = frozenset(k for k in family if self._runs(k, callee) and (objects is None or k in objects))
            return None if len(left) == len(family) else left
        if objects is None or (isinstance(func.value, ast.Call) and last_name(func.value.func) == "super"):
            return objects
        return None if self._can_be(edge.caller, func.value, objects) else frozenset()

    def _holds(self, scope: FunctionId, field: ast.Attribute, method: FunctionFacts) -> bool:
        """Whether the field is known to hold another object's method, which it was given."""
        return any(isinstance(value, Fn) and value.id == method.id for value in self.program.eval(scope, field))

    def _can_be(self, scope: FunctionId, receiver: ast.expr, objects: frozenset[ClassId]) -> bool:
        """Whether the receiver, as far as its class is known, can be one of the objects."""
        values = self.program.eval(scope, receiver)
        if not values:
            return True
        return any(
            not isinstance(value, Inst) or not objects.isdisjoint({value.id} if value.exact else self._family(value.id))
            for value in values
        )

    def _family(self, klass: ClassId) -> set[ClassId]:
        return {klass, *self.program.subclasses(klass)}

    def _runs(self, klass: ClassId, method: FunctionFacts) -> bool:
        """Whether objects of the very class run `method` under its name."""
        return self._definition(klass, method) == ClassId(method.id.path, method.owner or "")

    def _definition(self, klass: ClassId, method: FunctionFacts) -> ClassId | None:
        """The class whose method objects of the very class run under the name of `method`."""
        return self.program.callers.first_definition(self.program.mro(klass)[0], method.name)
