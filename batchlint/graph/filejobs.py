"""Functions of a library that go from files to files: whoever calls one starts a job, and gets nothing to wait for.

Such a function reads its items from a file that it is told of, asks about each, and has the answers written to a file.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from batchlint.facts import FunctionFacts, FunctionId
from batchlint.findings import Latency
from batchlint.graph.links import Edge, Entry, ModelCall, Part
from batchlint.symbols import Program, last_name
from batchlint.trees import arguments, walk
from batchlint.values import Fn

_READS = frozenset(
    ["open", "read_csv", "read_json", "read_excel", "read_parquet", "load_dataset", "load_from_disk", "listdir", "glob"]
)
"""Calls that read what is to be gone through: from the file, the folder or the data set that an argument names."""
_WRITES = frozenset(["dump", "to_csv", "to_json", "to_excel", "to_parquet", "write_text", "save_to_disk", "writerow"])
_READ_DEEP = 2
_WRITE_DEEP = 3
"""Calls below the one that leads to the model: helpers that open the file."""


class FileJobs(Part):
    """Asked about functions that nothing here calls, in programs that serve nobody."""

    def __init__(
        self,
        program: Program,
        model_calls: Iterable[ModelCall],
        entries: Callable[[FunctionId], list[Entry]],
        edges_to: Callable[[FunctionId], list[Edge]],
    ) -> None:
        super().__init__(program)
        self._model_calls = list(model_calls)
        self._entries = entries
        self._edges_to = edges_to
        self._known: dict[FunctionId, bool] = {}

    def is_one(self, id: FunctionId) -> bool:
        if id not in self._known:
            self._known[id] = self._is_one(id)
        return self._known[id]

    def _is_one(self, id: FunctionId) -> bool:
        leading = self._leading(id)
        functions = [self.function(each) for each in leading]
        return (
            any(leading.values())
            and any(self._reads_given(each, _READ_DEEP) for each in functions)
            and any(self._has_written(each) for each in functions)
            and not self._serves
        )

    @cached_property
    def _serves(self) -> bool:
        """Whether somebody waits for anything that the program does, or may do so at an event that nothing tells of."""
        kinds = (entry.kind for id in self.program.functions for entry in self._entries(id))
        return any(kind.latency is Latency.REALTIME or kind.kind == "unknown" for kind in kinds)

    @cached_property
    def _down(self) -> dict[FunctionId, dict[FunctionId, bool]]:
        """The calls by which functions come to a model: to which function, and whether once per item."""
        found: dict[FunctionId, dict[FunctionId, bool]] = {}
        queue = deque(dict.fromkeys(model.function for model in self._model_calls))
        seen = set(queue)
        while queue:
            id = queue.popleft()
            for edge in self._edges_to(id):
                if edge.kind == "queue":
                    continue
                below = found.setdefault(edge.caller, {})
                below[id] = below.get(id, False) or edge.repeats
                if edge.caller not in seen:
                    seen.add(edge.caller)
                    queue.append(edge.caller)
        return found

    @cached_property
    def _in_loops(self) -> set[FunctionId]:
        """The functions that ask a model themselves once per item."""
        found: set[FunctionId] = set()
        for model in self._model_calls:
            reference = self.program.call_facts.get(id(model.node))
            if model.fans_out or (reference is not None and self.repeats(model.function, reference.call.loops)):
                found.add(model.function)
        return found

    def _leading(self, id: FunctionId) -> dict[FunctionId, bool]:
        """The function and those below it that come to a model, and whether that is once per item there."""
        found = {id: id in self._in_loops}
        queue = deque([id])
        while queue:
            caller = queue.popleft()
            for callee, repeats in self._down.get(caller, {}).items():
                found[caller] = found[caller] or repeats
                if callee not in found:
                    found[callee] = callee in self._in_loops
                    queue.append(callee)
        return found

    def _reads_given(self, function: FunctionFacts, deep: int) -> bool:
        """Whether the function reads a file, a folder or a data set that its caller names."""
        told = set(function.parameter_names)
        for name, bindings in function.bindings.items():
            if any(binding.value is not None and _reads_one_of(told, binding.value) for binding in bindings):
                told.add(name)
        for call in function.calls:
            if not any(_reads_one_of(told, each) for each in arguments(call.node)):
                continue
            if last_name(call.node.func) in _READS and not _writes(call.node):
                return True
            if deep and any(self._reads_given(each, deep - 1) for each in self._called(function, call.node)):
                return True
        return False

    def _has_written(self, function: FunctionFacts) -> bool:
        return any(_writes(call.node) for each in self.below(function.id, _WRITE_DEEP) for call in each.calls)

    def _called(self, function: FunctionFacts, call: ast.Call) -> Iterator[FunctionFacts]:
        for value in self.program.eval(function.id, call.func):
            if isinstance(value, Fn) and value.id != function.id:
                yield self.function(value.id)


def _reads_one_of(names: set[str], node: ast.expr) -> bool:
    return any(isinstance(each, ast.Name) and each.id in names for each in walk(node))


def _writes(call: ast.Call) -> bool:
    name = last_name(call.func)
    if name != "open":
        return name in _WRITES
    modes = [*call.args[1:2], *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    texts = [mode.value for mode in modes if isinstance(mode, ast.Constant) and isinstance(mode.value, str)]
    return any(text[:1] in {"w", "a", "x"} for text in texts)
