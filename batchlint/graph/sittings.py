"""Programs that somebody sits through: between two pieces of the model's work they ask whether to go on."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from functools import cached_property

from batchlint.facts import MODULE, CallFacts, FunctionFacts, FunctionId
from batchlint.graph.links import Part
from batchlint.symbols import Program
from batchlint.trees import SCOPES, children, stands_in, walk_own

SITTING = "sitting"
"""The framework of what somebody starts who is asked in the middle."""
_NESTING = (ast.For, ast.AsyncFor, ast.With, ast.AsyncWith, ast.Try)
_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)


class Sittings(Part):
    def __init__(self, program: Program, asking: Collection[FunctionId], model_calls: Collection[int]) -> None:
        """`asking`: the functions with a model call; `model_calls`: the calls, by their identity."""
        super().__init__(program)
        self._asking = asking
        self._model_calls = model_calls

    def parts(self, caller: FunctionFacts, question: CallFacts) -> bool:
        """Whether a model was asked before the question, and will be after it, also in the next turn of a loop."""
        if self._each_turn(caller, question):
            return True
        for block in _blocks(caller.node):
            at = next((n for n, each in enumerate(block) if stands_in(question.node, each)), None)
            if at is None or not any(self._asks(caller, each, 0) for each in block[:at] if not _ends(each)):
                continue
            line = question.node.lineno
            if any(self._asks(caller, each, line) for each in block[at:]):
                return True
        return False

    def _each_turn(self, caller: FunctionFacts, question: CallFacts) -> bool:
        """Whether each turn of a loop over items puts the question, and then asks a model."""
        for loop in question.loops:
            block = loop.body if isinstance(loop, ast.For | ast.AsyncFor) else []
            at = next((n for n, each in enumerate(block) if stands_in(question.node, each)), None)
            if at is None or isinstance(block[at], _NESTING):
                continue
            is_always = stands_in(question.node, getattr(block[at], "test", block[at]))
            if is_always and any(self._asks(caller, each, question.node.lineno) for each in block[at:]):
                return True
        return False

    def asks(self, call: CallFacts) -> bool:
        """Whether the call comes to a model."""
        return id(call.node) in self._calls

    def samples(self, caller: FunctionFacts, question: CallFacts) -> bool:
        """Whether a model was asked before the question only where that is asked, and will be after it in any case.

        Who is shown a sample sits in front of that, not of what runs without it as well.
        """
        around: list[list[ast.stmt]] = []
        for block in _blocks(caller.node):
            at = next((n for n, each in enumerate(block) if stands_in(question.node, each)), None)
            if at is None:
                continue
            is_asked = any(self._asks(caller, each, 0) for each in block[:at] if not _ends(each))
            if is_asked and not isinstance(block[-1], _LEAVES):
                return any(self._asks(caller, each, 0) for outer in around for each in outer)
            around.append(block[at + 1 :])
        return False

    def _asks(self, caller: FunctionFacts, statement: ast.stmt, after: int) -> bool:
        """Whether a call in the statement, below the line `after`, comes to a model."""
        nodes = {id(each) for each in walk_own(statement) if isinstance(each, ast.Call) and each.lineno > after}
        return any(id(call.node) in nodes and id(call.node) in self._calls for call in caller.calls)

    @cached_property
    def _calls(self) -> set[int]:
        """All calls that come to a model, by their identity."""
        found = set(self._model_calls)
        seen: set[FunctionId] = set()
        level = set(self._asking)
        while level:
            seen |= level
            above: set[FunctionId] = set()
            for id_ in sorted(level):
                for caller, node, _ in self.program.callers.call_sites(self.function(id_)):
                    found.add(id(node))
                    above.add(caller)
            level = {each for each in above if each.qualname != MODULE} - seen
        return found


def _ends(statement: ast.stmt) -> bool:
    """Whether nothing that stands below the statement follows what is done in it."""
    return isinstance(statement, ast.If) and isinstance(statement.body[-1], _LEAVES)


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """The lists of statements of a function, without those of functions in it."""
    for field in ("body", "orelse", "finalbody"):
        block = getattr(node, field, None)
        if isinstance(block, list):
            yield block
    for child in children(node):
        if not isinstance(child, SCOPES):
            yield from _blocks(child)
