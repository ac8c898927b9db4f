"""Settings that an object has for its life: attributes that nothing but its constructor sets."""

from __future__ import annotations

import ast

from batchlint.facts import ClassId, FunctionFacts, FunctionId
from batchlint.graph.links import Part
from batchlint.symbols import Program, last_name
from batchlint.values import Inst

_CONSTRUCTORS = frozenset({"__init__", "__post_init__"})


class ObjectSettings(Part):
    """Tells whether two methods of an object look at the same setting of it."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._fixed: dict[tuple[ClassId, str], bool] = {}

    def named(self, function: FunctionFacts, node: ast.expr) -> str | None:
        """The setting of the method's own object that the expression is: `self.backend`."""
        klass = self.program.self_class(function, node.value) if isinstance(node, ast.Attribute) else None
        if klass is None or not isinstance(node, ast.Attribute):
            return None
        key = (klass, node.attr)
        if key not in self._fixed:
            self._fixed[key] = self._is_fixed(klass, node.attr)
        return node.attr if self._fixed[key] else None

    def is_own(self, caller: FunctionId, call: ast.expr) -> bool:
        """Whether the call is of a method of the caller's own object."""
        func = call.func if isinstance(call, ast.Call) else None
        if not isinstance(func, ast.Attribute):
            return False
        if isinstance(func.value, ast.Call):
            return last_name(func.value.func) == "super"
        return self.program.self_class(self.function(caller), func.value) is not None

    def _is_fixed(self, klass: ClassId, name: str) -> bool:
        """Whether objects of the class get the attribute when they are made, and keep it."""
        family = [*self.program.mro(klass)[0], *self.program.subclasses(klass)]
        writes = [function for each in family for function, _ in self.program.self_writes.get(each, {}).get(name, ())]
        if not writes or any(function.name not in _CONSTRUCTORS for function in writes):
            return False
        others = self.program.attribute_writes.get(name, ())
        return not any(
            isinstance(value, Inst) and value.id in family
            for function, base, _ in others
            for value in self.program.eval(function.id, base)
        )
