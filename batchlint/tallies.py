"""Arguments that a function only writes to, such as counters and lists of failures: no request is made of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batchlint import flow
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.graph import Graph
from batchlint.trees import children, walk
from batchlint.values import Fn

_MAX_DEPTH = 3
"""Through how many functions such an argument is followed."""


def without_tallies(graph: Graph, scope: FunctionId, call: ast.Call) -> list[ast.AST]:
    """The arguments of the call without those that the functions which it can call only write to."""
    return [each for each in flow.request_arguments(call) if not _is_tally(graph, scope, call, each, 0)]


def _is_tally(graph: Graph, scope: FunctionId, call: ast.Call, argument: ast.AST, depth: int) -> bool:
    values = graph.program.eval(scope, call.func)
    functions = [graph.function(value.id) for value in values if isinstance(value, Fn)]
    if not functions or len(functions) < len(values) or depth > _MAX_DEPTH:
        return False
    return all(_only_written(graph, each, flow.parameter_of(each, call, argument), depth) for each in functions)


def _only_written(graph: Graph, function: FunctionFacts, name: str | None, depth: int) -> bool:
    """Whether nothing in the function reads the parameter."""
    if name is None or name in function.bindings:
        return False
    uses = [n for part in flow.body(function) for n in walk(part) if isinstance(n, ast.Name) and n.id == name]
    written = {id(use) for part in flow.body(function) for use in _written(part)}
    for call in function.calls:
        for argument in flow.request_arguments(call.node):
            if isinstance(argument, ast.Name) and _is_tally(graph, function.id, call.node, argument, depth + 1):
                written.add(id(argument))
    return all(id(use) in written for use in uses)


def _written(node: ast.AST) -> Iterator[ast.Name]:
    """The names into whose object something is written: `counts["asked"] += 1`, `failed.append(row)`."""
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AugAssign):
        targets = [node.target]
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        func = node.value.func
        targets = [func.value] if isinstance(func, ast.Attribute) and func.attr in flow.MUTATORS else []
    for target in targets:
        while isinstance(target, ast.Subscript | ast.Attribute):
            target = target.value
        if isinstance(target, ast.Name):
            yield target
    for child in children(node):
        yield from _written(child)
