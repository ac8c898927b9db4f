"""Arguments that a function only writes or adds to: no request is made of them.

Such are counters, lists of failures and the table of all results.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from batchlint import flow
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.graph import Graph
from batchlint.stores import Stores
from batchlint.trees import children, walk
from batchlint.values import Ext, Fn

_MAX_DEPTH = 3
"""Through how many functions such an argument is followed."""


class Tallies:
    """Asked call by call; what one function does with a parameter is worked out once."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._stores = Stores(graph)
        self._known: dict[tuple[FunctionId, str], bool] = {}

    def without(self, scope: FunctionId, call: ast.Call) -> list[ast.AST]:
        """The arguments of the call without those that the functions which it can call only write to, or store with."""
        return [
            each
            for each in flow.request_arguments(call)
            if not self._is_tally(scope, call, each, 0) and not self._stores.only_stores(scope, call, each)
        ]

    def _is_tally(self, scope: FunctionId, call: ast.Call, argument: ast.AST, depth: int) -> bool:
        values = self._graph.program.eval(scope, call.func)
        functions = [self._graph.function(value.id) for value in values if isinstance(value, Fn)]
        if not functions or len(functions) < len(values) or depth > _MAX_DEPTH:
            return False
        return all(self._only_written(each, flow.parameter_of(each, call, argument), depth) for each in functions)

    def _only_written(self, function: FunctionFacts, name: str | None, depth: int) -> bool:
        """Whether nothing in the function reads the parameter, but to add to it and to give it back."""
        bound = function.bindings.get(name, []) if name is not None else []
        if name is None or any(each.how != "value" or each.value is None for each in bound):
            return False
        key = function.id, name
        if key not in self._known:
            self._known[key] = False  # where it comes back to itself
            nodes = [node for part in flow.body(function) for node in walk(part)]
            uses = {id(node) for node in nodes if isinstance(node, ast.Name) and node.id == name}
            uses -= {id(written) for written in _written(nodes)}
            for value in (*(each.value for each in bound), *map(_whole, function.returns)):
                uses -= {id(node) for node in self._plain(function.id, value)} if value is not None else set()
            handed = [(c.node, a) for c in function.calls for a in flow.request_arguments(c.node) if id(a) in uses]
            uses -= {id(a) for call, a in handed if self._is_tally(function.id, call, a, depth + 1)}
            self._known[key] = not uses
        return self._known[key]

    def _plain(self, scope: FunctionId, node: ast.AST) -> Iterator[ast.AST]:
        """The expression and what stands in it, without what is given to project code or to a model."""
        if isinstance(node, ast.Call):
            values = self._graph.program.eval(scope, node.func)
            is_model = any(model.node is node for model in self._graph.model_calls)
            if is_model or not all(isinstance(value, Ext) for value in values):
                return
        yield node
        for child in children(node):
            yield from self._plain(scope, child)


def _whole(node: ast.expr) -> ast.expr | None:
    """What a function gives back as it is, by itself or among others."""
    return node if isinstance(node, ast.Name | ast.Tuple | ast.List | ast.Dict) else None


def _written(nodes: Iterable[ast.AST]) -> Iterator[ast.Name]:
    """The names into whose object something is written: `counts["asked"] += 1`, `failed.append(row)`."""
    for node in nodes:
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
