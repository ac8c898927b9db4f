"""Calls that are made only where there is one item: `if len(parts) == 1: return ask_all(parts)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batchlint.facts import FunctionFacts, FunctionId
from batchlint.graph import Graph
from batchlint.graph.conditions import tests_before
from batchlint.trees import arguments, length_of
from batchlint.values import Inst


def is_for_one(graph: Graph, id: FunctionId, call: ast.expr) -> bool:
    """Whether a test before the call says that what it is given, or its own object, has one item."""
    if not isinstance(call, ast.Call):
        return False
    function = graph.function(id)
    counts = [count for test, holds in tests_before(function, call) if holds for count in _ones(test)]
    if not counts:
        return False
    measured = (length_of(_value(function, count)) for count in counts)
    lengths = {ast.dump(of) for of in measured if of is not None}
    if not lengths.isdisjoint(map(ast.dump, arguments(call))):
        return True
    owner = ast.dump(call.func.value) if isinstance(call.func, ast.Attribute) else None
    fields = [each for each in counts if isinstance(each, ast.Attribute) and ast.dump(each.value) == owner]
    return any(_is_count(graph, id, field) for field in fields)


def _ones(test: ast.expr) -> Iterator[ast.expr]:
    """What is one where the test holds."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for value in test.values:
            yield from _ones(value)
    elif isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
        sides = (test.left, test.comparators[0])
        yield from (other for one, other in (sides, sides[::-1]) if isinstance(one, ast.Constant) and one.value == 1)


def _value(function: FunctionFacts, count: ast.expr) -> ast.expr | None:
    """The expression, or what the function binds the name to that it is."""
    return function.only_value(count.id) if isinstance(count, ast.Name) else count


def _is_count(graph: Graph, id: FunctionId, field: ast.Attribute) -> bool:
    """Whether the object's class keeps there how many items the object has."""
    owners = [value.id for value in graph.program.eval(id, field.value) if isinstance(value, Inst)]
    writes = [graph.program.self_writes.get(each, {}).get(field.attr, []) for each in owners]
    kept = [binding.value for found in writes for _, binding in found]
    return bool(kept) and all(length_of(each) is not None for each in kept)
