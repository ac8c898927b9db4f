"""Parts of expressions that may be skipped, and what decides about them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batchlint.codemod.blocks import Comprehension, comprehension_parts
from batchlint.trees import walk


def under_condition(node: ast.AST, calls: set[int]) -> bool:
    """Whether a call may be skipped: in a conditional expression, behind `and`/`or`, in a comprehension."""
    return any(id(inner) in calls for parts, _ in _conditions(node) for part in parts for inner in walk(part))


def decisions(node: ast.AST, call: ast.Call) -> list[ast.expr]:
    """What tells, in the expression or statement, whether and how often the call is made."""
    decided = (test for parts, test in _conditions(node) if any(n is call for part in parts for n in walk(part)))
    return [part for test in decided for part in test]


def _conditions(node: ast.AST) -> Iterator[tuple[list[ast.expr], list[ast.expr]]]:
    """Parts of an expression that may be skipped, each with what is evaluated first and tells."""
    for child in walk(node):
        if isinstance(child, ast.IfExp):
            yield [child.body, child.orelse], [child.test]
        elif isinstance(child, ast.BoolOp):
            for position, value in enumerate(child.values[1:], 1):
                yield [value], child.values[:position]
        elif isinstance(child, Comprehension):
            tests = [part for g in child.generators for part in (g.iter, *g.ifs)]
            yield comprehension_parts(child), tests
