"""The project's own decorators that try again or measure: their wrapper enters the twin that it wraps."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from batchlint.codemod.access import Channel, Frame
from batchlint.codemod.changes import CallChange, Fanout
from batchlint.codemod.paths import function_body
from batchlint.facts import MODULE, FunctionFacts, FunctionId
from batchlint.symbols import last_name
from batchlint.trees import is_none, spreads
from batchlint.values import Fn

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner


class Wrapper(NamedTuple):
    """A decorator as it stands, the function that it names, and the calls of what it wraps."""

    decorator: ast.expr
    name: ast.expr
    outer: FunctionId
    inner: FunctionId
    calls: tuple[ast.Call, ...]


class Wrappers:
    def __init__(self, planner: Planner) -> None:
        self.planner = planner
        self.program = planner.graph.program

    def of(self, function: FunctionFacts) -> list[Wrapper]:
        """The decorators of the function that can have a twin."""
        scope = FunctionId(function.id.path, function.parent or MODULE)
        return [w for d in function.decorators if (w := self._wrapper(scope, d, function.is_async))]

    def _wrapper(self, scope: FunctionId, decorator: ast.expr, is_async: bool) -> Wrapper | None:
        name = decorator.func if isinstance(decorator, ast.Call) else decorator
        found = {v.id for v in self.program.eval(scope, name) if isinstance(v, Fn) and v.owner is None}
        if len(found) != 1:
            return None
        outer = next(iter(found))
        if last_name(name) != self.program.functions[outer].name:
            return None
        made = self.program.functions[outer]
        if isinstance(decorator, ast.Call):
            made = next(self._returned(made), made)
        wrapped = self.program.callers.wrapped(made.id)
        inner = next(self._returned(made), None)
        if wrapped is None or inner is None or inner.is_generator or inner.is_async != is_async:
            return None
        calls = [c.node for c in inner.calls if isinstance(c.node.func, ast.Name) and c.node.func.id == wrapped]
        handed_on = [a for c in inner.calls for a in [*c.node.args, *(k.value for k in c.node.keywords)]]
        others = any(isinstance(a, ast.Name) and a.id == wrapped for a in handed_on)
        unset = self._unset(self.program.functions[outer], decorator)
        never = {id(c.node) for c in inner.calls if isinstance(c.node.func, ast.Name) and c.node.func.id in unset}
        if not calls or others or self._has_effects(inner, {id(c) for c in calls} | never):
            return None
        return Wrapper(decorator, name, outer, inner.id, tuple(calls))

    def _returned(self, function: FunctionFacts) -> Iterator[FunctionFacts]:
        for expression in function.returns:
            for binding in function.bindings.get(last_name(expression), ()) if isinstance(expression, ast.Name) else ():
                if binding.how == "function" and binding.scope:
                    yield self.program.functions[FunctionId(function.id.path, binding.scope)]

    def _unset(self, outer: FunctionFacts, decorator: ast.expr) -> set[str]:
        """The parameters of the decorator that are None for this function: a hook of it that is never called."""
        given = decorator if isinstance(decorator, ast.Call) else ast.Call(decorator, [decorator], [])
        if spreads(given):
            return set()
        unset = {name for name in outer.parameter_names if is_none(outer.default(name))}
        unset -= {name for name, _ in self.planner.reader.passed(Fn(outer.id), given)}
        inside = [n for statement in function_body(outer) for n in ast.walk(statement)]
        bound = {n.id for n in inside if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
        return unset - bound - {n.arg for n in inside if isinstance(n, ast.arg)}

    def _has_effects(self, inner: FunctionFacts, calls: set[int]) -> bool:
        """Whether the wrapper changes what outlives its call, so that the order of the items would matter."""
        reader = self.planner.reader
        names = {a.arg for a in ast.walk(inner.node) if isinstance(a, ast.arg)}
        # What it is given lives on, but for the mapping and the tuple that its `**` and `*` make.
        given: dict[str, set[Channel]] = {
            name: {("v", inner.id.path, inner.id.qualname, name)} for name in inner.parameter_names
        }
        given = {name: channels for name, channels in given.items() if name not in {inner.rest, inner.named}}
        own = {channel for channels in given.values() for channel in channels}
        frame = Frame(inner, (names | set(inner.bindings)) - inner.outer, given)
        reader.alias_statements(frame, function_body(inner))
        statements = [n for s in function_body(inner) for n in ast.walk(s) if isinstance(n, ast.stmt)]
        touched = [a for s in statements for a in reader.simple(s, frame, calls)]
        return any(a.how != "read" and not (a.how == "sum" and {a.channel[:4]} <= own) for a in touched)

    def plan(self, fanout: Fanout, wrappers: list[Wrapper], path: str) -> None:
        """Plan the twins of the decorators of a function of the file."""
        place = self.planner.place
        for wrapper in wrappers:
            home = wrapper.outer.path
            fanout.twins.add(wrapper.outer)
            fanout.converted |= {id(wrapper.decorator), id(wrapper.name)}
            fanout.file(path).references[place(path, wrapper.name)] = wrapper.outer
            fanout.file(home).wrapping.add(place(home, self.program.functions[wrapper.outer].node))
            for call in wrapper.calls:
                fanout.file(home).calls[place(home, call)] = CallChange("enter")
