"""Entry points that stand in tables: manifests, schedules in settings, the configuration."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from batchlint.entrypoints import Kind, intervals
from batchlint.entrypoints.manifests import ManifestTarget
from batchlint.entrypoints.manifests.cloudrun import SCHEDULER
from batchlint.facts import MODULE, FunctionId, ModuleFacts
from batchlint.findings import Step
from batchlint.graph.durations import Durations
from batchlint.graph.handovers import Handovers
from batchlint.graph.links import Entry, GraphSettings, Part, label
from batchlint.graph.names import Names
from batchlint.graph.routes import REQUESTED, Routes
from batchlint.graph.subcommands import Subcommands
from batchlint.graph.timerkeys import TimerKeys
from batchlint.symbols import Program, last_name
from batchlint.trees import walk

_NO_PARTS: frozenset[str] = frozenset()
_ADDING = frozenset({"update", "append", "extend"})
_TABLES_DEEP = 3
_SECONDS = 1 / 60
_WHEN = {
    "schedule": _SECONDS,
    "every": _SECONDS,
    "seconds": _SECONDS,
    "cron": _SECONDS,
    "minutes": 1.0,
    "hours": 60.0,
}
"""Keys of a row under which it says when, and the minutes in a plain number there."""


class Registrations(Part):
    """Adds to the entries of `handovers`."""

    def __init__(
        self,
        program: Program,
        names: Names,
        handovers: Handovers,
        subcommands: Subcommands,
        routes: Routes,
        keys: TimerKeys,
    ) -> None:
        super().__init__(program)
        self._keys = keys
        self._routes = routes
        self._subcommands = subcommands
        self._names = names
        self._handovers = handovers
        self._durations = Durations(program)

    def read(self, manifest: Sequence[ManifestTarget], settings: GraphSettings) -> None:
        self._read_manifest(manifest)
        self._read_keys()
        for id, entry in self._names.listed.items():
            self._handovers.entries.setdefault(id, [entry])  # who enqueues it says more
        self._read_stated_entries(settings)

    def _read_manifest(self, manifest: Sequence[ManifestTarget]) -> None:
        for each in manifest:
            kind = Kind(each.framework, each.kind, each.latency)
            given = each.given if each.kind == "schedule" else None
            entry = Entry(kind, each.step, each.before, each.after, each.word, given)
            started = [FunctionId(each.target, MODULE)] if each.target in self.modules else []
            if each.target.startswith("/"):
                started = self._routes.jobs(each.target) if each.kind == "schedule" else []
                entry = entry._replace(kind=kind._replace(framework=REQUESTED))
            elif not each.target.endswith(".py"):
                started = list(self._names.named(each.target))
                if each.framework == SCHEDULER and all(self._routes.asks_nothing(id, _NO_PARTS) for id in started):
                    entry = entry._replace(kind=kind._replace(framework=REQUESTED))
            for id in started:
                for run in (id, *self._subcommands.of(each.word, id.path)):
                    self._handovers.entries.setdefault(run, []).append(entry)
        settings = [
            (name, setting)
            for setting in self.program.registry.settings
            for name in (setting.setting, f"{setting.setting}s")
        ]
        for module in self.modules.values():
            for name, setting in settings:
                if name in module.text:
                    for scope, table in self._tables(module, name):
                        self._read_table(scope, table, setting.task_key, setting.entry)

    def _read_keys(self) -> None:
        """Routes that only a timer can open; how often it does so, the code does not say."""
        for id, line, brought in self._keys.routes():
            if self._routes.asks_nothing(id, brought):
                step = Step(id.path, line, f"a timer's request, whose key {label(id)} asks for")
                entry = Entry(Kind(REQUESTED, "schedule", intervals.latency_of(None)), step)
                self._handovers.entries.setdefault(id, []).append(entry)

    def _tables(self, module: ModuleFacts, name: str) -> Iterator[tuple[FunctionId, ast.expr]]:
        """What the module binds to the setting or puts into it, and the tables that this is made of."""
        for function in module.functions.values():
            found = [*function.bindings.get(name, ()), *(b for _, each, b in function.attributes if each == name)]
            found += [binding for container, binding in function.items if last_name(container) == name]
            tables = [b.value for b in found if b.value is not None and b.how == "value"]
            for call in function.calls:
                tables += [k.value for k in call.node.keywords if k.arg == name]
                func = call.node.func
                if isinstance(func, ast.Attribute) and func.attr in _ADDING and last_name(func.value) == name:
                    tables += call.node.args
            for table in tables:
                yield from self._parts(function.id, table)
        for klass in module.classes.values():
            for binding in klass.bindings.get(name, ()):
                if binding.value is not None and binding.how == "value":
                    yield from self._parts(FunctionId(module.path, MODULE), binding.value)

    def _parts(self, scope: FunctionId, table: ast.expr, depth: int = 0) -> Iterator[tuple[FunctionId, ast.expr]]:
        """The table, and those that it names: `dict(DAILY)`, `{**DAILY, **WEEKLY}`, one of another module."""
        yield scope, table
        for node in walk(table):
            if isinstance(node, ast.Name) and depth < _TABLES_DEEP:
                place, value = self.constant(scope, node)
                if value is not node and isinstance(value, ast.Dict | ast.List | ast.Tuple | ast.Call | ast.BinOp):
                    yield from self._parts(place, value, depth + 1)

    def _read_table(self, scope: FunctionId, table: ast.expr, task_key: str, kind: Kind) -> None:
        for row in walk(table):
            target: ast.expr | None = None
            if isinstance(row, ast.Dict):
                keys = [key.value if isinstance(key, ast.Constant) else None for key in row.keys]
                if task_key in keys:
                    target = row.values[keys.index(task_key)]
            elif isinstance(row, ast.Tuple | ast.List) and task_key.isdigit() and len(row.elts) > int(task_key):
                target = row.elts[int(task_key)]
            if target is None:
                continue
            paced = kind.paced(self._row_minutes(scope, row))
            for value in self.program.eval(scope, target):
                for function in self._handovers.functions_in(value, True):
                    step = Step(scope.path, target.lineno, f"schedule of {label(function)} ({kind.framework})")
                    entry = Entry(paced, step)
                    entries = self._handovers.entries.setdefault(function, [])
                    if entry not in entries:
                        entries.append(entry)

    def _row_minutes(self, scope: FunctionId, row: ast.AST) -> float | None:
        """Minutes between two runs in a row of a schedule table: `crontab(...)`, `timedelta(...)`, or seconds."""
        if isinstance(row, ast.Dict):
            for key, value in zip(row.keys, row.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in _WHEN:
                    return self._minutes(*self.constant(scope, value), _WHEN[key.value])
        if isinstance(row, ast.Tuple | ast.List):
            for element in row.elts:
                if isinstance(element, ast.Constant) and isinstance(element.value, str):
                    minutes = intervals.cron_minutes(element.value)
                    if minutes is not None:
                        return minutes
        return None

    def _minutes(self, scope: FunctionId, value: ast.expr, scale: float) -> float | None:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return intervals.cron_minutes(value.value)
        minutes = intervals.minutes_between(value, lambda node: self._durations.number(scope, node))
        number = self._durations.number(scope, value) if minutes is None else None
        return number * scale if number else minutes

    def _read_stated_entries(self, settings: GraphSettings) -> None:
        for dotted, kind, latency in settings.entry_points:
            for id in self._names.named(dotted):
                step = Step(id.path, self.function(id).line, f"{label(id)} (stated in the configuration)")
                self._handovers.entries.setdefault(id, []).append(Entry(Kind("configuration", kind, latency), step))
