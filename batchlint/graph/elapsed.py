"""Work that is only done when some time has passed since the last: `if now() - self.last_check >= self.interval`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batchlint.facts import FunctionFacts, FunctionId
from batchlint.graph.conditions import tests_before
from batchlint.graph.daytimes import LAST
from batchlint.graph.durations import Durations
from batchlint.graph.links import Part
from batchlint.symbols import Program, last_name
from batchlint.trees import walk

_CLOCKS = frozenset({"now", "utcnow", "time", "monotonic", "perf_counter", "today", "timestamp"})
_DAY = 24 * 3600
_DEEP = 3
_AFTER, _BEFORE = (ast.Gt, ast.GtE), (ast.Lt, ast.LtE)


class Elapsed(Part):
    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._durations = Durations(program)

    def since_last(self, id: FunctionId, node: ast.expr) -> float | None:
        """The seconds that pass at least before the function comes to the node again, where a test tells."""
        function = self.function(id)
        found = [self._passed(function, test, holds) for test, holds in tests_before(function, node)]
        return max((seconds for seconds in found if seconds is not None), default=None)

    def _passed(self, function: FunctionFacts, test: ast.expr, holds: bool) -> float | None:
        """How many seconds must have passed where the test turns out so."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            return self._passed(function, test.operand, not holds)
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) is holds:
            parts = [self._passed(function, each, holds) for each in test.values]
            return max((seconds for seconds in parts if seconds is not None), default=None)
        if not isinstance(test, ast.Compare) or len(test.ops) != 1:
            return None
        sides = [(test.left, test.comparators[0], _AFTER if holds else _BEFORE)]
        sides.append((test.comparators[0], test.left, _BEFORE if holds else _AFTER))
        for passed, least, kinds in sides:
            scale = self._scale(function, passed, 0) if isinstance(test.ops[0], kinds) else None
            number = self._durations.number(function.id, least) if scale is not None else None
            if scale is not None and number is not None:
                return number * scale
        return None

    def _scale(self, function: FunctionFacts, node: ast.expr, depth: int) -> float | None:
        """In units of how many seconds the expression tells how long ago something was; None where it does not."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "total_seconds":
            return self._scale(function, node.func.value, depth)
        if isinstance(node, ast.Attribute) and node.attr in {"seconds", "days"}:
            scale = self._scale(function, node.value, depth)
            return scale if scale is None or node.attr == "seconds" else scale * _DAY
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            scale, number = self._scale(function, node.left, depth), self._durations.number(function.id, node.right)
            return scale * number if scale is not None and number is not None else None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
            is_since = LAST.search(ast.unparse(node.right)) is not None
            return 1.0 if is_since and self._is_now(function, node.left) else None
        scales = {self._scale(function, each, depth + 1) for each in _meant(function, node)} if depth < _DEEP else set()
        return scales.pop() if len(scales) == 1 else None

    def _is_now(self, function: FunctionFacts, node: ast.expr) -> bool:
        """Whether the expression is what the clock shows, or a name for that."""
        meant = list(_meant(function, node)) or [node]
        return all(any(isinstance(n, ast.Call) and last_name(n.func) in _CLOCKS for n in walk(each)) for each in meant)


def _meant(function: FunctionFacts, node: ast.expr) -> Iterator[ast.expr]:
    """What a name is bound to."""
    for binding in function.bindings.get(node.id, ()) if isinstance(node, ast.Name) else ():
        if binding.how == "value" and binding.value is not None:
            yield binding.value
