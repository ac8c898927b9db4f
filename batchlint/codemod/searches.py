"""Loops that look for the name of a file that is not there yet: any file that an earlier item writes may end them."""

from __future__ import annotations

import ast

from batchlint.graph import Graph
from batchlint.symbols import last_name
from batchlint.trees import walk


class Searches:
    """Finds what they ask."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._calls: dict[str, set[int]] = {}
        """The calls in conditions, by file and identity."""

    def holds(self, path: str, call: ast.Call) -> bool:
        """Whether the call, which stands in the file, stands in the condition of such a loop."""
        if path not in self._calls:
            tests = (test for node in walk(self._graph.modules[path].tree) for test in _conditions(node))
            self._calls[path] = {id(n) for test in tests for n in walk(test) if isinstance(n, ast.Call)}
        return id(call) in self._calls[path]


def _conditions(node: ast.AST) -> list[ast.expr]:
    """The condition of a `while`, or those that end a loop which counts on."""
    if isinstance(node, ast.While):
        return [node.test]
    is_counting = isinstance(node, ast.For) and isinstance(node.iter, ast.Call) and last_name(node.iter.func) == "count"
    if not is_counting or not isinstance(node, ast.For):
        return []
    return [statement.test for statement in node.body if isinstance(statement, ast.If)]
