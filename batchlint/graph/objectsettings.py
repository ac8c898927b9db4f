"""Settings that an object has for its life: attributes that nothing but its constructor sets."""

from __future__ import annotations

import ast
from typing import NamedTuple

from batchlint.facts import ClassId, FunctionFacts, FunctionId
from batchlint.graph.links import Part
from batchlint.symbols import Program, last_name
from batchlint.values import Cls, Inst

_CONSTRUCTORS = frozenset({"__init__", "__post_init__"})


class Made(NamedTuple):
    """A call that makes an object, and the parameter of the constructor that becomes one of its settings."""

    constructor: FunctionFacts
    call: ast.Call
    parameter: str


class ObjectSettings(Part):
    """Tells whether two methods of an object look at the same setting of it, and what an object was made with."""

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

    def made_with(self, caller: FunctionId, call: ast.expr, name: str) -> Made | None:
        """How the caller makes the object whose method it calls, as far as that says what the setting is."""
        func = call.func if isinstance(call, ast.Call) else None
        made: ast.expr | None = func.value if isinstance(func, ast.Attribute) else None
        if isinstance(made, ast.Name):
            made = self.function(caller).only_value(made.id)
        values = self.program.eval(caller, made.func) if isinstance(made, ast.Call) else frozenset()
        classes = [value.id for value in values if isinstance(value, Cls)]
        if len(values) != 1 or not classes or not isinstance(made, ast.Call):
            return None
        family = self.program.mro(classes[0])[0]
        writes = [each for klass in family for each in self.program.self_writes.get(klass, {}).get(name, ())]
        value = writes[0][1].value if len(writes) == 1 else None
        if not isinstance(value, ast.Name) or writes[0][0].owner != classes[0].qualname:
            return None
        constructor = writes[0][0]
        is_given = value.id in constructor.parameter_names and value.id not in constructor.bindings
        return Made(constructor, made, value.id) if is_given and constructor.name == "__init__" else None

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
