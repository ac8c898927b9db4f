"""The states that a task gives to what it works on."""

from __future__ import annotations

import ast
from typing import NamedTuple

from batchlint.facts import CallFacts, FunctionFacts, FunctionId
from batchlint.graph.links import Part
from batchlint.symbols import Program
from batchlint.trees import is_none, spreads, walk
from batchlint.values import Fn

_DEEP = 2
"""Calls below a task in which its state is looked for."""


class _State(NamedTuple):
    name: str
    parameter: str | None = None
    """The parameter of the function that the state comes from, where it is left alone unless one gives it."""


class Settled(Part):
    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._known: dict[tuple[FunctionId, int], frozenset[_State]] = {}

    def of(self, id: FunctionId) -> frozenset[str]:
        """The states that a task gives to something: `job.status = "done"`, `update(status="done")`."""
        return frozenset(state.name for state in self._set_by(id, 0))

    def _set_by(self, id: FunctionId, depth: int) -> frozenset[_State]:
        known = self._known.get((id, depth))
        if known is None:
            self._known[id, depth] = frozenset()  # where it comes back to itself
            function = self.function(id)
            found = self._set_in(function)
            for call in function.calls if depth < _DEEP else ():
                values = self.program.eval(id, call.node.func)
                below = {value.id for value in values if isinstance(value, Fn) and value.id != id}
                found.update(state for each in below for state in self._handed_down(function, call, each, depth + 1))
            known = self._known[id, depth] = frozenset(found)
        return known

    def _set_in(self, function: FunctionFacts) -> set[_State]:
        states = self.program.registry.polled.attributes
        given = [(name, binding.value) for _, name, binding in function.attributes if name in states]
        found: set[_State] = set()
        for call in function.calls:
            given += [(keyword.arg, keyword.value) for keyword in call.node.keywords if keyword.arg in states]
            told = {node.value for node in walk(call.node) if isinstance(node, ast.Constant)}
            found |= {_State(name) for name in states & told}
        return found | {_State(name, _left_alone(function, value)) for name, value in given if not is_none(value)}

    def _handed_down(self, function: FunctionFacts, call: CallFacts, id: FunctionId, depth: int) -> set[_State]:
        """The states that a helper sets for the call, but for those of a parameter that the call leaves out."""
        found: set[_State] = set()
        callee = self.function(id)
        for name, parameter in self._set_by(id, depth):
            if parameter is None or spreads(call.node):
                found.add(_State(name))
                continue
            value = self.program.callers.argument(call.node, callee, parameter)
            if value is not None and not is_none(value):
                found.add(_State(name, _left_alone(function, value)))
        return found


def _left_alone(function: FunctionFacts, value: ast.expr | None) -> str | None:
    """The parameter that the value is, if that is None unless given, and nothing else is made of it."""
    if not isinstance(value, ast.Name) or value.id not in function.parameter_names:
        return None
    is_own = value.id not in function.bindings
    return value.id if is_own and is_none(function.default(value.id)) else None
