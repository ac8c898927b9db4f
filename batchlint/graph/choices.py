"""Questions of how to go on where something is in the way: `if out.exists(): input("(o)verwrite, (s)kip? ")`."""

from __future__ import annotations

import ast

from batchlint.facts import CallFacts, FunctionFacts
from batchlint.graph.conditions import tests_before
from batchlint.symbols import last_name
from batchlint.trees import stands_in, walk, walk_own

_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_EXITS = frozenset({"exit", "quit", "_exit", "Exit", "Abort"})


def only_chooses(function: FunctionFacts, question: CallFacts) -> bool:
    """Whether the function asks only under a condition, and only to go on or not by the answer.

    The answer is then compared with constants, one of which ends the run, and becomes nothing else.
    """
    if question.loops or not any(True for _ in tests_before(function, question.node)):
        return False
    names = {
        name
        for name, bindings in function.bindings.items()
        for binding in bindings
        if binding.value is not None and binding.how == "value" and stands_in(question.node, binding.value)
    }
    read = [node for node in walk_own(function.node) if isinstance(node, ast.Name) and node.id in names]
    read = [node for node in read if isinstance(node.ctx, ast.Load)]
    compared = {id(each) for node in walk_own(function.node) if _is_choice(node) for each in walk(node)}
    if not read or not all(id(node) in compared for node in read):
        return False
    tests = (node for node in walk_own(function.node) if isinstance(node, ast.If) and _leaves(node.body[-1]))
    return any(stands_in(node, test.test) for test in tests for node in read)


def gives_choice(function: FunctionFacts) -> bool:
    """Whether all that the function gives are constants: one of the choices."""
    return bool(function.returns) and all(isinstance(answer, ast.Constant) for answer in function.returns)


def _is_choice(node: ast.AST) -> bool:
    """Whether the node compares something with constants only."""
    if not isinstance(node, ast.Compare):
        return False
    parts = (each for other in node.comparators for each in (other.elts if _is_row(other) else [other]))  # type: ignore[attr-defined]
    return all(isinstance(each, ast.Constant) for each in parts)


def _is_row(node: ast.expr) -> bool:
    return isinstance(node, ast.Tuple | ast.List | ast.Set)


def _leaves(statement: ast.stmt) -> bool:
    if isinstance(statement, _LEAVES):
        return True
    call = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(call, ast.Call) and last_name(call.func) in _EXITS
