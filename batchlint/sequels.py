"""Loops that do the same again with an object that each turn's answers leave another: the rounds of a game."""

from __future__ import annotations

import ast

from batchlint import flow
from batchlint.facts import FunctionFacts, FunctionId, LoopNode
from batchlint.graph import Graph
from batchlint.heard import Heard
from batchlint.memories import Memories
from batchlint.symbols import last_name
from batchlint.trees import walk
from batchlint.values import Fn
from batchlint.worlds import Worlds


class Sequels:
    """Asked call by call; what one function does is worked out once."""

    def __init__(self, graph: Graph, memories: Memories, heard: Heard, worlds: Worlds) -> None:
        self._graph, self._memories, self._heard, self._worlds = graph, memories, heard, worlds
        self._left: dict[FunctionId, str | None] = {}

    def find(self, scope: FunctionId, loop: LoopNode, call: ast.Call) -> str | None:
        """The attribute in which one turn's answers reach the next, where the call is told nothing of its turn."""
        if isinstance(loop, ast.comprehension) or (isinstance(loop, ast.While) and isinstance(loop.test, ast.Constant)):
            return None
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        if not isinstance(owner, ast.Name):
            return None
        is_counted = isinstance(loop, ast.While) or _counts(loop)
        turning = set() if is_counted else set(flow.targets(loop.target))  # type: ignore[union-attr]
        given = turning.union(*(row.given for row in flow.moves(loop.body)))
        # What the turn gives the object, or makes it do, is its own item.
        if any(name == owner.id or name.startswith(f"{owner.id}.") for name in given):
            return None
        if not flow.all_read(flow.request_arguments(call)).isdisjoint(given):
            return None
        called = self._graph.entered(scope, call)
        return next((name for each in called if (name := self._leaves(each.id)) is not None), None)

    def _leaves(self, id: FunctionId) -> str | None:
        """The attribute that the function's requests are made of, and that their answers change."""
        if id not in self._left:
            function = self._graph.function(id)
            self._left[id] = self._find(function) if function.owner is not None else None
        return self._left[id]

    def _find(self, function: FunctionFacts) -> str | None:
        statements = [each for each in flow.body(function) if isinstance(each, ast.stmt)]
        for call in function.calls:
            values = self._graph.program.eval(function.id, call.node.func)
            if any(isinstance(value, Fn) and self._graph.asks(value.id) for value in values):
                name = self._memories.kept(function.id, call.node, call.loops)
                name = name or self._heard.find(function.id, statements, (), call.node)
                name = name or self._worlds.find(function.id, statements, (), call.node)
                if name is not None:
                    return name
        return None


def _counts(loop: ast.For | ast.AsyncFor) -> bool:
    """Whether the loop only counts its turns, rather than the items of something."""
    if not isinstance(loop.iter, ast.Call) or last_name(loop.iter.func) != "range":
        return False
    nodes = (node for argument in loop.iter.args for node in walk(argument))
    return not any(isinstance(node, ast.Call) and last_name(node.func) == "len" for node in nodes)
