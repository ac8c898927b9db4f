"""How loops end: at an answer, at what answers add up to, or only where an option says so."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import NamedTuple

from batchlint.facts import FunctionFacts, LoopNode
from batchlint.flow import MUTATORS, all_read, holds, moves, reached, reads, targets, whole
from batchlint.loops import ends_at_first_success
from batchlint.spending import unspent
from batchlint.trees import is_none, walk
from batchlint.turncounts import failures, one_a_turn, without_lengths

NO_OPTIONS: Mapping[str, bool] = {}


def stops_early(
    loop: LoopNode, call: ast.Call, options: Mapping[str, bool] = NO_OPTIONS, apart: frozenset[str] = frozenset()
) -> ast.stmt | None:
    """The `break` or `return` under a condition on the answer that ends the loop; None if there is none.

    One that stands under a test for one of the `options` is there only for those who ask for it.
    """
    if isinstance(loop, ast.comprehension):
        return None
    things = _looked_into(loop)
    tainted = reached(set(), [unspent(row) for row in moves(loop.body) if not row.given <= apart], call)
    tainted -= failures(loop.body, lambda test, holds: fails(test, holds, things))
    counted = one_a_turn(loop.body, call)

    def hinges(test: ast.expr) -> bool:
        parts = list(without_lengths(test, counted)) if counted else [test]
        return any(reads(part) & tainted for part in parts) or holds([test], call)

    return _exit(loop.body, _Tests(hinges, options, things), 0, False)


def turns_on(loop: LoopNode, call: ast.Call) -> bool:
    """Whether the answer decides in the loop's own test on the next turn: what it says, not how many there are."""
    if not isinstance(loop, ast.While):
        return False
    if holds([loop.test], call):
        return True
    counted = [node for node in walk(loop.test) if isinstance(node, ast.Call) and _is_len(node)]
    assigned = [node for statement in loop.body for node in walk(statement) if isinstance(node, ast.Assign)]
    given = set().union(*(whole(target) for node in assigned for target in node.targets))
    asked = (reads(loop.test) - all_read(counted)) & given
    return bool(asked) and not asked.isdisjoint(reached(set(), moves(loop.body), call))


def goes_on(loop: LoopNode, call: ast.Call) -> bool:
    """Whether the loop has no end of its own, and its turns keep their answers rather than trying the same again."""
    is_endless = isinstance(loop, ast.While) and isinstance(loop.test, ast.Constant)
    if not isinstance(loop, ast.While) or not is_endless or ends_at_first_success(loop.body):
        return False
    tainted = reached(set(), moves(loop.body), call)
    calls = [node for statement in loop.body for node in walk(statement) if isinstance(node, ast.Call)]
    kept = [node for node in calls if isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS]
    return any(all_read(node.args) & tainted or holds(node.args, call) for node in kept)


def _is_len(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "len"


def adds_up(loop: LoopNode, stop: ast.stmt) -> bool:
    """Whether the test in front of the loop's exit compares what its turns add up: tokens, costs, a count."""
    nodes = [node for statement in getattr(loop, "body", ()) for node in walk(statement)]
    summed = {name for node in nodes if isinstance(node, ast.AugAssign) for name in targets(node.target)}
    tests = (node.test for node in nodes if isinstance(node, ast.If) and any(n is stop for n in walk(node)))
    return any(isinstance(test, ast.Compare) and not reads(test).isdisjoint(summed) for test in tests)


def options_of(function: FunctionFacts) -> dict[str, bool]:
    """The parameters that may be left out, and whether each is None or False unless a caller gives it.

    Those without a default are among them, as a caller may hand on that its own was left out.
    """
    defaults = {name: function.default(name) for name in function.parameter_names if name not in function.bindings}
    return {
        name: value is not None
        for name, value in defaults.items()
        if value is None or (isinstance(value, ast.Constant) and value.value in (None, False))
    }


def _is_switched(test: ast.expr, options: Mapping[str, bool]) -> bool:
    """Whether the test holds only where one of the options was given; what is compared with None may be missing."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return any(_is_switched(value, options) for value in test.values)
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.IsNot):
        return is_none(test.comparators[0]) and isinstance(test.left, ast.Name) and test.left.id in options
    if isinstance(test, ast.Call) and isinstance(test.func, ast.Name) and test.func.id == "isinstance":
        return any(isinstance(each, ast.Name) and each.id in options for each in test.args[:1])
    return isinstance(test, ast.Name) and options.get(test.id, False)


class _Tests(NamedTuple):
    """What is known of the tests in a loop."""

    hinges: Callable[[ast.expr], bool]
    """Whether a test is on the answer."""
    options: Mapping[str, bool]
    things: frozenset[str]
    """Names of what is more than true or false."""


def fails(test: ast.expr, holds: bool, things: frozenset[str]) -> bool:
    """Whether the test turns out so where there is no answer, whatever it would say; see `_Tests.things`."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return fails(test.operand, not holds, things)
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or) is holds:
        return all(fails(value, holds, things) for value in test.values)
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and is_none(test.comparators[0]):
        return isinstance(test.ops[0], ast.Is if holds else ast.IsNot)
    is_thing = isinstance(test, ast.Name) and test.id in things
    return not holds and (is_thing or (isinstance(test, ast.Call) and _is_len(test)))


def _looked_into(loop: ast.For | ast.AsyncFor | ast.While) -> frozenset[str]:
    """The names of what the loop takes parts of."""
    parts: list[ast.expr] = []
    for node in (node for statement in loop.body for node in walk(statement)):
        if isinstance(node, ast.Attribute | ast.Subscript):
            parts.append(node.value)
        elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            parts.append(node.iter)
    return frozenset(part.id for part in parts if isinstance(part, ast.Name))


def _exit(statements: list[ast.stmt], known: _Tests, depth: int, under: bool) -> ast.stmt | None:
    for statement in statements:
        if isinstance(statement, ast.Return) and under:
            return statement
        if isinstance(statement, ast.Break) and under and depth == 0:
            return statement
        inner: list[tuple[list[ast.stmt], int, bool]] = []
        if isinstance(statement, ast.If):
            tests = under or known.hinges(statement.test)
            for holds, block in ((True, statement.body), (False, statement.orelse)):
                is_failure = _goes_past(block) and fails(statement.test, holds, known.things)
                if not (holds and _is_switched(statement.test, known.options)):
                    inner.append((block, depth, under if is_failure else tests))
        elif isinstance(statement, ast.For | ast.AsyncFor | ast.While):
            inner = [(statement.body, depth + 1, under)]
        elif isinstance(statement, ast.With | ast.AsyncWith):
            inner = [(statement.body, depth, under)]
        elif isinstance(statement, ast.Try):
            inner = [
                (statement.body, depth, under),
                (statement.orelse, depth, under),
                (statement.finalbody, depth, under),
            ]
        for nested, level, tests in inner:
            found = _exit(nested, known, level, tests)
            if found is not None:
                return found
    return None


def _goes_past(statements: list[ast.stmt]) -> bool:
    """Whether the statements do not just end the loop with what there is: they go on, or return nothing of it."""
    last = statements[-1] if statements else None
    if not isinstance(last, ast.Return):
        return not isinstance(last, ast.Break)
    value = last.value
    return value is None or is_none(value) or (isinstance(value, ast.List) and not value.elts)
