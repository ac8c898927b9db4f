"""Entry points that a decorator makes."""

from __future__ import annotations

from collections.abc import Iterator

from batchlint.entrypoints import Kind, intervals
from batchlint.facts import MODULE, FunctionFacts, FunctionId
from batchlint.findings import Step
from batchlint.graph.links import Entry, Part, label, source
from batchlint.values import Ext, Fn, ordered


class Decorators(Part):
    def entries(self, function: FunctionFacts) -> Iterator[Entry]:
        """What the function's decorators make of it."""
        scope = FunctionId(function.id.path, function.parent or MODULE)
        for decorator in function.decorators:
            what = f"{label(function.id)} (@{source(decorator)[:60]})"
            step = Step(function.id.path, function.line, what)
            paths: list[str] = []
            for value in ordered(self.program.eval(scope, decorator)):
                if isinstance(value, Ext):
                    paths.append(value.path)
                elif isinstance(value, Fn) and value.id != function.id:
                    made = self.program.returned(value)
                    paths += [v.path for v in made if isinstance(v, Ext)]
                    for inner in (self.function(v.id) for v in ordered(made) if isinstance(v, Fn)):
                        # The function that the project's own decorator puts in the place of this one.
                        if inner.id != function.id and inner.parent == value.id.qualname:
                            yield from (entry._replace(step=step) for entry in self.entries(inner))
            for path in paths:
                kind = self._kind(path)
                if kind is not None:
                    if kind.kind == "schedule" and kind.latency is not None:
                        minutes = intervals.minutes_between(decorator)
                        kind = kind._replace(latency=intervals.latency_of(minutes))
                    yield Entry(kind, step)

    def _kind(self, path: str) -> Kind | None:
        for _ in range(3):
            kind = self.program.registry.decorators.first(path)
            if kind is not None:
                return kind
            if not path.endswith("()"):
                return None
            path = path[:-2]
        return None
