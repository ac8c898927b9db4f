"""Helpers that run in a pool what they are handed: `parallel_map(ask, texts)`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.codemod.changes import Fanout
from batchlint.codemod.refusals import Refused
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.graph import Edge, Graph
from batchlint.symbols import last_name
from batchlint.values import Fn

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner


class PoolParameters:
    """Plans that the helper has a pool for batches, and that all its callers hand over twins."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner
        self.program = planner.program
        self.callbacks = planner.support.callbacks

    def helper(self, edge: Edge) -> FunctionFacts | None:
        """The function of the project to which the edge's node hands what asks."""
        if not isinstance(edge.node, ast.Call):
            return None
        found = {v.id for v in self.program.eval(edge.caller, edge.node.func) if isinstance(v, Fn)}
        return self.program.functions[found.pop()] if len(found) == 1 else None

    def places(self, helper: FunctionFacts) -> list[tuple[ast.Call, ast.Name]]:
        """The calls of a pool to which the helper hands a parameter, or a function of its own that calls one."""
        found = []
        for each in helper.calls if self._asked(helper) else ():
            if self.planner.handing.is_pools(helper.id, each.node.func):
                handed = (a for a in each.node.args if isinstance(a, ast.Name))
                found += [(each.node, a) for a in handed if a.id in self._asked(helper) or self._inner(helper, a)]
        return found

    def fanout(self, edge: Edge, helper: FunctionFacts, places: list[tuple[ast.Call, ast.Name]]) -> Fanout:
        """The fan-out of the helper's pool."""
        fanout = Fanout(helper.id, places[0][0])
        handing = self.planner.handing
        handing.check_handed(edge, handing.stand_in(fanout, helper, edge))
        for call, given in places:
            inner = self._inner(helper, given)
            if inner is not None:
                for each in self._calling(helper, inner):
                    self.planner.support.call_parameter(inner.id, each)
                fanout.converted |= {id(call), id(given)}
                twin = self.planner.enter(fanout, (Fn(inner.id),))
                fanout.file(helper.id.path).references[self.planner.place(helper.id.path, given)] = twin
        for name in self._asked(helper):
            self._hand(fanout, helper, name)
        return fanout

    def _asked(self, helper: FunctionFacts) -> list[str]:
        """The parameters for which any caller hands over what asks."""
        names = sorted(helper.parameter_names - helper.bindings.keys())
        return [
            name
            for name in names
            if any(self.callbacks.kind(scope, a, False) == "asks" for scope, _, a in self._handed(helper, name))
        ]

    def _handed(self, helper: FunctionFacts, name: str) -> list[tuple[FunctionId, ast.Call, ast.expr]]:
        return self.callbacks.handed(helper.id, name)

    def _inner(self, helper: FunctionFacts, given: ast.Name) -> FunctionFacts | None:
        """The helper's own function of the name, where it calls one of the parameters."""
        inner = self.program.functions.get(FunctionId(helper.id.path, f"{helper.id.qualname}.<locals>.{given.id}"))
        return inner if inner is not None and self._calling(helper, inner) else None

    def _calling(self, helper: FunctionFacts, inner: FunctionFacts) -> list[ast.Call]:
        own = inner.parameter_names | inner.bindings.keys()
        named = [c.node for c in inner.calls if isinstance(c.node.func, ast.Name) and c.node.func.id not in own]
        return [call for call in named if last_name(call.func) in self._asked(helper)]

    def _hand(self, fanout: Fanout, helper: FunctionFacts, name: str) -> None:
        """Have all callers hand over twins for the parameter."""
        handed = self._handed(helper, name)
        if len(handed) != len(list(self.program.callers.call_sites(helper))) or self._is_handed_on(helper):
            what = f"not all that `{Graph.label(helper.id)}` is handed for `{name}` can be seen"
            raise Refused("unsupported-shape", what)
        for scope, call, argument in handed:
            fanout.converted |= {id(call), id(argument)}
            if not self._enter(fanout, scope, argument):
                where = f"{scope.path}:{argument.lineno}"
                what = f"`{Graph.label(helper.id)}` is handed something as well that asks nothing ({where})"
                raise Refused("unsupported-shape", what)

    def _enter(self, fanout: Fanout, scope: FunctionId, argument: ast.expr) -> bool:
        if isinstance(argument, ast.Lambda):
            return self.planner.handing.enter_lambda(fanout, scope, argument)
        if isinstance(argument, ast.Call) and last_name(argument.func) == "partial" and argument.args:
            argument = argument.args[0]
        asks = self.callbacks.kind(scope, argument, False) == "asks"
        if not asks or not isinstance(argument, ast.Name | ast.Attribute):
            return False
        twin = self.planner.enter(fanout, self.planner.support.entered(scope, argument))
        fanout.file(scope.path).references[self.planner.place(scope.path, argument)] = twin
        fanout.converted.add(id(argument))
        return True

    def _is_handed_on(self, helper: FunctionFacts) -> bool:
        """Whether the helper itself is handed on, to who knows what."""
        for reference in self.program.callers.references(helper.name):
            values = self.program.eval(reference.function, reference.node)
            if any(isinstance(v, Fn) and v.id == helper.id for v in values):
                return True
        return False
