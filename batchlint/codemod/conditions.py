"""The order of evaluation: what comes before a call in its statement, what may be skipped, what decides about it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batchlint.codemod import scopes
from batchlint.codemod.blocks import Comprehension, comprehension_parts
from batchlint.trees import walk


def under_condition(node: ast.AST, calls: set[int]) -> bool:
    """Whether a call may be skipped: in a conditional expression, behind `and`/`or`, in a comprehension."""
    return any(id(inner) in calls for parts, _ in _conditions(node) for part in parts for inner in walk(part))


def decisions(node: ast.AST, call: ast.Call) -> list[ast.expr]:
    """What tells, in the expression or statement, whether and how often the call is made."""
    decided = (test for parts, test in _conditions(node) if any(n is call for part in parts for n in walk(part)))
    return [part for test in decided for part in test]


def parts_before(node: ast.AST, call: ast.Call) -> Iterator[tuple[ast.expr, bool]]:
    """What the statement or expression evaluates before the call; whether only as which object it is.

    In `keep(self.rows, len(self.rows), ask(text))` it is read how many rows there are, but not which.
    """
    for child in _evaluated(node):
        if any(inner is call for inner in walk(child)):
            if child is not call:
                yield from parts_before(child, call)
            return
        if isinstance(node, ast.Call) and child is node.func and isinstance(child, ast.Attribute):
            if not isinstance(child.value, ast.Name):
                yield child.value, True
        else:
            is_looked_into = isinstance(node, ast.BoolOp | ast.IfExp | Comprehension)
            yield child, isinstance(child, ast.Name | ast.Attribute) and not is_looked_into


def can_be_hoisted(statement: ast.AST, calls: list[ast.Call]) -> bool:
    """Whether the requests can stand in front of the statement: they need no name that it binds, and are all made."""
    if not isinstance(statement, ast.Expr | ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Return):
        return False
    own = {id(n) for call in calls for n in walk(call)}
    bound = {n.target.id for n in walk(statement) if isinstance(n, ast.NamedExpr) and id(n) not in own}
    chains = (n for n in walk(statement) if isinstance(n, ast.Compare) and len(n.comparators) > 1)
    later = {id(n) for chain in chains for part in chain.comparators[1:] for n in walk(part)}
    return not any(id(call) in later or bound & scopes.read(call) for call in calls)


def _evaluated(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions directly in the node, in the order in which they are evaluated; no targets of assignments."""
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.NamedExpr):
        children: list[ast.AST | None] = [node.value]
    elif isinstance(node, ast.Dict):
        children = [each for pair in zip(node.keys, node.values, strict=True) for each in pair]
    elif isinstance(node, ast.IfExp):
        children = [node.test, node.body, node.orelse]
    elif isinstance(node, Comprehension):
        children = [*(part for g in node.generators for part in (g.iter, *g.ifs)), *comprehension_parts(node)]
    elif isinstance(node, ast.Lambda):
        children = []
    else:
        children = [each.value if isinstance(each, ast.keyword) else each for each in ast.iter_child_nodes(node)]
    return (each for each in children if isinstance(each, ast.expr))


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
