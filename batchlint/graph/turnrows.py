"""Tasks that take their turn in a conversation of rows: `Message.objects.create(role="assistant", text=answer)`.

Or of documents: `db.messages.insert_one({"role": "assistant", "text": answer})`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from batchlint.facts import ClassId, FunctionFacts, FunctionId
from batchlint.graph.links import Edge, Part
from batchlint.graph.recalls import MAKES, READS, managed
from batchlint.symbols import Program, last_name
from batchlint.trees import arguments
from batchlint.values import Cls

_DEEP = 3
"""Calls below a function in which rows are read and made."""
_INSERTS = frozenset({"insert", "insert_one", "insert_many", "add", "put_item"})
"""Methods of collections that put documents there."""
_Row = Sequence[tuple[str, ast.expr]]
_Table = ClassId | str
"""The class of rows, or what stands for a collection of documents in the code."""


class TurnRows(Part):
    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._said: dict[FunctionId, frozenset[_Table]] = {}

    def answers(self, edge: Edge) -> bool:
        """Whether the task puts the model's turn after one that whoever enqueues it has put there, or that it reads."""
        said = self._spoken(edge.callee)
        if not said:
            return False
        asked = {c for each in self.below(edge.caller, _DEEP) for c, _ in self._made(each)}
        read = (c for each in self.below(edge.callee, _DEEP) for c in self._read(each))
        return not said.isdisjoint(asked) or not said.isdisjoint(read)

    def _spoken(self, id: FunctionId) -> frozenset[_Table]:
        """Where the function puts rows that are the model's turns."""
        if id not in self._said:
            self._said[id] = frozenset(c for each in self.below(id, _DEEP) for c in self._turns(each))
        return self._said[id]

    def _turns(self, function: FunctionFacts) -> Iterator[_Table]:
        """Those that it makes itself, or has a helper make: `add_message(chat, "assistant", answer)`."""
        for made, given in self._made(function):
            if any(map(self._is_speaker, self._whose(given))):
                yield made
        for each in function.calls:
            if any(map(self._is_speaker, (*each.node.args, *(keyword.value for keyword in each.node.keywords)))):
                for helper in self.entered(function.id, each.node):
                    yield from self._made_for(helper, each.node)

    def _made_for(self, helper: FunctionFacts, call: ast.Call) -> Iterator[_Table]:
        """Where the helper puts the row of which the call says by an argument whose turn it is."""
        for made, row in self._made(helper):
            for value in self._whose(row):
                given = self.program.callers.argument(call, helper, value.id) if isinstance(value, ast.Name) else None
                if given is not None and self._is_speaker(given):
                    yield made

    def _whose(self, row: _Row) -> Iterator[ast.expr]:
        """What the row says about whose turn it is."""
        turns = self.program.registry.replies.turns
        yield from (value for name, value in row if not turns.isdisjoint(name.split("_")))

    def _is_speaker(self, node: ast.expr) -> bool:
        """Whether the value stands for the model: `"assistant"`, `Role.ASSISTANT`, `Role.ASSISTANT.value`."""
        if isinstance(node, ast.Attribute):
            word = last_name(node.value if node.attr == "value" else node)
        else:
            word = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        return word.lower() in self.program.registry.replies.speakers

    def _made(self, function: FunctionFacts) -> Iterator[tuple[_Table, _Row]]:
        """What the function makes, and where: `Message.objects.create()`, `Message()`, `messages.insert_one({})`."""
        for each in function.calls:
            func, name = each.node.func, last_name(each.node.func)
            klass = managed(self.program, func) if name in MAKES else func
            row = [(keyword.arg, keyword.value) for keyword in each.node.keywords if keyword.arg is not None]
            if klass is not None and row:
                yield from ((value, row) for value in self._classes(function.id, klass))
            if name in _INSERTS and isinstance(func, ast.Attribute):
                yield from ((ast.unparse(func.value), _entries(each)) for each in _documents(function, each.node))

    def _read(self, function: FunctionFacts) -> Iterator[_Table]:
        """What it reads: `Message.objects.filter()`, `select(Message)`, `messages.find({})`."""
        for each in function.calls:
            func, name = each.node.func, last_name(each.node.func)
            klass = managed(self.program, func) if name not in MAKES else None
            if klass is not None:
                yield from self._classes(function.id, klass)
            for argument in each.node.args if name in READS else ():
                yield from self._classes(function.id, argument)
            if name not in _INSERTS and isinstance(func, ast.Attribute):
                yield ast.unparse(func.value)

    def _classes(self, scope: FunctionId, node: ast.expr) -> Iterator[ClassId]:
        yield from (value.id for value in self.program.eval(scope, node) if isinstance(value, Cls))


def _documents(function: FunctionFacts, call: ast.Call) -> Iterator[ast.Dict]:
    """The documents that the call is given, as far as they are written out."""
    for argument in arguments(call):
        given = argument.elts if isinstance(argument, ast.List) else [argument]
        for each in given:
            value = function.only_value(each.id) if isinstance(each, ast.Name) else each
            if isinstance(value, ast.Dict):
                yield value


def _entries(node: ast.Dict) -> _Row:
    pairs = zip(node.keys, node.values, strict=True)
    return [(key.value, value) for key, value in pairs if isinstance(key, ast.Constant) and isinstance(key.value, str)]
