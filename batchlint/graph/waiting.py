"""Whether whoever enqueues a task waits for its result after all."""

from __future__ import annotations

import ast

from batchlint.facts import FunctionFacts
from batchlint.graph.links import Edge, Part
from batchlint.graph.lookups import Lookups
from batchlint.graph.polls import Polls
from batchlint.graph.replies import Replies
from batchlint.symbols import Program, last_name
from batchlint.trees import walk

_GROUPS = frozenset({"group", "chord", "chain", "chunks"})
"""What makes one of several signatures of tasks."""


class Waiting(Part):
    def __init__(self, program: Program, polls: Polls, replies: Replies, lookups: Lookups) -> None:
        super().__init__(program)
        self._lookups = lookups
        self._polls = polls
        self._replies = replies
        self._known: dict[int, bool] = {}
        """By the identity of the edge, of which each is made once."""

    def waits(self, edge: Edge) -> bool:
        """Whether the caller of a queue edge, or whoever wrote to it, waits for the result after all."""
        key = id(edge)
        if key not in self._known:
            self._known[key] = self._waits(edge)
        return self._known[key]

    def _waits(self, edge: Edge) -> bool:
        function = self.function(edge.caller)
        # A thread or an event loop is handed the method that waits: `await asyncio.to_thread(result.get)`.
        run = [node for call in function.calls for node in (call.node.func, *call.node.args)]
        waits = self.program.registry.waits
        asked = [node.value for node in run if isinstance(node, ast.Attribute) and node.attr in waits]
        if asked and (any(_is_result(each, edge.node) for each in asked) or self._is_held(function, asked, edge.node)):
            return True
        return self._replies.answers(edge) or self._polls.is_polled(edge) or self._lookups.follow(edge)

    def _is_held(self, function: FunctionFacts, asked: list[ast.expr], enqueuing: ast.AST) -> bool:
        """Whether what enqueuing gives is held by a variable, alone or with others, and asked there."""
        names = {
            name
            for name, bindings in function.bindings.items()
            for binding in bindings
            if binding.value is not None and binding.how == "value" and _is_result(binding.value, enqueuing)
        }
        for call in function.calls:
            func = call.node.func
            if isinstance(func, ast.Attribute) and func.attr == "append" and isinstance(func.value, ast.Name):
                names |= {func.value.id} if any(_is_result(each, enqueuing) for each in call.node.args) else set()
        if not names:
            return False
        for node in walk(function.node):
            if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension) and _names_in(node.iter) & names:
                names |= _names_in(node.target)
        return any(isinstance(each, ast.Name) and each.id in names for each in asked)


def _is_result(node: ast.expr, enqueuing: ast.AST) -> bool:
    """Whether the expression is what enqueuing gives, several of it, or a group of tasks that is started with it."""
    if node is enqueuing:
        return True
    if isinstance(node, ast.Await):
        return _is_result(node.value, enqueuing)
    if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp):
        return _is_result(node.elt, enqueuing)
    if isinstance(node, ast.List | ast.Tuple):
        return any(_is_result(each, enqueuing) for each in node.elts)
    if isinstance(node, ast.Call):
        inner = node.func.value if isinstance(node.func, ast.Attribute) else node.func
        is_group = isinstance(node.func, ast.Name | ast.Attribute) and last_name(node.func) in _GROUPS
        parts = [*([inner] if isinstance(inner, ast.Call) else []), *(node.args if is_group else [])]
        return any(_is_result(each, enqueuing) for each in parts)
    return False


def _names_in(node: ast.AST) -> set[str]:
    return {each.id for each in walk(node) if isinstance(each, ast.Name)}
