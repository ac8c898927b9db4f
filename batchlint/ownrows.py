"""Stores that a method asks for one item's row, and tells its answer: `self.rows.get(id)`, `self.rows.update(id, ...)`.

Where a loop above hands another item to each turn, none reads what another one has put there.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from itertools import pairwise

from batchlint import flow
from batchlint.facts import FunctionId, LoopNode
from batchlint.graph import Graph
from batchlint.stores import Stores, own_names
from batchlint.trees import walk
from batchlint.values import Fn

Step = tuple[FunctionId, ast.expr, Sequence[LoopNode]]
"""A call, the function it stands in, and the loops around it there."""
_OF_SEVERAL = re.compile(
    r"chat|context|conversation|dialog|histor|memor|player|session|state|thread|user", re.IGNORECASE
)
"""What stands in the names of keys that several items share, and of stores of what was said before."""
_DEEP = 1
"""Methods of methods that are looked at."""


class OwnRows:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._stores = Stores(graph)

    def are_in(self, steps: Sequence[Step], name: str) -> bool:
        """Whether each turn of the nearest loop above asks the store for its own row alone.

        `steps`: the calls from the one in the method that asks upwards.
        """
        method = steps[0][0]
        if _OF_SEVERAL.search(name) or self._is_read_below(method, name):
            return False
        return self._stores.gives_rows_own(method, name, self._keys(steps))

    def _is_read_below(self, id: FunctionId, name: str, depth: int = 0) -> bool:
        """Whether another method of the object, which the method calls, speaks of the store: it may read all."""
        for call in self._graph.function(id).calls:
            func = call.node.func
            if not isinstance(func, ast.Attribute) or not isinstance(func.value, ast.Name) or func.value.id != "self":
                continue
            for value in self._graph.program.eval(id, func):
                if isinstance(value, Fn) and value.id != id:
                    node = self._graph.function(value.id).node
                    if any(isinstance(each, ast.Attribute) and ast.unparse(each) == name for each in walk(node)):
                        return True
                    if depth < _DEEP and self._is_read_below(value.id, name, depth + 1):
                        return True
        return False

    def _keys(self, steps: Sequence[Step]) -> set[str]:
        """The parameters of the method that the loop above gives each turn's own value."""
        method = self._graph.function(steps[0][0])
        given = {each: {each} for each in method.parameter_names}
        for (below, _, _), (id, call, loops) in pairwise(steps):
            if not isinstance(call, ast.Call):
                return set()
            given = {each: self._read(call, below, names) for each, names in given.items()}
            turning = set[str]().union(*map(own_names, loops))
            if loops:
                return {each for each, names in given.items() if names & turning}
            given = {each: names & self._graph.function(id).parameter_names for each, names in given.items()}
        return set()

    def _read(self, call: ast.Call, callee: FunctionId, names: set[str]) -> set[str]:
        """The names that the call reads for the parameters, but for keys that several items may share."""
        function = self._graph.function(callee)
        parameters = names & function.parameter_names
        found = (self._graph.program.callers.argument(call, function, each) for each in sorted(parameters))
        return flow.all_read(each for each in found if each is not None and not _OF_SEVERAL.search(ast.unparse(each)))
