"""Routes that only tell how far something is, by its id: `/notes/{id}/status`. A page asks them until it is done."""

from __future__ import annotations

import ast
import re
from collections.abc import Set
from functools import cached_property

from batchlint.facts import FunctionFacts, FunctionId
from batchlint.graph.links import Part
from batchlint.graph.routes import Routes
from batchlint.symbols import Program
from batchlint.trees import walk
from batchlint.values import Fn

_PATH = re.compile(r".*[}>]/(\w+[-_])?(status|state|progress)/?")
"""The path of a state of the one thing that a part of it names."""


class StatusPages(Part):
    def __init__(self, program: Program, routes: Routes) -> None:
        super().__init__(program)
        self._routes = routes

    def tell(self, states: Set[str]) -> bool:
        """Whether one of the routes reads one of the states, itself or in what it calls."""
        return bool(states) and any(not states.isdisjoint(read) for read in self._read.values())

    @cached_property
    def _read(self) -> dict[FunctionId, set[str]]:
        """The names of the attributes and items that each of the routes reads."""
        found: dict[FunctionId, set[str]] = {}
        for path, id in self._routes.all():
            if _PATH.fullmatch(path) and id not in found:
                function = self.function(id)
                values = (value for call in function.calls for value in self.program.eval(id, call.node.func))
                below = [self.function(value.id) for value in values if isinstance(value, Fn)]
                found[id] = set().union(*map(_parts, (function, *below)))
        return found


def _parts(function: FunctionFacts) -> set[str]:
    found: set[str] = set()
    for node in walk(function.node):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            found.add(node.attr)
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            found.add(str(node.slice.value))
    return found
