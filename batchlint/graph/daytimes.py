"""Work that is only done when the clock shows a certain time: `if now.hour == 3`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from batchlint.facts import CallFacts, FunctionFacts
from batchlint.graph.conditions import tests_before
from batchlint.symbols import last_name
from batchlint.trees import stands_in, walk, walk_own

_MOST_HOURS = 6
"""Hours in a list of them, above which the loop works all day."""
_HOUR = ("%H", "%I", "%T", "%X", "%R")
"""What stands for the hour in a format."""
_DAY = ("%d", "%j", "%F", "%D", "%x")
_NOW = frozenset({"now", "utcnow", "today", "localtime", "now_utc", "now_local"})
"""Calls that give the time, and names that hold it."""
LAST = re.compile(r"(?<![a-z])(last|prev|previous|sent|done|ran|posted|handled|processed)(?![a-z])", re.IGNORECASE)
"""Words in what holds the last time, or its day."""


def time_of_day(function: FunctionFacts, turn: ast.While, works: Sequence[CallFacts]) -> ast.expr | None:
    """The test of the clock under which all this work of a loop's turn is done."""
    branches = [node for node in walk_own(turn) if isinstance(node, ast.If) and _is_time(function, node.test)]
    under = [next((each for each in branches if _stands_under(call, each)), None) for call in works]
    first = under[0] if under else None
    if first is not None and None not in under:
        return first.test
    for statement in turn.body if works else ():
        if isinstance(statement, ast.If) and isinstance(statement.body[-1], ast.Return | ast.Continue):
            is_past = all(call.node.lineno > (statement.end_lineno or 0) for call in works)
            if is_past and _is_other_time(function, statement.test):
                return statement.test
    return None


def comes_by_day(function: FunctionFacts, node: ast.expr) -> bool:
    """Whether the function comes to the node at one time of the day only, or at some."""
    return any(
        _is_time(function, test) if holds else _is_other_time(function, test)
        for test, holds in tests_before(function, node)
    )


def comes_between(function: FunctionFacts, node: ast.expr) -> bool:
    """Whether the function comes to the node between two times of the day only: `if not 9 <= now.hour < 21: return`."""
    bounds = 0
    for test, _ in tests_before(function, node):
        for each in (inner for inner in walk(test) if isinstance(inner, ast.Compare)):
            sides = [each.left, *each.comparators]
            pairs = zip(each.ops, sides, sides[1:], strict=False)
            bounds += sum(
                isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE)
                and any(_tells_hour(meant) for side in (one, other) for meant in _meant(function, side))
                for op, one, other in pairs
            )
    return bounds > 1


def _stands_under(call: CallFacts, branch: ast.If) -> bool:
    return any(each is branch.test for each in call.tests) and any(stands_in(call.node, each) for each in branch.body)


def _is_time(function: FunctionFacts, test: ast.expr) -> bool:
    """Whether the test is true at one time of the day only, or at some, or once a day: `last_run != today`."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return any(_is_time(function, each) for each in test.values)
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return False
    left, right = test.left, test.comparators[0]
    if isinstance(test.ops[0], ast.NotEq):
        sides = ((left, right), (right, left))
        return any(LAST.search(ast.unparse(one)) and _is_today(function, other) for one, other in sides)
    if isinstance(test.ops[0], ast.Eq):
        return any(_tells_hour(each) for side in (left, right) for each in _meant(function, side))
    lists = [each for each in _meant(function, right) if isinstance(each, ast.List | ast.Tuple | ast.Set)]
    is_few = bool(lists) and all(len(each.elts) <= _MOST_HOURS for each in lists)
    return isinstance(test.ops[0], ast.In) and is_few and any(map(_tells_hour, _meant(function, left)))


def _is_other_time(function: FunctionFacts, test: ast.expr) -> bool:
    """Whether the test is true but at one time of the day, or at some: `now.hour != 9 or now.minute > 5`."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        return any(_is_other_time(function, each) for each in test.values)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _is_time(function, test.operand)
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return False
    opposite = {ast.NotEq: ast.Eq, ast.NotIn: ast.In, ast.Eq: ast.NotEq}.get(type(test.ops[0]))
    return opposite is not None and _is_time(function, ast.Compare(test.left, [opposite()], test.comparators))


def _tells_hour(node: ast.expr) -> bool:
    """Whether the value is the hour that the clock shows, or holds it."""
    if isinstance(node, ast.Call) and last_name(node.func) == "strftime":
        texts = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        return any(each in text for text in texts for each in _HOUR)
    return isinstance(node, ast.Attribute) and node.attr in {"hour", "tm_hour"}


def _is_today(function: FunctionFacts, node: ast.expr) -> bool:
    """Whether the value is the day that the clock shows, and nothing finer."""
    found = list(_meant(function, node))
    return bool(found) and all(map(_tells_day, found))


def _tells_day(node: ast.expr) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    name = node.func.attr
    if name == "today":
        return last_name(node.func.value) == "date"
    if name == "strftime":
        texts = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        return any(each in text for text in texts for each in _DAY) and not any(
            each in text for text in texts for each in (*_HOUR, "%M", "%S")
        )
    if name in {"isoformat", "toordinal"}:
        return _tells_day(node.func.value)
    return name == "date" and not node.args and last_name(node.func.value) in _NOW


def _meant(function: FunctionFacts, node: ast.expr) -> Iterator[ast.expr]:
    """The expression, or what the name is bound to."""
    if not isinstance(node, ast.Name):
        yield node
    for binding in function.bindings.get(node.id, ()) if isinstance(node, ast.Name) else ():
        if binding.how == "value" and binding.value is not None:
            yield binding.value
