"""What code keeps on objects that are not the project's own, and gets from there: `app.state.writer = Writer()`.

A framework hands such objects on (`request.app.state.writer`, `g.writer`, `ctx["writer"]`), so nothing but the name
leads from where something is read to where it was put.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from batchlint.facts import Binding, ClassId, FunctionFacts
from batchlint.symbols.members import MANAGERS, decorators
from batchlint.symbols.names import last_name
from batchlint.values import NOTHING, Ext, Inst, Value, Values

if TYPE_CHECKING:
    from batchlint.symbols import Program

_TOO_MANY = 30
"""A name that so many places write says nothing."""


class Stored:
    def __init__(self, program: Program) -> None:
        self._program = program
        self._attributes: dict[str, Values] = {}
        self._items: dict[str, Values] = {}
        self._asked: set[str] | None = None
        """Names that were asked for while what is kept was still being found out."""

    def is_holder(self, values: Values) -> bool:
        """Whether an object with these values is not the project's own, nor an SDK's, whose attributes are known."""
        return all(isinstance(value, Ext) and not self.is_of_sdk(value) for value in values)

    def attribute(self, name: str, holder: Values) -> Values:
        """What the attribute `name` of an object with the values `holder` can be, if it is kept there."""
        if self._asked is not None and self.is_holder(holder):
            self._asked.add(name)
        stored = self._attributes.get(name)
        return stored if stored and self.is_holder(holder) else NOTHING

    def item(self, key: str, holder: Callable[[], Values]) -> Values:
        """The same of the item `key` of a container; its values are worked out if they are needed."""
        if self._asked is not None and self.is_holder(holder()):
            self._asked.add(key)
        stored = self._items.get(key)
        return stored if stored and self.is_holder(holder()) else NOTHING

    def is_of_sdk(self, value: Ext) -> bool:
        """Whether a value is part of the SDK of a provider."""
        return value.path.startswith(self._sdks)

    def find(self) -> bool:
        """Find out what is kept where; whether values that were worked out on the way lack something of it.

        To be asked first of all.
        """
        self._asked = set()
        handed = list(self._handed_out())
        attributes = [*self._written(self._program.attribute_writes), *handed, *self._members()]
        items = [*self._written(self._item_writes), *handed]
        for found, pairs in ((self._attributes, attributes), (self._items, items)):
            for name, values in pairs:
                if not name.startswith("__") and (kept := self._kept(values)):
                    found[name] = found.get(name, NOTHING) | kept
        for name, source in self._copies():
            if source in self._attributes:
                self._items[name] = self._items.get(name, NOTHING) | self._attributes[source]
        asked, self._asked = self._asked, None
        return not asked.isdisjoint({*self._attributes, *self._items})

    # -- what is kept
    def _written(
        self, writes: Mapping[str, Sequence[tuple[FunctionFacts, ast.expr, Binding]]]
    ) -> Iterator[tuple[str, Values]]:
        for name, places in writes.items():
            for function, base, binding in places if len(places) <= _TOO_MANY else ():
                # What a test puts in the place of something says nothing about the program.
                if self._program.is_test(function.id.path) or not self._may_be_object(function, binding.value):
                    continue
                values = self._program.binding(function.id, binding)
                if self._kept(values) and self.is_holder(self._holder(function, base)):
                    yield name, values

    def _holder(self, function: FunctionFacts, base: ast.expr) -> Values:
        """What is written to: of a parameter only what it is given, not what the function puts into it."""
        if isinstance(base, ast.Name) and base.id in function.parameter_names and base.id not in function.bindings:
            return self._program.callers.parameter(function, base.id)
        return self._program.eval(function.id, base)

    def _kept(self, values: Values) -> Values:
        """Objects of the project and clients of SDKs; of the rest a name alone does not tell enough."""
        return frozenset(v for v in values if isinstance(v, Inst) or self._is_client(v))

    def _is_client(self, value: Value) -> bool:
        """Whether it is an object that an SDK's class makes: `openai.OpenAI()`, but no part of an answer."""
        if not isinstance(value, Ext):
            return False
        made = value.path.removesuffix("()")
        is_one = made != value.path and "()" not in made and made.rpartition(".")[2][:1].isupper()
        return is_one and self.is_of_sdk(value)

    def _may_be_object(self, function: FunctionFacts, value: ast.expr | None, depth: int = 0) -> bool:
        """Whether the expression makes an object or gets one from a function of the project, by its looks."""
        if isinstance(value, ast.Await):
            value = value.value
        if isinstance(value, ast.Subscript) and isinstance(value.slice, ast.Constant):
            value = value.value  # one of several that a function makes at once
        if isinstance(value, ast.Call):
            name = last_name(value.func)
            return name[:1].isupper() or name in self._program.function_names
        if isinstance(value, ast.Name) and depth < 2:
            scopes = self._program.scopes(function)
            bindings = next((scope.bindings[value.id] for scope in scopes if value.id in scope.bindings), ())
            is_self = self._program.self_class(function, value) is not None
            return is_self or any(
                b.how in {"enter", "import"} or self._may_be_object(function, b.value, depth + 1) for b in bindings
            )
        if isinstance(value, ast.BoolOp):
            return any(self._may_be_object(function, each, depth) for each in value.values)
        return False

    # -- what frameworks hand around
    def _handed_out(self) -> Iterator[tuple[str, Values]]:
        """The items of dicts that functions which are handed over return or yield: a context, a lifespan's state."""
        for function in self._program.functions.values():
            for result in (*function.returns, *function.yields):
                if not isinstance(result, ast.Dict) or self._program.is_test(function.id.path):
                    continue
                if not _is_context(function) and not self._program.callers.references(function.name):
                    continue
                for key, value in zip(result.keys, result.values, strict=True):
                    if isinstance(key, ast.Constant) and self._may_be_object(function, value):
                        yield str(key.value), self._program.eval(function.id, value)

    def _members(self) -> Iterator[tuple[str, Values]]:
        """What objects of the project hold that frameworks hand around: bots, what a lifespan yields."""
        program = self._program
        holders: dict[str, list[ClassId]] = {}
        for function in program.functions.values():
            if function.parameters and _is_context(function) and not program.is_test(function.id.path):
                for value in {v for each in function.yields for v in program.eval(function.id, each)}:
                    if isinstance(value, Inst) and value.id in program.classes:
                        fields = program.classes[value.id].bindings.items()
                        named = [n for n, bindings in fields if all(b.how != "function" for b in bindings)]
                        for name in (*named, *program.self_writes.get(value.id, ())):
                            yield name, program.attribute(value, name)
        for klass, writes in program.self_writes.items():
            for name in writes if not program.is_test(klass.path) else ():
                holders.setdefault(name, []).append(klass)
        for name, classes in holders.items():
            writes_of = program.self_writes[classes[0]][name]
            is_one = len(classes) == 1 and any(self._may_be_object(function, b.value) for function, b in writes_of)
            if is_one and any(map(self._is_handed_around, program.mro(classes[0])[1])):
                yield name, program.attribute(Inst(classes[0]), name)

    def _is_handed_around(self, base: Ext) -> bool:
        """Whether a framework hands objects of a class with this base to the code that it calls."""
        package = base.path.partition(".")[0]
        return package in self._program.registry.packages and package not in self._program.registry.inert_bases

    def _copies(self) -> Iterator[tuple[str, str]]:
        """Items that hold what an attribute holds: `app.config["WRITER"] = app.writer`."""
        for key, writes in self._item_writes.items():
            yield from ((key, b.value.attr) for _, _, b in writes if isinstance(b.value, ast.Attribute))

    @cached_property
    def _item_writes(self) -> dict[str, list[tuple[FunctionFacts, ast.expr, Binding]]]:
        """Assignments to items of constant key, by the key."""
        found: dict[str, list[tuple[FunctionFacts, ast.expr, Binding]]] = {}
        for function in self._program.functions.values():
            for container, binding in function.items:
                if binding.target:
                    found.setdefault(binding.target, []).append((function, container, binding))
        return found

    @cached_property
    def _sdks(self) -> tuple[str, ...]:
        return tuple(package + "." for package in self._program.catalogue.packages)


def _is_context(function: FunctionFacts) -> bool:
    return not MANAGERS.isdisjoint(decorators(function))
