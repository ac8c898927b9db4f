"""Attributes with which each turn of a loop begins anew: `bot.reset()` in front of `bot.ask(question)`."""

from __future__ import annotations

import ast
import itertools

from batchlint.facts import FunctionFacts, FunctionId, LoopNode
from batchlint.graph import Graph
from batchlint.trees import stands_in, walk
from batchlint.values import Fn

_DEEP = 2
"""Methods that a method calls."""


def is_renewed(
    graph: Graph, scope: FunctionId, call: ast.expr, loops: tuple[LoopNode, ...], holder: str, attribute: str
) -> bool:
    """Whether the innermost loop around the call empties the attribute of the object `holder` first, and asks once.

    What several requests of one turn share is the turn's own talk, in which each waits for the one before.
    """
    turns = [loop for loop in loops if not isinstance(loop, ast.comprehension)]
    if not turns or len(turns) < len(loops) or not isinstance(call, ast.Call):
        return False
    loop = max(turns, key=lambda each: each.lineno)
    asked = ast.unparse(call.func)
    if sum(isinstance(node, ast.Call) and ast.unparse(node.func) == asked for node in walk(loop)) != 1:
        return False
    before = itertools.takewhile(lambda each: not stands_in(call, each), loop.body)
    return any(_empties(graph, scope, statement, holder, attribute, 0) for statement in before)


def _empties(graph: Graph, scope: FunctionId, statement: ast.stmt, holder: str, attribute: str, depth: int) -> bool:
    """Whether the statement gives the attribute of the object a value that has nothing to do with the one before."""
    place = f"{holder}.{attribute}"
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        is_set = any(ast.unparse(target) in {place, f"{place}[:]"} for target in targets)
        return is_set and statement.value is not None and not _reads(statement.value, place)
    if isinstance(statement, ast.Delete):
        return any(ast.unparse(target) == f"{place}[:]" for target in statement.targets)
    value = statement.value if isinstance(statement, ast.Expr) else None
    called = value.value if isinstance(value, ast.Await) else value
    if not isinstance(called, ast.Call) or not isinstance(called.func, ast.Attribute):
        return False
    if called.func.attr == "clear" and ast.unparse(called.func.value) == place:
        return True
    if ast.unparse(called.func.value) != holder or depth > _DEEP:
        return False
    values = graph.program.eval(scope, called.func)
    methods = [graph.function(each.id) for each in values if isinstance(each, Fn)]
    if not methods or len(methods) < len(values):
        return False
    return all(_starts_anew(graph, method, attribute, depth) for method in methods)


def _starts_anew(graph: Graph, method: FunctionFacts, attribute: str, depth: int) -> bool:
    own = method.parameters[0].arg if method.owner is not None and method.parameters else ""
    body = method.node.body if isinstance(method.node, ast.FunctionDef | ast.AsyncFunctionDef) else []
    return bool(own) and any(_empties(graph, method.id, each, own, attribute, depth + 1) for each in body)


def _reads(value: ast.expr, place: str) -> bool:
    return any(isinstance(node, ast.Attribute) and ast.unparse(node) == place for node in walk(value))
