"""Functions that say by a constant what the answer says: `if "yes" in answer: return True`."""

from __future__ import annotations

import ast

from batchlint import flow
from batchlint.facts import FunctionFacts
from batchlint.trees import stands_in, walk, walk_own

_ALIKE = (ast.Eq, ast.NotEq, ast.In, ast.NotIn)
_STARTS = ("startswith", "endswith", "fullmatch", "match", "search")
_REASONS = frozenset({"finish_reason", "stop_reason", "status", "type", "role"})
"""What an answer says of itself, which is no part of its text."""


def judges(function: FunctionFacts, call: ast.Call) -> bool:
    """Whether the text of what the call gives decides which constant the function gives."""
    tests = [node for part in flow.body(function) for node in walk_own(part) if isinstance(node, ast.If)]
    tests = [node for node in tests if any(map(_says, node.body))]
    if not tests:
        return False
    tainted = flow.reached(set(), flow.moves_of(function, [call]), call)
    return any(_asks(inner, tainted, call) for node in tests for inner in walk(node.test))


def _says(statement: ast.stmt) -> bool:
    """Whether the statement gives a constant, or a member of an enumeration."""
    value = statement.value if isinstance(statement, ast.Return) else None
    value = value.operand if isinstance(value, ast.UnaryOp) else value
    if isinstance(value, ast.Attribute):
        return value.attr.isupper()
    return isinstance(value, ast.Constant) and value.value is not None


def _is_text(node: ast.AST) -> bool:
    """Whether the node is a text, or several in a row."""
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return bool(node.elts) and all(map(_is_text, node.elts))
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(node.value)


def _asks(node: ast.AST, tainted: set[str], call: ast.Call) -> bool:
    """Whether the node compares the answer's text with a text, or with what a variable holds: the right answer."""
    names = False
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], _ALIKE):
        sides = [node.left, node.comparators[0]]
        names = isinstance(node.ops[0], ast.Eq | ast.NotEq)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _STARTS:
        sides = [node.func.value, *node.args]
    else:
        return False
    told = [bool(flow.reads(each) & tainted) or stands_in(call, each) for each in sides]
    asked = [each for each, is_told in zip(sides, told, strict=True) if is_told]
    others = [each for each, is_told in zip(sides, told, strict=True) if not is_told]
    is_compared = any(_is_text(each) or (names and isinstance(each, ast.Name)) for each in others)
    return is_compared and any(getattr(each, "attr", "") not in _REASONS for each in asked)
