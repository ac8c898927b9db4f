"""Entry points that a parameter's default makes: `async def label(again: Perpetual = Perpetual(every=HOUR))`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batchlint.entrypoints import intervals
from batchlint.facts import MODULE, FunctionFacts, FunctionId
from batchlint.findings import Step
from batchlint.graph.durations import Durations
from batchlint.graph.links import Entry, Part, brief, label
from batchlint.symbols import Program, last_name
from batchlint.symbols.handed import argument_for
from batchlint.values import Ext, ordered


class Defaults(Part):
    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._durations = Durations(program)

    def entries(self, function: FunctionFacts) -> Iterator[Entry]:
        """What the defaults of the function's parameters make of it."""
        table, args = self.program.registry.defaults, function.arguments
        scope = FunctionId(function.id.path, function.parent or MODULE)
        for default in (*args.defaults, *args.kw_defaults) if args else ():
            if not isinstance(default, ast.Call) or last_name(default.func) not in table.tails:
                continue
            for value in ordered(self.program.eval(scope, default.func)):
                row = table.first(value.path) if isinstance(value, Ext) else None
                if row is None or argument_for(default, row.keyword or "", row.argument) is None:
                    continue
                minutes = intervals.minutes_between(default, lambda node: self._durations.number(scope, node))
                what = f"{label(function.id)} ({brief(default)})"
                yield Entry(row.entry.paced(minutes), Step(function.id.path, function.line, what))
