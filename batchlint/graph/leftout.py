"""Questions for what a command line or a setting left out: `path = args.path or input("Path of the file: ")`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from batchlint.facts import CallFacts, FunctionFacts
from batchlint.graph.conditions import tests_before
from batchlint.trees import children, stands_in, walk_own

_STEPS = 2
"""Variables through which an answer goes."""


def is_left_out(function: FunctionFacts, question: CallFacts) -> bool:
    """Whether the function asks only where nothing else gave it what it asks for."""
    node = question.node
    for each in walk_own(function.node):
        if isinstance(each, ast.BoolOp) and isinstance(each.op, ast.Or):
            if any(stands_in(node, value) for value in each.values[1:]):
                return True
        elif isinstance(each, ast.IfExp) and (stands_in(node, each.body) or stands_in(node, each.orelse)):
            other = each.body if stands_in(node, each.orelse) else each.orelse
            if not _read([each.test]).isdisjoint(_read([other])):
                return True
    tested = _read(test for test, _ in tests_before(function, node))
    return not tested.isdisjoint(_otherwise(function, node) | set(_filled(function, node)))


def _filled(function: FunctionFacts, question: ast.Call) -> Iterator[str]:
    """The attributes that the answer goes to: `args.path` of `if not args.path: args.path = input("File? ")`."""
    for each in walk_own(function.node):
        if isinstance(each, ast.Assign) and stands_in(question, each.value):
            yield from (ast.unparse(target) for target in each.targets if isinstance(target, ast.Attribute))


def _otherwise(function: FunctionFacts, question: ast.Call) -> set[str]:
    """What is read for the variable that the answer goes to, or what the function returns, where nobody is asked.

    The answer may go there by way of another: `count = int(raw)`.
    """
    given = {
        name: [binding.value for binding in bindings if binding.how == "value" and binding.value is not None]
        for name, bindings in function.bindings.items()
    }
    answers: set[str] = set()

    def is_answer(value: ast.expr) -> bool:
        return stands_in(question, value) or not answers.isdisjoint(_read([value]))

    for _ in range(_STEPS):
        answers |= {name for name, values in given.items() if any(map(is_answer, values))}
    found = answers.union(*(_read(each for each in given[name] if not is_answer(each)) for name in answers))
    if any(stands_in(question, each) for each in function.returns):
        found |= _read(each for each in function.returns if not stands_in(question, each))
    return found


def _read(nodes: Iterable[ast.AST]) -> set[str]:
    """The names and attributes that are read, each as a whole: `args.path`."""
    return {name for node in nodes for name in _names(node)}


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name | ast.Attribute):
        yield ast.unparse(node)
        return
    inner: Iterable[ast.AST] = children(node)
    if isinstance(node, ast.Call):
        inner = [*([node.func.value] if isinstance(node.func, ast.Attribute) else []), *node.args]
    for each in inner:
        yield from _names(each)
