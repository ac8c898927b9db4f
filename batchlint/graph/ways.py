"""What a way up must keep in mind: of which class the methods' object is, and which arguments lead down again."""

from __future__ import annotations

import ast
from typing import NamedTuple

from batchlint.entrypoints import Kind
from batchlint.facts import FunctionId
from batchlint.findings import Step
from batchlint.graph.givenobjects import GivenObjects
from batchlint.graph.givenobjects import Objects as GivenTo
from batchlint.graph.guards import Demands, Guards
from batchlint.graph.links import Edge, Entry, Part, label
from batchlint.graph.receivers import Objects, Receivers
from batchlint.symbols import Program


class Way(NamedTuple):
    """The state at a function on the way from a model call up to the entry points."""

    objects: Objects = None
    demands: Demands = frozenset()
    given: GivenTo = frozenset()


class Ways(Part):
    """Goes from callee to caller where a run of the program can."""

    def __init__(self, program: Program, *, by_word: bool = True) -> None:
        super().__init__(program)
        self._receivers = Receivers(program)
        self._guards = Guards(program, by_word=by_word)
        self._given = GivenObjects(program)
        self._above: dict[tuple[int, Way], Way | None] = {}
        """By the identity of the edge, of which each is made once."""

    def start(self, id: FunctionId, node: ast.expr) -> Way:
        """The state at the function in which a call stands."""
        return Way(None, self._guards.before(id, node), self._given.start(id, node))

    def above(self, edge: Edge, way: Way) -> Way | None:
        """The state at the caller; None where no object or argument of it leads down the way."""
        key = (id(edge), way)
        if key not in self._above:
            self._above[key] = self._find_above(edge, way)
        return self._above[key]

    def as_started(self, entry: Entry, id: FunctionId, way: Way) -> Entry:
        """The entry of the function, or where its command gives other options than the way down asks for, somebody who
        types those.
        """
        if entry.given is None or not self._guards.are_told_otherwise(id.path, entry.given, way.demands):
            return entry
        what = f"{label(id)}, with other options than {entry.step.what}"
        return Entry(Kind("subcommand", "script", None), Step(id.path, self.function(id).line, what))

    def _find_above(self, edge: Edge, way: Way) -> Way | None:
        objects = self._receivers.above(edge, way.objects)
        if objects == frozenset():
            return None
        demands = self._guards.above(edge, way.demands)
        given = self._given.above(edge, way.given)
        return None if demands is None or given is None else Way(objects, demands, given)
