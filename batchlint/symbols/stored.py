"""What code keeps on objects that are not the project's own, and gets from there: `app.state.writer = Writer()`.

A framework hands such objects on (`request.app.state.writer`, `g.writer`, `ctx["writer"]`), so nothing but the name
leads from where something is read to where it was put.
"""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from batchlint.facts import Binding, ClassId, FunctionFacts, FunctionId
from batchlint.symbols.names import last_name
from batchlint.values import NOTHING, Cls, Ext, Fn, Inst, Value, Values

if TYPE_CHECKING:
    from batchlint.symbols import Program

_TOO_MANY = 30
"""A name that so many places write says nothing."""
_CONTEXTS = frozenset({"asynccontextmanager", "contextmanager"})


class Stored:
    def __init__(self, program: Program) -> None:
        self._program = program

    def is_holder(self, values: Values) -> bool:
        """Whether an object with these values is not the project's own, nor an SDK's, whose attributes are known."""
        return all(isinstance(value, Ext) and not self.is_of_sdk(value) for value in values)

    def attribute(self, name: str) -> Values:
        """What the attribute `name` of such an object can be."""
        if name not in self._program.attribute_writes and name not in self._handed_out and name not in self._members:
            return NOTHING
        return self._program.once(("stored attribute", name), self._attribute, name)

    def item(self, key: str) -> Values:
        """What the item `key` of such a container can be."""
        if key not in self._items and key not in self._handed_out:
            return NOTHING
        return self._program.once(("stored item", key), self._item, key)

    def _attribute(self, name: str) -> Values:
        found = self._written(self._program.attribute_writes.get(name, []))
        for scope, value in self._handed_out.get(name, ()):
            found |= self._kept(self._program.eval(scope, value))
        for holder in self._members.get(name, ()):
            found |= self._kept(self._program.attribute(holder, name))
        return found

    def _item(self, key: str) -> Values:
        found = self._written(self._items.get(key, []))
        for scope, value in self._handed_out.get(key, ()):
            found |= self._kept(self._program.eval(scope, value))
        return found

    def _written(self, writes: list[tuple[FunctionFacts, ast.expr, Binding]]) -> Values:
        if len(writes) > _TOO_MANY:
            return NOTHING
        found: set[Value] = set()
        for function, base, binding in writes:
            # What a test puts in the place of something says nothing about the program.
            if not self._program.is_test(function.id.path) and self.is_holder(self._holder(function, base)):
                found |= self._kept(self._program.binding(function.id, binding))
        return frozenset(found)

    def _holder(self, function: FunctionFacts, base: ast.expr) -> Values:
        """What is written to: of a parameter only what it is given, not what the function puts into it."""
        if isinstance(base, ast.Name) and base.id in function.parameter_names and base.id not in function.bindings:
            return self._program.callers.parameter(function, base.id)
        return self._program.eval(function.id, base)

    def _kept(self, values: Values) -> Values:
        """Things of the project and clients of SDKs; of the rest a name alone does not tell enough."""
        kept = (v for v in values if isinstance(v, Inst | Fn | Cls) or (isinstance(v, Ext) and self.is_of_sdk(v)))
        return frozenset(kept)

    def is_of_sdk(self, value: Ext) -> bool:
        """Whether a value is part of the SDK of a provider."""
        return value.path.startswith(self._sdks)

    @cached_property
    def _sdks(self) -> tuple[str, ...]:
        return tuple(package + "." for package in self._program.catalogue.packages)

    @cached_property
    def _items(self) -> dict[str, list[tuple[FunctionFacts, ast.expr, Binding]]]:
        """Assignments to items of constant key, by the key."""
        found: dict[str, list[tuple[FunctionFacts, ast.expr, Binding]]] = {}
        for function in self._program.functions.values():
            for container, binding in function.items:
                if binding.target:
                    found.setdefault(binding.target, []).append((function, container, binding))
        return found

    @cached_property
    def _handed_out(self) -> dict[str, list[tuple[FunctionId, ast.expr]]]:
        """The items of dicts that functions return or yield, by their keys: a context, a lifespan's state."""
        found: dict[str, list[tuple[FunctionId, ast.expr]]] = {}
        for function in self._program.functions.values():
            for result in (*function.returns, *function.yields):
                if isinstance(result, ast.Dict):
                    for key, value in zip(result.keys, result.values, strict=True):
                        if isinstance(key, ast.Constant) and isinstance(value, ast.Name | ast.Attribute | ast.Call):
                            found.setdefault(str(key.value), []).append((function.id, value))
        return found

    @cached_property
    def _members(self) -> dict[str, list[Inst]]:
        """Objects of the project that frameworks hand around, by what they hold: bots, what a lifespan yields."""
        program = self._program
        found: dict[str, list[Inst]] = {}
        for function in program.functions.values():
            if function.parameters and not _CONTEXTS.isdisjoint(map(last_name, function.decorators)):
                yielded = {v for each in function.yields for v in program.eval(function.id, each)}
                for value in yielded:
                    if isinstance(value, Inst) and value.id in program.classes:
                        for name in (*program.classes[value.id].bindings, *program.self_writes.get(value.id, ())):
                            found.setdefault(name, []).append(value)
        holders: dict[str, list[ClassId]] = {}
        for klass, writes in program.self_writes.items():
            for name in writes:
                holders.setdefault(name, []).append(klass)
        for name, classes in holders.items():
            if len(classes) == 1 and program.mro(classes[0])[1]:
                found.setdefault(name, []).append(Inst(classes[0]))
        return found
