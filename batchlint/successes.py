"""Loops that end once it has worked: `while not done:`, and `done = True` under no condition in the body.

So do those that wait for an answer at all: `while answer is None:`, and `answer = ask(text)`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from batchlint.trees import is_none, walk

Ends = Mapping[str, bool | None]
"""Names in a loop's test, and the value of each that ends the loop; None where an answer does."""


def ends_of(loop: ast.AST) -> Ends:
    """The names that the body gives nothing but what ends the loop; after an error also the other value."""
    asked = dict(_asked(loop.test)) if isinstance(loop, ast.While) else {}
    if not asked or not isinstance(loop, ast.While):
        return {}
    nodes = [node for statement in loop.body for node in walk(statement)]
    handled = {id(inner) for node in nodes if isinstance(node, ast.ExceptHandler) for inner in walk(node)}
    plain = {id(node.targets[0]): node for node in nodes if isinstance(node, ast.Assign) and len(node.targets) == 1}
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in asked:
            assigned = plain.get(id(node))
            if assigned is None or not (_ends(assigned, asked[node.id]) or _is_handled(assigned, id(node) in handled)):
                del asked[node.id]
    return asked


def _is_handled(statement: ast.Assign, after_error: bool) -> bool:
    return after_error and isinstance(statement.value, ast.Constant)


def _ends(statement: ast.Assign, end: bool | None) -> bool:
    """Whether the statement assigns a value that ends the loop."""
    if end is None:
        return _is_answer(statement.value)
    value = statement.value.value if isinstance(statement.value, ast.Constant) else None
    return isinstance(value, int) and value in (0, 1) and bool(value) is end


def _is_answer(value: ast.expr) -> bool:
    """Whether the value is what an SDK's method gives, or a part of that: `client.messages.create(...).content`."""
    if isinstance(value, ast.Await):
        value = value.value
    func = value.func if isinstance(value, ast.Call) else None
    is_deep = isinstance(func, ast.Attribute) and isinstance(func.value, ast.Attribute)
    return isinstance(value, ast.Attribute | ast.Subscript) or is_deep


def are_met(statements: Sequence[ast.stmt], ends: Ends) -> bool:
    """Whether the statements end the loop, whatever anything tests: unless an error comes first."""
    return bool(ends) and any(meets(statement, ends) for statement in statements)


def meets(statement: ast.stmt, ends: Ends) -> bool:
    """Whether the statement ends the loop, on both sides of a condition in it."""
    if isinstance(statement, ast.Assign):
        target = statement.targets[0]
        return isinstance(target, ast.Name) and target.id in ends and _ends(statement, ends[target.id])
    if isinstance(statement, ast.If):
        return are_met(statement.body, ends) and are_met(statement.orelse, ends)
    if isinstance(statement, ast.Try):
        return are_met(statement.body, ends) or are_met(statement.orelse, ends)
    return isinstance(statement, ast.With | ast.AsyncWith) and are_met(statement.body, ends)


def _asked(test: ast.expr) -> Iterator[tuple[str, bool | None]]:
    """The names that the test asks whether they are true or false, and what ends the loop."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for value in test.values:
            yield from _asked(value)
    elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) and isinstance(test.operand, ast.Name):
        yield test.operand.id, True
    elif isinstance(test, ast.Name):
        yield test.id, False
    elif isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.left, ast.Name):
        is_same, value = isinstance(test.ops[0], ast.Is | ast.Eq), test.comparators[0]
        if is_same and is_none(value):
            yield test.left.id, None
        elif is_same and isinstance(value, ast.Constant) and value.value in (True, False):
            yield test.left.id, not value.value
