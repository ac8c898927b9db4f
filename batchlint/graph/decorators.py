"""Entry points that a decorator makes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batchlint.entrypoints import Kind, intervals
from batchlint.facts import MODULE, ClassId, FunctionFacts, FunctionId
from batchlint.findings import Step
from batchlint.graph.durations import Durations
from batchlint.graph.links import Entry, Part, brief, label
from batchlint.symbols import Program
from batchlint.values import NOTHING, Cls, Ext, Fn, Values, ordered


class Decorators(Part):
    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._durations = Durations(program)

    def entries(self, function: FunctionFacts) -> Iterator[Entry]:
        """What the function's decorators make of it."""
        scope = FunctionId(function.id.path, function.parent or MODULE)
        for decorator in function.decorators:
            what = f"{label(function.id)} (@{brief(decorator)})"
            step = Step(function.id.path, function.line, what)
            paths: list[str] = []
            for value in ordered(self._in_class(function, decorator) or self.program.eval(scope, decorator)):
                if isinstance(value, Ext):
                    paths.append(value.path)
                elif isinstance(value, Fn) and value.id != function.id:
                    made = self.program.returned(value)
                    paths += [v.path for v in made if isinstance(v, Ext)]
                    if self._hands_on(value.id):
                        yield Entry(Kind("own-decorator", "unknown", None), step)
                    for inner in (self.function(v.id) for v in ordered(made) if isinstance(v, Fn)):
                        # The function that the project's own decorator puts in the place of this one.
                        if inner.id != function.id and inner.parent == value.id.qualname:
                            yield from (entry._replace(step=step) for entry in self.entries(inner))
            for path in paths:
                kind = self._kind(path, function)
                if kind is not None:
                    if kind.kind == "schedule" and kind.latency is not None:
                        minutes = intervals.minutes_between(decorator, lambda node: self._durations.number(scope, node))
                        kind = kind.paced(minutes)
                    yield Entry(kind, step)

    def _hands_on(self, decorator: FunctionId) -> bool:
        """Whether the project's own decorator gives what it decorates to a framework's: `actor(wrapper, name=name)`.

        What it adds to that, its callers say: who waits stays open.
        """
        function = self.function(decorator)
        for call in function.calls:
            given = call.node.args[0] if call.node.args else None
            if not isinstance(call.statement, ast.Expr) or call.statement.value is not call.node:
                continue
            is_given = isinstance(given, ast.Name) and (
                given.id in function.parameter_names
                or any(binding.how == "function" for binding in function.bindings.get(given.id, ()))
            )
            values = self.program.eval(decorator, call.node.func) if is_given else NOTHING
            if any(isinstance(v, Ext) and self.program.registry.decorators.first(v.path) for v in values):
                return True
        return False

    def _in_class(self, function: FunctionFacts, decorator: ast.expr) -> Values:
        """What a decorator is that begins with a name of the class body: `@group.command()` under `group = Group()`."""
        if function.owner is None or not isinstance(decorator, ast.Call | ast.Attribute):
            return NOTHING
        steps: list[str] = []
        node: ast.expr = decorator
        while isinstance(node, ast.Call | ast.Attribute):
            steps.append(node.attr if isinstance(node, ast.Attribute) else "()")
            node = node.value if isinstance(node, ast.Attribute) else node.func
        owner = ClassId(function.id.path, function.owner)
        if not isinstance(node, ast.Name) or node.id not in self.program.classes[owner].bindings:
            return NOTHING
        values = self.program.attribute(Cls(owner), node.id)
        for step in reversed(steps):
            if step == "()":
                values = frozenset(v._replace(path=f"{v.path}()") for v in values if isinstance(v, Ext))
            else:
                values = frozenset().union(*(self.program.attribute(value, step) for value in values))
        return values

    def _kind(self, path: str, function: FunctionFacts) -> Kind | None:
        registry = self.program.registry
        for _ in range(3):
            silent = registry.silent.first(path) if not function.returns else None
            kind = silent or registry.decorators.first(path)
            if kind is not None:
                return kind
            if not path.endswith("()"):
                return None
            path = path[:-2]
        return None
