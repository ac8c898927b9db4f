"""The tests under which a function comes to one of its nodes."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from batchlint.facts import FunctionFacts, LoopNode
from batchlint.trees import SCOPES, children, stands_in

_LEAVE = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def tests_before(function: FunctionFacts, node: ast.expr | ast.stmt) -> Iterator[tuple[ast.expr, bool]]:
    """The conditions, each with how it must turn out, under which the function comes to the node."""
    if not isinstance(function.node, ast.Lambda):
        yield from _tests(function.node.body, node)


def are_apart(function: FunctionFacts, one: ast.expr, loops: Sequence[LoopNode], other: ast.expr) -> bool:
    """Whether a run of the function that comes to one of the nodes, in these loops, does not come to the other."""
    if any(stands_in(other, loop) for loop in loops):
        return False
    if one is other:  # `COMMANDS[argv[1]]()`: only one of the commands asks
        return True
    tests = {id(test): holds for test, holds in tests_before(function, one)}
    return any(tests.get(id(test), holds) is not holds for test, holds in tests_before(function, other))


def follows(one: ast.expr, loops: Sequence[LoopNode], other: ast.expr) -> bool:
    """Whether the second node stands below the first, and outside the loops that come back to that."""
    is_below = other.lineno > (one.end_lineno or one.lineno)
    return is_below and not any(stands_in(other, loop) for loop in loops)


def is_under_all(function: FunctionFacts, node: ast.expr, other: ast.expr) -> bool:
    """Whether the function comes to the node only under all conditions under which it comes to the other."""
    tests = {(id(test), holds) for test, holds in tests_before(function, node)}
    return tests.issuperset((id(test), holds) for test, holds in tests_before(function, other))


def _tests(statements: Sequence[ast.stmt], node: ast.expr | ast.stmt) -> Iterator[tuple[ast.expr, bool]]:
    """The conditions, each with how it must turn out, under which the statements come to the node."""
    for statement in statements:
        if not stands_in(node, statement):
            if isinstance(statement, ast.If) and not statement.orelse and isinstance(statement.body[-1], _LEAVE):
                yield statement.test, False
            continue
        yield from _inside(statement, node)
        return


def _inside(parent: ast.AST, node: ast.expr | ast.stmt) -> Iterator[tuple[ast.expr, bool]]:
    if parent is node or isinstance(parent, SCOPES):
        return
    blocks = [value for _, value in ast.iter_fields(parent) if isinstance(value, list) and _are_statements(value)]
    for block in blocks:
        if any(stands_in(node, statement) for statement in block):
            if isinstance(parent, ast.If):
                yield parent.test, block is parent.body
            yield from _tests(block, node)
            return
    for child in children(parent):
        if stands_in(node, child):
            if isinstance(parent, ast.IfExp) and child is not parent.test:
                yield parent.test, child is parent.body
            yield from _inside(child, node)
            return


def _are_statements(value: list[ast.AST]) -> bool:
    return bool(value) and isinstance(value[0], ast.stmt)
