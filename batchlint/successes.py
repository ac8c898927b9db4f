"""Loops that end once it has worked: `while not done:`, and `done = True` under no condition in the body."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from batchlint.trees import walk

Ends = Mapping[str, bool]
"""Names in a loop's test, and the value of each that ends the loop."""


def ends_of(loop: ast.AST) -> Ends:
    """The names that the body gives nothing but the constant that ends the loop; after an error also the other one."""
    asked = dict(_asked(loop.test)) if isinstance(loop, ast.While) else {}
    if not asked or not isinstance(loop, ast.While):
        return {}
    nodes = [node for statement in loop.body for node in walk(statement)]
    handled = {id(inner) for node in nodes if isinstance(node, ast.ExceptHandler) for inner in walk(node)}
    plain = {id(node.targets[0]): node for node in nodes if isinstance(node, ast.Assign) and len(node.targets) == 1}
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in asked:
            value = _constant(plain.get(id(node)))
            if value is None or (value is not asked[node.id] and id(node) not in handled):
                del asked[node.id]
    return asked


def are_met(statements: Sequence[ast.stmt], ends: Ends) -> bool:
    """Whether the statements end the loop, whatever anything tests: unless an error comes first."""
    return bool(ends) and any(meets(statement, ends) for statement in statements)


def meets(statement: ast.stmt, ends: Ends) -> bool:
    """Whether the statement ends the loop, on both sides of a condition in it."""
    if isinstance(statement, ast.Assign):
        target, value = statement.targets[0], _constant(statement)
        return isinstance(target, ast.Name) and value is not None and ends.get(target.id) is value
    if isinstance(statement, ast.If):
        return are_met(statement.body, ends) and are_met(statement.orelse, ends)
    if isinstance(statement, ast.Try):
        return are_met(statement.body, ends) or are_met(statement.orelse, ends)
    return isinstance(statement, ast.With | ast.AsyncWith) and are_met(statement.body, ends)


def _asked(test: ast.expr) -> Iterator[tuple[str, bool]]:
    """The names that the test asks whether they are true or false, and what ends the loop."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for value in test.values:
            yield from _asked(value)
    elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) and isinstance(test.operand, ast.Name):
        yield test.operand.id, True
    elif isinstance(test, ast.Name):
        yield test.id, False
    elif isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.left, ast.Name):
        value = test.comparators[0]
        if (
            isinstance(test.ops[0], ast.Is | ast.Eq)
            and isinstance(value, ast.Constant)
            and value.value in (True, False)
        ):
            yield test.left.id, not value.value


def _constant(statement: ast.Assign | None) -> bool | None:
    """The truth value that the statement assigns."""
    value = statement.value if statement is not None else None
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, bool) else None
