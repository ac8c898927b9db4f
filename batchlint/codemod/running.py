"""Calls that run one coroutine whole, `asyncio.run(ask(x))`: in a loop, one run of all items takes their place."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from batchlint.codemod import scopes
from batchlint.codemod.changes import Fanout
from batchlint.codemod.paths import function_body
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.values import Ext, Fn

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_RUNNERS = re.compile(r"asyncio\.(run|.*\.run_until_complete)$")


class Running:
    """Finds and plans them."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner

    def runner(self, function: FunctionFacts, body: list[ast.stmt]) -> str | None:
        """What runs the coroutines of the statements, as it is written; None where something else is asked too."""
        calls = self._calls(function, body)
        asking = {id(call) for call in self.planner.converted(function, body)}
        texts = {ast.unparse(call.func) for call in calls}
        names = {name for call in calls for name in scopes.read(call.func)}
        if function.is_async or len(texts) != 1 or names & scopes.bound(body):
            return None
        if not asking or not asking <= {id(call.args[0]) for call in calls}:
            return None
        return None if self._runs_below(function, body, set()) else texts.pop()

    def _runs_below(self, function: FunctionFacts, body: list[ast.stmt], seen: set[FunctionId]) -> bool:
        """Whether a function that the statements call runs a coroutine itself, which no coroutine can."""
        for call in (n for statement in body for n in ast.walk(statement) if isinstance(n, ast.Call)):
            for value in self.planner.program.eval(function.id, call.func):
                if not isinstance(value, Fn) or value.id in seen:
                    continue
                seen.add(value.id)
                below = self.planner.program.functions[value.id]
                if any(self._runs(below, each.node) for each in below.calls):
                    return True
                if self._runs_below(below, function_body(below), seen):
                    return True
        return False

    def plan(self, fanout: Fanout, function: FunctionFacts, body: list[ast.stmt]) -> None:
        """Plan that the statements await the coroutines."""
        path = function.id.path
        fanout.file(path).awaited |= {self.planner.place(path, call) for call in self._calls(function, body)}

    def _calls(self, function: FunctionFacts, body: list[ast.stmt]) -> list[ast.Call]:
        inside = (node for statement in body for node in ast.walk(statement))
        calls = [node for node in inside if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords]
        return [call for call in calls if self._runs(function, call)]

    def _runs(self, function: FunctionFacts, call: ast.Call) -> bool:
        values = self.planner.program.eval(function.id, call.func)
        return any(isinstance(value, Ext) and _RUNNERS.match(value.path) for value in values)
