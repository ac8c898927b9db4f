"""Who has a row store itself by its own method without calling it: forms, serializers, views, admin pages, queries."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from batchlint.entrypoints import Kind
from batchlint.facts import MODULE, ClassFacts, ClassId, FunctionFacts, FunctionId
from batchlint.findings import Latency, Step
from batchlint.graph.links import Edge, Entry, Part
from batchlint.symbols import CallRef, last_name, rows
from batchlint.values import Cls, Elems, Ext, Inst, ordered

_PAGE = Kind("row-forms", "web", Latency.REALTIME)
_ADMIN = Kind("row-admin", "unknown", None)
"""Who has access there may store a row now and then; whether anybody does is not to be seen."""


class RowSaves(Part):
    def edges(self, function: FunctionFacts) -> Iterator[Edge]:
        """The calls that run the method, where it is how a mapper's row stores itself."""
        for model in self._stored_by(function):
            for reference in self._calls.get(model, ()):
                yield self.edge(reference.caller.id, function.id, reference.call.node, "call", reference.call)

    def entries(self, function: FunctionFacts) -> Iterator[Entry]:
        """The pages on which somebody has such a row stored."""
        for model in self._stored_by(function):
            yield from (Entry(_PAGE, step) for step in self._pages.get(model, ()))
            yield from (Entry(_ADMIN, step) for step in self._admin_pages.get(model, ()))

    def _stored_by(self, function: FunctionFacts) -> list[ClassId]:
        """The classes of rows that the method stores."""
        program = self.program
        if function.owner is None or function.name not in program.registry.storing.methods:
            return []
        owner = ClassId(function.id.path, function.owner)
        if not any(program.registry.mapper.models.find(base.path) for base in program.mro(owner)[1]):
            return []
        return [owner, *program.subclasses(owner)]

    @cached_property
    def _calls(self) -> dict[ClassId, list[CallRef]]:
        """The calls of forms, serializers and queries that store a row, by its class."""
        program, storing = self.program, self.program.registry.storing
        found: dict[ClassId, list[CallRef]] = {}
        for name in sorted(storing.methods | storing.creates):
            for reference in program.calls_by_name.get(name, ()):
                func = reference.call.node.func
                values = program.eval(reference.caller.id, func.value) if isinstance(func, ast.Attribute) else ()
                for value in ordered(values):
                    for model in self._rows(value, is_query=name in storing.creates):
                        found.setdefault(model, []).append(reference)
        return found

    def _rows(self, value: object, *, is_query: bool) -> list[ClassId]:
        if is_query:
            held = value.values if isinstance(value, Elems) else ()
            return [each.id for each in held if isinstance(each, Inst)]
        return rows.of_form(self.program, value.id) if isinstance(value, Inst) else []

    @cached_property
    def _pages(self) -> dict[ClassId, list[Step]]:
        """The views that store rows of a class."""
        found: dict[ClassId, list[Step]] = {}
        for klass in self.program.classes.values():
            for model, step in self._views(klass):
                found.setdefault(model, []).append(step)
        return found

    @cached_property
    def _admin_pages(self) -> dict[ClassId, list[Step]]:
        """What brings rows of a class onto an admin page."""
        found: dict[ClassId, list[Step]] = {}
        for klass in self.program.classes.values():
            for model, step in self._decorated(klass):
                found.setdefault(model, []).append(step)
        for caller, call in self.program.calls_by_name.get("register", ()):
            if self._registers(caller.id, call.node.func):
                step = Step(caller.id.path, call.node.lineno, "an admin page stores it")
                for each in call.node.args[:1]:
                    for model in self._named(caller.id, each):
                        found.setdefault(model, []).append(step)
        return found

    def _views(self, klass: ClassFacts) -> Iterator[tuple[ClassId, Step]]:
        """The rows of a view that stores what somebody sends in."""
        program, storing = self.program, self.program.registry.storing
        names = storing.names & klass.bindings.keys()
        if not names or not any(storing.views.find(base.path) for base in program.mro(klass.id)[1]):
            return
        step = Step(klass.id.path, klass.node.lineno, f"{klass.id.qualname} stores it")
        for name in sorted(names):
            for value in ordered(program.attribute(Cls(klass.id), name)):
                held = value.values if isinstance(value, Elems) else {value}
                for each in held:
                    if isinstance(each, Cls | Inst):
                        yield from ((model, step) for model in rows.of_form(program, each.id) or [each.id])

    def _decorated(self, klass: ClassFacts) -> Iterator[tuple[ClassId, Step]]:
        scope = FunctionId(klass.id.path, klass.parent or MODULE)
        for decorator in klass.node.decorator_list:
            is_named = isinstance(decorator, ast.Call) and last_name(decorator.func) == "register"
            if is_named and isinstance(decorator, ast.Call) and self._registers(scope, decorator.func):
                step = Step(klass.id.path, decorator.lineno, "an admin page stores it")
                yield from ((model, step) for each in decorator.args for model in self._named(scope, each))

    def _registers(self, scope: FunctionId, func: ast.expr) -> bool:
        registers = self.program.registry.storing.registers
        return any(isinstance(v, Ext) and registers.find(v.path) for v in self.program.eval(scope, func))

    def _named(self, scope: FunctionId, node: ast.expr) -> Iterator[ClassId]:
        values = ordered(self.program.eval(scope, node))
        held = {inner for value in values for inner in (value.values if isinstance(value, Elems) else [value])}
        yield from (value.id for value in ordered(held) if isinstance(value, Cls))
