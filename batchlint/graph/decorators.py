"""Entry points that a decorator makes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

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
            paths: list[str] = []
            for value in ordered(self.program.eval(scope, decorator)):
                if isinstance(value, Ext):
                    paths.append(value.path)
                elif isinstance(value, Fn) and value.id != function.id:
                    paths += [v.path for v in self.program.returned(value) if isinstance(v, Ext)]
            for path in paths:
                kind = self._kind(path)
                if kind is not None:
                    if kind.kind == "schedule" and kind.latency is not None:
                        minutes = intervals.minutes_between(decorator)
                        kind = replace(kind, latency=intervals.latency_of(minutes))
                    what = f"{label(function.id)} (@{source(decorator)[:60]})"
                    yield Entry(kind, Step(function.id.path, function.line, what))

    def _kind(self, path: str) -> Kind | None:
        for _ in range(3):
            kind = self.program.registry.decorators.first(path)
            if kind is not None:
                return kind
            if not path.endswith("()"):
                return None
            path = path[:-2]
        return None
