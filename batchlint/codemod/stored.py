"""Objects that have more than one name: what an attribute was given (`Memory(stats)`), and who holds those of a class.

Only what can change counts: a number that two attributes hold is no one's but theirs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from batchlint.codemod.access import Channel
from batchlint.codemod.shared import Shared
from batchlint.facts import ClassFacts, ClassId, FunctionFacts
from batchlint.symbols import Program
from batchlint.symbols.members import decorators, given_for_field
from batchlint.values import Cls, Fn, Inst

_MAX_DEPTH = 4
_MOST = 30
"""Of what is given more often, nothing is said."""


Given = tuple[frozenset[Channel], frozenset[Channel]]
"""The variables that hold the object which was given something, where that is known, with what it was given."""
Handed = tuple[FunctionFacts, ast.Call, ast.expr]
"""A function, a call in it, and an argument of that."""


class Beside(NamedTuple):
    """Other names of what an attribute holds: attributes of the same object, and channels."""

    own: frozenset[str]
    given: tuple[Given, ...]


class Made(NamedTuple):
    """What calls of classes make."""

    places: dict[ClassId, list[tuple[Channel, ClassId | None]]]
    """The variables that hold an object of the class, and the attributes with the class that has them."""
    results: dict[int, set[Channel]]
    """The variables that hold what a call makes, by its identity."""


_FACTORIES = frozenset({"default_factory", "factory"})
_NONE = Beside(frozenset(), ())


def _has_fields(facts: ClassFacts) -> bool:
    """Whether the class may get a constructor of its fields from a decorator or a base."""
    return bool(facts.node.decorator_list or facts.node.bases)


class Stored:
    """Finds them."""

    def __init__(self, program: Program, shared: Shared) -> None:
        self._program = program
        self._shared = shared
        self._known: dict[tuple[ClassId, str], Beside] = {}

    @cached_property
    def names(self) -> frozenset[str]:
        """The attributes that may hold what has another name."""
        stored = {
            name
            for writes in self._program.self_writes.values()
            for name, places in writes.items()
            if any(isinstance(b.value, ast.Name | ast.Attribute | ast.IfExp | ast.BoolOp) for _, b in places)
        }
        fields = {
            name
            for facts in self._program.classes.values()
            if _has_fields(facts)
            for name, bindings in facts.bindings.items()
            if any(b.how == "annotation" for b in bindings)
        }
        return frozenset(stored | fields)

    def channels(self, node: ast.Attribute, function: FunctionFacts, inside: set[Channel]) -> set[Channel]:
        """The other channels of what the attribute of an object holds that is known as `inside`."""
        found: set[Channel] = set()
        for value in self._program.eval(function.id, node.value):
            if not isinstance(value, Inst):
                continue
            beside = self._beside(value.id, node.attr)
            found |= {(*path, name) for path in inside if len(path) <= 6 for name in beside.own}
            made = inside & self._variables(value.id)
            found |= {c for holders, given in beside.given if not made or not holders or holders & made for c in given}
        return found

    def is_given(self, klass: ClassId) -> bool:
        """Whether an attribute of the objects holds what their constructor was given."""
        program = self._program
        line = program.mro(klass)[0]
        written = {name for each in line for name in program.self_writes.get(each, ())}
        fields = {name for each in line if each in program.classes for name in program.classes[each].bindings}
        return any(self._beside(klass, name).given for name in (written | fields) & self.names)

    def holders(self, klass: ClassId, depth: int = 0) -> set[Channel]:
        """The variables and attributes that hold objects of the class."""
        found: set[Channel] = set()
        for each in [klass, *self._program.subclasses(klass)]:
            for channel, owner in self._made.places.get(each, ()):
                if owner is None:
                    found.add(channel)
                elif depth < _MAX_DEPTH:
                    found |= {(*path, *channel) for path in self.holders(owner, depth + 1)}
        return found

    def _variables(self, klass: ClassId) -> set[Channel]:
        return {channel for channel, owner in self._made.places.get(klass, ()) if owner is None}

    def origins(self, function: FunctionFacts, node: ast.expr | None, depth: int = 0) -> set[Channel]:
        """The variables that hold what the expression gives, as far as that can change."""
        if isinstance(node, ast.NamedExpr):
            node = node.target
        if isinstance(node, ast.IfExp | ast.BoolOp) and depth <= _MAX_DEPTH:
            parts = node.values if isinstance(node, ast.BoolOp) else [node.body, node.orelse]
            return set().union(*(self.origins(function, part, depth + 1) for part in parts))
        if depth > _MAX_DEPTH or not isinstance(node, ast.Name | ast.Attribute):
            return set()
        if isinstance(node, ast.Attribute):
            inside = self.origins(function, node.value, depth + 1)
            stored = (writes.get(node.attr, ()) for writes in self._program.self_writes.values()) if inside else ()
            if any(self._can_change(writer, b.value) for places in stored for writer, b in places):
                return {(*path, node.attr) for path in inside}
            return set()
        owner = self._program.owner(function, node.id)
        if owner is None:
            return set()
        if node.id in owner.parameter_names:
            return self._of_parameter(owner, node.id, depth)
        imported = self._shared.imported(owner, node.id)
        if imported is not None:
            return imported
        values = [b.value for b in owner.bindings.get(node.id, ()) if b.how == "value" and b.value is not None]
        others = set().union(*(self.origins(owner, value, depth + 1) for value in values), set())
        if any(self._can_change(owner, value) for value in values):
            others.add(("v", owner.id.path, owner.id.qualname, node.id))
        return others

    def _of_parameter(self, owner: FunctionFacts, name: str, depth: int) -> set[Channel]:
        if owner.owner is not None and owner.parameters and owner.parameters[0].arg == name:
            is_object = not {"staticmethod", "classmethod"} & decorators(owner)
            return self.holders(ClassId(owner.id.path, owner.owner)) if is_object else set()
        handed = list(self._program.callers.arguments(owner, name))[:_MOST]
        return set().union(
            *(self.origins(self._program.functions[caller], given, depth + 1) for caller, _, given in handed), set()
        )

    def _can_change(self, function: FunctionFacts, value: ast.expr | None) -> bool:
        return value is not None and self._shared.can_change(value, function.id)

    def _beside(self, klass: ClassId, name: str) -> Beside:
        key = (klass, name)
        if key not in self._known:
            self._known[key] = _NONE
            self._known[key] = self._find(klass, name)
        return self._known[key]

    def _find(self, klass: ClassId, name: str) -> Beside:
        own: set[str] = set()
        given: list[tuple[frozenset[Channel], frozenset[Channel]]] = []
        for each in self._program.mro(klass)[0]:
            for function, binding in self._program.self_writes.get(each, {}).get(name, ()):
                value = binding.value if binding.how == "value" else None
                if isinstance(value, ast.Attribute) and self._is_own(function, value.value):
                    places = self._program.self_writes.get(each, {}).get(value.attr, ())
                    own |= {value.attr} if any(self._can_change(f, b.value) for f, b in places) else set()
                elif isinstance(value, ast.Name) and value.id in function.parameter_names:
                    handed = list(self._program.callers.arguments(function, value.id))
                    known = ((self._program.functions[caller], call, argument) for caller, call, argument in handed)
                    given += self._handed(known if len(handed) <= _MOST else ())
                elif value is not None and (held := self.origins(function, value)):
                    given.append((frozenset(), frozenset(held)))
        if not own and not given:
            given += self._handed(self._fields(klass, name))
            given += self._made_for(klass, name)
        return Beside(frozenset(own), tuple(given))

    def _handed(self, handed: Iterable[Handed]) -> Iterator[Given]:
        """What calls hand over, each with the variables that hold what the call makes."""
        for caller, call, argument in handed:
            held = self.origins(caller, argument)
            if held:
                yield frozenset(self._made.results.get(id(call), ())), frozenset(held)

    def _fields(self, klass: ClassId, name: str) -> Iterator[Handed]:
        """What the constructor of a dataclass is given for a field."""
        facts = self._program.classes.get(klass)
        if facts is None or not _has_fields(facts):
            return
        for caller, call, argument in islice(given_for_field(self._program, facts, name), _MOST):
            if argument is not None:
                yield caller, call, argument

    def _made_for(self, klass: ClassId, name: str) -> Iterator[Given]:
        """What objects get that are given nothing for it: `log: list = field(default_factory=lambda: LOG)`."""
        facts = self._program.classes.get(klass)
        bindings = facts.bindings.get(name, ()) if facts is not None and _has_fields(facts) else ()
        body = self._program.modules[klass.path].body
        for value in (b.value for b in bindings if b.how == "value" and b.value is not None):
            origins = [(body, value)]
            for keyword in value.keywords if isinstance(value, ast.Call) else ():
                origins.append((body, keyword.value))
                made = self._program.eval(body.id, keyword.value) if keyword.arg in _FACTORIES else ()
                functions = (self._program.functions[v.id] for v in made if isinstance(v, Fn))
                origins += [(function, returned) for function in functions for returned in function.returns]
            held = set[Channel]().union(*(self.origins(function, each) for function, each in origins))
            if held:
                yield frozenset(), frozenset(held)

    @staticmethod
    def _is_own(function: FunctionFacts, node: ast.expr) -> bool:
        first = function.parameters[0].arg if function.owner is not None and function.parameters else ""
        return isinstance(node, ast.Name) and node.id == first != ""

    @cached_property
    def _made(self) -> Made:
        made = Made({}, {})
        for function in self._program.functions.values():
            for name, bindings in function.bindings.items():
                channel = ("v", function.id.path, function.id.qualname, name)
                for call in (b.value for b in bindings if b.how == "value" and isinstance(b.value, ast.Call)):
                    made.results.setdefault(id(call), set()).add(channel)
                    self._note(made, function, call, channel, None)
        for klass, stored in self._program.self_writes.items():
            for name, places in stored.items():
                for function, binding in places:
                    if isinstance(binding.value, ast.Call):
                        self._note(made, function, binding.value, (name,), klass)
        return made

    def _note(
        self, made: Made, function: FunctionFacts, call: ast.Call, channel: Channel, owner: ClassId | None
    ) -> None:
        for value in self._program.eval(function.id, call.func):
            if isinstance(value, Cls):
                made.places.setdefault(value.id, []).append((channel, owner))
