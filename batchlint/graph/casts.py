"""Loops over objects that the code makes one by one, as a plan's steps: `for step in [Load(), Judge()]: step.run()`.

Each class's method then runs once or a few times, not once per item of a collection.
"""

from __future__ import annotations

import ast

from batchlint.facts import MODULE, ClassId, FunctionFacts, FunctionId
from batchlint.graph.links import Edge, Part
from batchlint.loops import is_item_loop
from batchlint.symbols import Program
from batchlint.trees import walk
from batchlint.values import Cls, Inst, Values

_MAX_CALLERS = 5
_PLAIN = frozenset({"abc", "typing", "builtins", "typing_extensions"})
"""Libraries whose base classes make no objects."""


class Casts(Part):
    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._known: dict[ClassId, bool | None] = {}

    def as_cast(self, edge: Edge) -> Edge:
        """The call as it counts where it is of a method of such objects, and nothing else repeats it."""
        function = self.function(edge.callee)
        if not edge.repeats or function.owner is None or edge.kind != "call" or edge.inside:
            return edge
        func = edge.node.func if isinstance(edge.node, ast.Call) else None
        if not isinstance(func, ast.Attribute) or not isinstance(func.value, ast.Name):
            return edge
        drawn = func.value.id
        over = [loop for loop in edge.loops if not isinstance(loop, ast.While) and is_item_loop(loop)]
        over = [loop for loop in over if drawn in {each.id for each in walk(loop.target) if isinstance(each, ast.Name)}]
        rest = tuple(loop for loop in edge.loops if loop not in over)
        if not over or self.repeats(edge.caller, rest):
            return edge
        drawn_of = self.program.eval(edge.caller, func.value)
        return edge._replace(repeats=False) if self._are_made_one_by_one(drawn_of, function) else edge

    def _are_made_one_by_one(self, drawn: Values, method: FunctionFacts) -> bool:
        """Whether the objects are of several classes, and those that have the method come from where no loop leads."""
        program = self.program
        kinds = {value.id for value in drawn if isinstance(value, Inst)}
        kinds |= {each for v in drawn if isinstance(v, Inst) and not v.exact for each in program.subclasses(v.id)}
        owner = ClassId(method.id.path, method.owner or "")
        own = {owner, *program.subclasses(owner)}
        if sum(self._is_made_once(each) is not None for each in kinds) < 2 or any(map(self._is_of_library, own)):
            return False
        return {self._is_made_once(each) for each in own} - {None} == {True}

    def _is_of_library(self, klass: ClassId) -> bool:
        """Whether a library may make objects of the class, as of a table's rows."""
        bases = self.program.mro(klass)[1]
        return any(base.path.partition(".")[0] not in _PLAIN for base in bases)

    def _is_made_once(self, klass: ClassId) -> bool | None:
        """Whether no loop makes objects of the very class; None where nothing makes any."""
        if klass not in self._known:
            sites = self._sites(klass)
            in_loops = any(loops or self._is_repeated(id, 0) for id, loops in sites)
            self._known[klass] = not in_loops if sites else None
        return self._known[klass]

    def _sites(self, klass: ClassId) -> list[tuple[FunctionId, bool]]:
        """Where the program makes objects of the very class, and whether a loop does; class methods may at any time."""
        name = klass.qualname.rpartition(".")[2]
        found = []
        for caller, call in self.program.callers.named_calls(name):
            if self.program.is_test(caller.id.path):
                continue
            if Cls(klass) in self.program.eval(caller.id, call.node.func):
                found.append((caller.id, bool(call.loops)))
        own = (each for each in self.program.calls_by_name.get("cls", ()) if each.caller.id.path == klass.path)
        return [*found, *((each.caller.id, True) for each in own if each.caller.owner == klass.qualname)]

    def _is_repeated(self, id: FunctionId, depth: int) -> bool:
        """Whether a loop leads to the function."""
        if id.qualname == MODULE:
            return False
        if depth > _MAX_CALLERS:
            return True
        return any(
            self.program.call_facts[_identity(node)].call.loops or self._is_repeated(above, depth + 1)
            for above, node, _ in self.program.callers.call_sites(self.function(id))
            if above != id
        )


_identity = id
