"""Requests that look back at what was kept of other items: `store.update(page.id, text=answer)` in each turn, and
`[page.text for page in store.pages()]` in what makes the next turn's request.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from batchlint import flow
from batchlint.facts import FunctionFacts, FunctionId, LoopNode
from batchlint.graph import Graph
from batchlint.graph.links import Part
from batchlint.trees import walk
from batchlint.values import Fn, Inst, Values

_DEEP = 3
"""Calls below the one in the loop in which the request may be made."""


class Lookbacks:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._program = graph.program

    def find(self, scope: FunctionId, loop: LoopNode, call: ast.Call) -> str | None:
        """The field in which a turn keeps the call's answer and which the call reads of several rows of that store."""
        if isinstance(loop, ast.comprehension | ast.While):
            return None
        kept = dict(self._kept(scope, loop, call))
        for function in self._below(scope, call) if kept else ():
            for name, store in kept.items():
                if f".{name}" in self._program.modules[function.id.path].text and self._reads(function, name, store):
                    return name
        return None

    def _kept(self, scope: FunctionId, loop: ast.For | ast.AsyncFor, call: ast.Call) -> Iterator[tuple[str, Values]]:
        """The keywords by which a turn gives a store of the project's own what the call answers."""
        nodes = [node for statement in loop.body for node in walk(statement) if isinstance(node, ast.Call)]
        told = [node for node in nodes if node.keywords and isinstance(node.func, ast.Attribute) and node is not call]
        filled = flow.reached(set(), flow.moves(loop.body, [call]), call) if told else set()
        for node in told:
            names = [k.arg for k in node.keywords if k.arg and flow.reads(k.value) & filled]
            values = self._program.eval(scope, node.func.value) if names else ()  # type: ignore[attr-defined]
            store = frozenset(value for value in values if isinstance(value, Inst))
            yield from ((name, store) for name in names if store)

    def _below(self, scope: FunctionId, call: ast.Call) -> list[FunctionFacts]:
        """The project's functions that the call comes to."""
        values = self._program.eval(scope, call.func)
        starts = [value.id for value in values if isinstance(value, Fn)]
        return list({each.id: each for start in starts for each in self._part.below(start, _DEEP)}.values())

    @cached_property
    def _part(self) -> Part:
        return Part(self._program)

    def _reads(self, function: FunctionFacts, name: str, store: Values) -> bool:
        """Whether the function gives something, and reads that field of rows that it asks the store for."""
        moves = flow.moves_of(function) if function.returns else []
        asking = [row for row in moves if any(self._is_asked(function.id, value, store) for value in row.values)]
        asked = {given for row in asking for given in row.given}
        rows = [row for row in moves if row.within is None] if asked else []
        held = flow.reached(asked, rows)
        nodes = list(walk(function.node)) if held else []
        loops = (node for node in nodes if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension))
        several = (
            loop for loop in loops if flow.reads(loop.iter) & held or self._is_asked(function.id, loop.iter, store)
        )
        single = {given for each in several for given in flow.targets(each.target)}
        for row in rows:
            if any(isinstance(value, ast.Subscript) and flow.reads(value.value) & held for value in row.values):
                single |= row.given
        # What is only asked about a row, says which are left to do: the answer itself is in no request.
        tested = {id(inner) for node in nodes for test in _tests(node) for inner in walk(test)}
        return any(
            isinstance(node, ast.Attribute)
            and node.attr == name
            and isinstance(node.value, ast.Name)
            and node.value.id in single
            and id(node) not in tested
            for node in nodes
        )

    def _is_asked(self, scope: FunctionId, value: ast.AST, store: Values) -> bool:
        """Whether the store is asked in the value: a method of the same object, or of one of its class."""
        funcs = (node.func for node in walk(value) if isinstance(node, ast.Call))
        owners = (func.value for func in funcs if isinstance(func, ast.Attribute))
        return any(not store.isdisjoint(self._program.eval(scope, owner)) for owner in owners)


def _tests(node: ast.AST) -> list[ast.expr]:
    """What the node decides by."""
    if isinstance(node, ast.comprehension):
        return node.ifs
    return [node.test] if isinstance(node, ast.If | ast.IfExp | ast.While | ast.Assert) else []
