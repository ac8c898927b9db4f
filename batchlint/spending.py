"""What requests have cost, and how they went: parts of each answer that no later request is made of.

However they limit the run, or have another model asked.
"""

from __future__ import annotations

import ast
import re

from batchlint.flow import Move, reads
from batchlint.trees import children, walk

_USAGE = re.compile(r"(token_)?usage(_metadata)?|(total|prompt|completion|input|output)_tokens|(\w+_)?cost_(usd|eur)")
_STATUS = frozenset({"status_code", "status"})
_WENT = frozenset({"status_code", "is_success", "is_error", "reason_phrase"})
"""Attributes of an answer over HTTP that say whether there is one."""
_FAILED = 400
"""The HTTP status from which on there is none."""


def unspent(row: Move) -> Move:
    """The move without what it reads of what a request has cost, or how it went: a limit to that only ends the run."""
    spent = any(_tells_only(node) for value in row.values for node in walk(value))
    return row._replace(reads=set().union(*map(_reads_unspent, row.values))) if spent else row


def _reads_unspent(node: ast.AST) -> set[str]:
    if _tells_only(node):
        return set()
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
        failed = {name for value in node.values if (name := _failed(value)) is not None}
        return set().union(*map(_reads_unspent, node.values)) - failed
    return set().union(*map(_reads_unspent, children(node))) if any(map(_tells_only, walk(node))) else reads(node)


def _tells_only(node: ast.AST) -> bool:
    """Whether the node only says what a request has cost, or that it failed."""
    return _is_usage(node) or (isinstance(node, ast.expr) and _failed(node) is not None)


def _is_usage(node: ast.AST) -> bool:
    """Whether the node is the part of an answer that says how much it took, or how it went: `answer.usage`."""
    if isinstance(node, ast.Attribute):
        return node.attr in _WENT or _USAGE.fullmatch(node.attr) is not None
    key: ast.expr | None = node.slice if isinstance(node, ast.Subscript) else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
        key = node.args[0]
    return isinstance(key, ast.Constant) and isinstance(key.value, str) and _USAGE.fullmatch(key.value) is not None


def _failed(test: ast.expr) -> str | None:
    """The name of what is no answer where the test holds: `response` of `response.status_code == 429`."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _holder(test.operand, frozenset({"is_success"}))
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return _holder(test, frozenset({"is_error"}))
    operator, other = test.ops[0], test.comparators[0]
    codes = other.elts if isinstance(other, ast.Tuple | ast.List | ast.Set) else [other]
    numbers = [each.value for each in codes if isinstance(each, ast.Constant) and isinstance(each.value, int)]
    are_errors = len(numbers) == len(codes) and all(number >= _FAILED for number in numbers)
    is_one = isinstance(operator, ast.Eq | ast.In | ast.GtE | ast.Gt)
    return _holder(test.left, _STATUS) if are_errors and is_one else None


def _holder(node: ast.expr, names: frozenset[str]) -> str | None:
    """The name of the object of which the expression is one of the attributes."""
    owner = node.value if isinstance(node, ast.Attribute) and node.attr in names else None
    return owner.id if isinstance(owner, ast.Name) else None
