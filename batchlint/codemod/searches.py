"""Loops that look for the name of a file that is not there yet: any file that an earlier item writes may end them."""

from __future__ import annotations

import ast
from functools import cached_property

from batchlint.graph import Graph
from batchlint.symbols import last_name
from batchlint.trees import walk


class Searches:
    """Finds what they ask."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def holds(self, call: ast.Call) -> bool:
        """Whether the call stands in the condition of such a loop."""
        return id(call) in self._calls

    @cached_property
    def _calls(self) -> set[int]:
        """The calls in conditions, by identity."""
        nodes = (node for module in self._graph.modules.values() for node in walk(module.tree))
        return {id(n) for node in nodes for test in _conditions(node) for n in walk(test) if isinstance(n, ast.Call)}


def _conditions(node: ast.AST) -> list[ast.expr]:
    """The condition of a `while`, or those that end a loop which counts on."""
    if isinstance(node, ast.While):
        return [node.test]
    is_counting = isinstance(node, ast.For) and isinstance(node.iter, ast.Call) and last_name(node.iter.func) == "count"
    if not is_counting or not isinstance(node, ast.For):
        return []
    return [statement.test for statement in node.body if isinstance(statement, ast.If)]
