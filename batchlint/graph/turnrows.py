"""Tasks that take their turn in a conversation of rows: `Message.objects.create(role="assistant", text=answer)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batchlint.facts import ClassId, FunctionFacts, FunctionId
from batchlint.graph.links import Edge, Part
from batchlint.graph.recalls import MAKES, READS
from batchlint.symbols import Program, last_name
from batchlint.values import Cls

_DEEP = 3
"""Calls below a function in which rows are read and made."""
_Row = tuple[ClassId, ast.Call]


class TurnRows(Part):
    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._said: dict[FunctionId, frozenset[ClassId]] = {}

    def answers(self, edge: Edge) -> bool:
        """Whether the task puts the model's turn after one that whoever enqueues it has put there, or that it reads."""
        said = self._spoken(edge.callee)
        if not said:
            return False
        asked = {c for each in self.below(edge.caller, _DEEP) for c, _ in self._made(each)}
        read = (c for each in self.below(edge.callee, _DEEP) for c in self._read(each))
        return not said.isdisjoint(asked) or not said.isdisjoint(read)

    def _spoken(self, id: FunctionId) -> frozenset[ClassId]:
        """The classes of the rows that the function makes as the model's turns."""
        if id not in self._said:
            self._said[id] = frozenset(c for each in self.below(id, _DEEP) for c in self._turns(each))
        return self._said[id]

    def _turns(self, function: FunctionFacts) -> Iterator[ClassId]:
        """Those that it makes itself, or has a helper make: `add_message(chat, "assistant", answer)`."""
        for made, call in self._made(function):
            if any(self._is_speaker(keyword.value) for keyword in self._whose(call)):
                yield made
        for each in function.calls:
            if any(map(self._is_speaker, (*each.node.args, *(keyword.value for keyword in each.node.keywords)))):
                for helper in self.entered(function.id, each.node):
                    yield from self._made_for(helper, each.node)

    def _made_for(self, helper: FunctionFacts, call: ast.Call) -> Iterator[ClassId]:
        """The classes of the rows of which the call says by an argument whose turn they are."""
        for made, inner in self._made(helper):
            for value in (keyword.value for keyword in self._whose(inner)):
                given = self.program.callers.argument(call, helper, value.id) if isinstance(value, ast.Name) else None
                if given is not None and self._is_speaker(given):
                    yield made

    def _whose(self, call: ast.Call) -> Iterator[ast.keyword]:
        """What the call says about whose turn the row is."""
        turns = self.program.registry.replies.turns
        yield from (each for each in call.keywords if each.arg and not turns.isdisjoint(each.arg.split("_")))

    def _is_speaker(self, node: ast.expr) -> bool:
        """Whether the value stands for the model: `"assistant"`, `Role.ASSISTANT`, `Role.ASSISTANT.value`."""
        if isinstance(node, ast.Attribute):
            word = last_name(node.value if node.attr == "value" else node)
        else:
            word = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        return word.lower() in self.program.registry.replies.speakers

    def _made(self, function: FunctionFacts) -> Iterator[_Row]:
        """The rows that the function makes: `Message.objects.create()`, `Message()`."""
        for each in function.calls:
            func = each.node.func
            klass = self._managed(func) if last_name(func) in MAKES else func
            if klass is not None and each.node.keywords:
                yield from ((value, each.node) for value in self._classes(function.id, klass))

    def _read(self, function: FunctionFacts) -> Iterator[ClassId]:
        """The classes of those that it reads: `Message.objects.filter()`, `select(Message)`."""
        for each in function.calls:
            name = last_name(each.node.func)
            klass = self._managed(each.node.func) if name not in MAKES else None
            if klass is not None:
                yield from self._classes(function.id, klass)
            for argument in each.node.args if name in READS else ():
                yield from self._classes(function.id, argument)

    def _managed(self, func: ast.expr) -> ast.expr | None:
        """What has the manager whose method is called: `Message` of `Message.objects.filter`."""
        manager = func.value if isinstance(func, ast.Attribute) else None
        is_one = isinstance(manager, ast.Attribute) and manager.attr in self.program.registry.mapper.managers
        return manager.value if isinstance(manager, ast.Attribute) and is_one else None

    def _classes(self, scope: FunctionId, node: ast.expr) -> Iterator[ClassId]:
        yield from (value.id for value in self.program.eval(scope, node) if isinstance(value, Cls))
