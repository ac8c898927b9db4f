"""What code keeps on objects that are not the project's own, and gets from there: `app.state.writer = Writer()`.

A framework hands such objects on (`request.app.state.writer`, `g.writer`, `ctx["writer"]`), so nothing but the name
leads from where something is read to where it was put.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from batchlint.facts import Binding, ClassId, FunctionFacts
from batchlint.symbols.members import MANAGERS, decorators
from batchlint.symbols.names import last_name
from batchlint.values import NOTHING, Ext, Fn, Inst, Value, Values, ordered

if TYPE_CHECKING:
    from batchlint.symbols import Program

_STATE = "state"
"""The attribute of applications and requests that is there for what code keeps, functions too."""
_PLAIN = ("SimpleNamespace", "Namespace")
"""What makes an object that only holds what it is given."""
_TOO_MANY = 30
"""A name that so many places write says nothing."""


class Stored:
    def __init__(self, program: Program) -> None:
        self._program = program

    def is_holder(self, values: Values) -> bool:
        """Whether an object with these values is not the project's own, nor an SDK's, whose attributes are known."""
        return all(isinstance(value, Ext) and not self.is_of_sdk(value) for value in values)

    def attribute(self, name: str, holder: Values) -> Values:
        """What the attribute `name` of an object with the values `holder` can be, if it is kept there."""
        return self._attribute(name) if self._may_hold_attribute(name) and self.is_holder(holder) else NOTHING

    def item(self, key: str, holder: Callable[[], Values]) -> Values:
        """The same of the item `key` of a container; its values are worked out if they are needed."""
        if key.startswith("__") or not (key in self._item_writes or key in self._handed_out):
            return NOTHING
        return self._program.once(("stored item", key), self._find_item, key) if self.is_holder(holder()) else NOTHING

    def is_of_sdk(self, value: Ext) -> bool:
        """Whether a value is part of the SDK of a provider."""
        return value.path.startswith(self._sdks)

    def _attribute(self, name: str) -> Values:
        return self._program.once(("stored", name), self._find_attribute, name)

    def _may_hold_attribute(self, name: str) -> bool:
        is_put = name in self._program.attribute_writes or name in self._handed_out or name in self._made_with
        return (is_put or name in self._holders or name in self._fields) and not name.startswith("__")

    def _find_attribute(self, name: str) -> Values:
        written = self._written(self._program.attribute_writes.get(name, ()))
        others = (*self._given_out(name), *self._members(name), *self._named(name))
        return frozenset().union(*written, *map(self._kept, others))

    def _named(self, name: str) -> Iterator[Values]:
        """What plain objects are made with under the name: `SimpleNamespace(client=client)`."""
        for function, value in self._made_with.get(name, ()):
            yield self._program.eval(function.id, value)

    @cached_property
    def _made_with(self) -> dict[str, list[tuple[FunctionFacts, ast.expr]]]:
        """By the name of an attribute, what the calls that make plain objects give for it."""
        found: dict[str, list[tuple[FunctionFacts, ast.expr]]] = {}
        for name in _PLAIN:
            for function, call in self._program.calls_by_name.get(name, ()):
                for keyword in call.node.keywords if not self._program.is_test(function.id.path) else ():
                    if keyword.arg is not None:
                        found.setdefault(keyword.arg, []).append((function, keyword.value))
        return found

    def _find_item(self, key: str) -> Values:
        writes = self._item_writes.get(key, ())
        kept = [*self._written(writes), *map(self._kept, self._given_out(key))]
        # An item that holds what an attribute holds: `app.config["WRITER"] = app.writer`.
        copied = (binding.value.attr for _, _, binding in writes if isinstance(binding.value, ast.Attribute))
        return frozenset().union(*kept, *(self._attribute(name) for name in copied if self._may_hold_attribute(name)))

    # -- what is kept
    def _written(self, places: Sequence[tuple[FunctionFacts, ast.expr, Binding]]) -> Iterator[Values]:
        for function, base, binding in places if len(places) <= _TOO_MANY else ():
            # What a test puts in the place of something says nothing about the program.
            is_state = last_name(base) == _STATE
            if self._program.is_test(function.id.path):
                continue
            if not is_state and not self._may_be_object(function, binding.value):
                continue
            values = self._program.binding(function.id, binding)
            kept = self._kept(values) | (frozenset(v for v in values if isinstance(v, Fn)) if is_state else NOTHING)
            if kept and self.is_holder(self._holder(function, base)):
                yield kept

    def _holder(self, function: FunctionFacts, base: ast.expr) -> Values:
        """What is written to: of a parameter only what it is given, not what the function puts into it."""
        if isinstance(base, ast.Name) and base.id in function.parameter_names and base.id not in function.bindings:
            return self._program.callers.parameter(function, base.id)
        return self._program.eval(function.id, base)

    def _kept(self, values: Values) -> Values:
        """Objects of the project, functions that it makes, and clients of SDKs; of the rest a name tells too little."""
        return frozenset(v for v in values if isinstance(v, Inst) or self._is_made(v) or self._is_client(v))

    def _is_made(self, value: Value) -> bool:
        """Whether it is a function that another one makes: `def bind(client): def ask(text): ...; return ask`."""
        return isinstance(value, Fn) and self._program.functions[value.id].parent is not None

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
    def _given_out(self, key: str) -> Iterator[Values]:
        """What dicts hold under the key that functions which are handed over return or yield."""
        return (self._program.eval(function.id, value) for function, value in self._handed_out.get(key, ()))

    @cached_property
    def _handed_out(self) -> dict[str, list[tuple[FunctionFacts, ast.expr]]]:
        """The items of dicts that functions which are handed over return or yield: a context, a lifespan's state."""
        found: dict[str, list[tuple[FunctionFacts, ast.expr]]] = {}
        for function in self._program.functions.values():
            for result in (*function.returns, *function.yields):
                if not isinstance(result, ast.Dict) or self._program.is_test(function.id.path):
                    continue
                if not _is_context(function) and not self._program.callers.references(function.name):
                    continue
                for key, value in zip(result.keys, result.values, strict=True):
                    if isinstance(key, ast.Constant) and self._may_be_object(function, value):
                        found.setdefault(str(key.value), []).append((function, value))
        return found

    def _members(self, name: str) -> Iterator[Values]:
        """What objects of the project hold under the name that frameworks hand around: bots, what a lifespan yields."""
        program = self._program
        for function in self._contexts:
            for value in ordered(frozenset().union(*(program.eval(function.id, each) for each in function.yields))):
                if isinstance(value, Inst) and value.id in program.classes and self._has_field(value.id, name):
                    yield program.attribute(value, name)
        holders = self._holders.get(name, ())
        for klass in holders if len(holders) == 1 else ():
            is_object = any(self._may_be_object(f, binding.value) for f, binding in program.self_writes[klass][name])
            if is_object and any(map(self._is_handed_around, program.mro(klass)[1])):
                yield program.attribute(Inst(klass), name)

    @cached_property
    def _contexts(self) -> list[FunctionFacts]:
        """Context managers that are given something: lifespans among them."""
        functions = (f for f in self._program.functions.values() if f.parameters and f.yields and _is_context(f))
        return [function for function in functions if not self._program.is_test(function.id.path)]

    @cached_property
    def _fields(self) -> frozenset[str]:
        """The attributes of the classes whose objects context managers may yield."""
        classes = self._program.classes if self._contexts else ()
        return frozenset(name for klass in classes for name in self._program.classes[klass].bindings)

    def _has_field(self, klass: ClassId, name: str) -> bool:
        """Whether the class or a method of it sets the attribute; what it defines with `def` is none."""
        bindings = self._program.classes[klass].bindings.get(name)
        is_data = bindings is not None and all(binding.how != "function" for binding in bindings)
        return is_data or name in self._program.self_writes.get(klass, ())

    @cached_property
    def _holders(self) -> dict[str, list[ClassId]]:
        """By the name of an attribute, the classes whose methods set it."""
        found: dict[str, list[ClassId]] = {}
        for klass, writes in self._program.self_writes.items():
            for name in writes if not self._program.is_test(klass.path) else ():
                found.setdefault(name, []).append(klass)
        return found

    def _is_handed_around(self, base: Ext) -> bool:
        """Whether a framework hands objects of a class with this base to the code that it calls."""
        package = base.path.partition(".")[0]
        return package in self._program.registry.packages and package not in self._program.registry.inert_bases

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
