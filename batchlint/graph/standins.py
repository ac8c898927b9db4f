"""Calls that stand in for a queue: where the project is set up without one, the task runs on the spot."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from batchlint.facts import Binding, FunctionFacts
from batchlint.graph.conditions import tests_before
from batchlint.graph.links import Edge, Part
from batchlint.symbols import Program
from batchlint.trees import stands_in, walk, walk_own

_DEEP = 2
"""Variables of variables."""
_SENT = frozenset({"request", "event", "update", "message", "session", "g", "current_user"})
"""Names outside a function of what each request brings along."""


class StandIns(Part):
    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._known: dict[int, bool] = {}
        """By the identity of the edge, of which each is made once."""

    def is_one(self, edge: Edge, others: Sequence[Edge]) -> bool:
        """Whether the caller enqueues the callee, unless the project is set up without a queue, or that is down.

        `others` are all the ways to the callee.
        """
        if edge.kind == "queue":
            return False
        key = id(edge)
        if key not in self._known:
            queued = [each for each in others if each.kind == "queue" and each.caller == edge.caller]
            self._known[key] = any(self._replaces(self.function(edge.caller), edge, each) for each in queued)
        return self._known[key]

    def _replaces(self, function: FunctionFacts, edge: Edge, queued: Edge) -> bool:
        tests = {id(test): holds for test, holds in tests_before(function, queued.node)}
        parting = [test for test, holds in tests_before(function, edge.node) if tests.get(id(test), holds) is not holds]
        if parting:
            return all(self._is_setting(function, test, 0) for test in parting)
        tries = (node for node in walk_own(function.node) if isinstance(node, ast.Try))
        return any(_stands_among(queued, each.body) and _is_caught(edge, each) for each in tries)

    def _is_setting(self, function: FunctionFacts, test: ast.expr, depth: int) -> bool:
        """Whether the condition is the same for everyone: nothing in it comes from who calls the function."""
        names = {node.id for node in walk(test) if isinstance(node, ast.Name)}
        return names.isdisjoint(_SENT) and all(self._is_fixed(function, name, depth) for name in names)

    def _is_fixed(self, function: FunctionFacts, name: str, depth: int) -> bool:
        for current in self.program.around(function):
            if name in current.parameter_names:
                return False
            if bindings := current.bindings.get(name):
                return depth < _DEEP and all(self._is_same(current, binding, depth + 1) for binding in bindings)
        return True

    def _is_same(self, function: FunctionFacts, binding: Binding, depth: int) -> bool:
        """Whether the variable gets there what is the same for everyone."""
        if binding.how == "import":
            return True
        return binding.how == "value" and binding.value is not None and self._is_setting(function, binding.value, depth)


def _stands_among(edge: Edge, statements: Sequence[ast.stmt]) -> bool:
    return any(stands_in(edge.node, statement) for statement in statements)


def _is_caught(edge: Edge, tried: ast.Try) -> bool:
    return any(_stands_among(edge, handler.body) for handler in tried.handlers)
