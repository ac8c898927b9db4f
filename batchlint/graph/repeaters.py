"""Project functions that run once per item what they are given: with a loop or a pool inside."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batchlint.entrypoints import Handover
from batchlint.facts import CallFacts, FunctionFacts, FunctionId
from batchlint.graph.links import Part
from batchlint.symbols import Program, is_partial, last_name
from batchlint.trees import arguments
from batchlint.values import Ext

_DEPTH = 3
"""Partials of partials."""


class Repeaters(Part):
    """Says by which kind of edge a repeated start goes: `pool`, `map`, `call`; None where there is one start."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._between: dict[tuple[FunctionId, FunctionId], str | None] = {}

    def between(self, outer: FunctionFacts, inner: FunctionFacts) -> str | None:
        """How one run of `outer` comes to many of `inner`, which stands in it."""
        key = (outer.id, inner.id)
        if key not in self._between:
            self._between[key] = self._find_between(outer, inner)
        return self._between[key]

    def _find_between(self, outer: FunctionFacts, inner: FunctionFacts) -> str | None:
        current: FunctionFacts | None = inner
        while current is not None and current.id != outer.id:
            parent = self.program.modules_function(current.id.path, current.parent)
            kinds = self._runs(parent, current) if parent is not None else ()
            if kind := next((kind for kind in kinds if kind is not None), None):
                return kind
            current = parent
        return None

    def _runs(self, parent: FunctionFacts, nested: FunctionFacts) -> Iterator[str | None]:
        for call in parent.calls:
            started = (call.node.func, *arguments(call.node))
            if any(self._is(parent, node, nested, 0) for node in started):
                yield self.kind(parent, call)

    def _is(self, scope: FunctionFacts, node: ast.expr, nested: FunctionFacts, depth: int) -> bool:
        """Whether the expression is the nested function, as it is or with some of its arguments bound."""
        if node is nested.node:
            return True
        if isinstance(node, ast.Name) and node.id == nested.name:
            return True
        partial = _partial(scope, node)
        return partial is not None and depth < _DEPTH and self._is(scope, partial.args[0], nested, depth + 1)

    def kind(self, scope: FunctionFacts, call: CallFacts, depth: int = 0) -> str | None:
        """How a call that runs a function, or hands it over, has it run many times."""
        rows = list(self._rows(scope, call.node))
        if any(row.repeats for row in rows) or self.repeats(scope.id, call.loops):
            return rows[0].kind if rows else "call"
        if last_name(call.node.func) != "partial" or depth >= _DEPTH:
            return None
        users = (user for user in scope.calls if any(_partial(scope, a) is call.node for a in arguments(user.node)))
        return next((kind for user in users if (kind := self.kind(scope, user, depth + 1)) is not None), None)

    def _rows(self, scope: FunctionFacts, node: ast.Call) -> Iterator[Handover]:
        """What is known of the call as one that runs what it is given."""
        handovers = self.program.registry.handovers
        if last_name(node.func) in handovers.by_last and last_name(node.func) != "partial":
            for value in self.program.eval(scope.id, node.func):
                rows = handovers.find(value.path) if isinstance(value, Ext) else ()
                yield from (row for row in rows if row.action == "call")


def _partial(scope: FunctionFacts, node: ast.expr) -> ast.Call | None:
    """The `partial` that an expression is, on the spot or through a variable."""
    if isinstance(node, ast.Name):
        node = scope.only_value(node.id) or node
    return node if is_partial(node) else None
