"""Functions of a library that go from files to files: whoever calls one starts a job, and gets nothing to wait for.

Such a function reads its items from a file that it is told of, asks about each, and has the answers written to a file.
So does the handler of an event that names a table or a folder, or of one at which it does not look, and that gives
none of the answers back.
"""

from __future__ import annotations

import ast
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from batchlint.entrypoints import Kind
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.findings import Latency, Step
from batchlint.graph.entries import keys_of
from batchlint.graph.links import Edge, Entry, ModelCall, Part, label
from batchlint.symbols import Program, last_name
from batchlint.trees import arguments, walk
from batchlint.values import Fn

_READS = frozenset(
    ["open", "read_csv", "read_json", "read_excel", "read_parquet", "load_dataset", "load_from_disk", "listdir", "glob"]
)
"""Calls that read what is to be gone through: from the file, the folder or the data set that an argument names."""
_TABLES = frozenset(
    ["read_csv", "read_json", "read_excel", "read_parquet", "DictReader", "list_objects_v2", "paginate", "list_blobs"]
)
"""Calls that give a row per item of a file, or all files of a folder."""
_WRITES = frozenset(
    [
        "dump", "to_csv", "to_json", "to_excel", "to_parquet", "write_text", "save_to_disk", "writerow",
        "put_object", "upload_file", "upload_fileobj", "upload_from_string", "upload_from_filename",
    ]
)  # fmt: skip
_COUNTED = frozenset({"len", "sum", "round", "min", "max", "time", "isoformat"})
_PASSED = frozenset({"str", "int", "float", "dumps"})
_FAILED = frozenset({"error", "errors", "failed", "exception", "status"})
"""Keys of what went wrong."""
_MOST_STEPS = 6
_ASKED = re.compile(r"question|query|prompt|message|session|user|chat|mail|callback|connection", re.IGNORECASE)
"""Keys of what somebody asks, and of who that is."""
_RESPONSE = frozenset({"statusCode", "body"})
"""Keys of what a handler gives whoever requests it through a gateway."""
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

    def as_handled(self, entry: Entry, id: FunctionId) -> Entry:
        """The way in, of which nothing tells what event it is, as it counts where that names a table or a folder.

        Or where the handler looks at nothing of it, so that nobody can ask anything by it.
        """
        kind = entry.kind
        if kind.kind != "unknown" or kind.framework not in self._handlers:
            return entry
        if self._looks_at_nothing(id):
            what = f"{label(id)}, which looks at nothing of its event"
            return Entry(Kind(kind.framework, "script", None), Step(id.path, entry.step.line, what))
        if not self._handles_table(id):
            return entry
        what = f"{label(id)}, which goes through what its event names"
        return Entry(Kind(kind.framework, "task_queue", Latency.HOURS), Step(id.path, entry.step.line, what))

    @cached_property
    def _handlers(self) -> set[str]:
        """The frameworks whose events say what they are."""
        return {shape.entry.framework for shape in self.program.registry.events}

    def _looks_at_nothing(self, id: FunctionId) -> bool:
        """Whether the handler reads none of its parameters, and gives back no more than that it is done."""
        function = self.function(id)
        read = {each.id for each in walk(function.node) if isinstance(each, ast.Name)}
        is_plain = not (function.rest or function.named or function.yields)
        given = (part for each in function.returns for part in (each.values if isinstance(each, ast.Dict) else [each]))
        return is_plain and read.isdisjoint(function.parameter_names) and not any(_may_hold(function, e) for e in given)

    def _handles_table(self, id: FunctionId) -> bool:
        leading = self._leading(id)
        return (
            any(leading.values())
            and self._reads_given(self.function(id), _READ_DEEP, _TABLES)
            and any(self._has_written(self.function(each)) for each in leading)
            and not any(_may_hold(self.function(id), each) for each in self.function(id).returns)
            and not self._serving - {id}
            and not any(map(_ASKED.search, keys_of(self.function(id).node)))
        )

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
            and not self._serving
        )

    @cached_property
    def _serving(self) -> set[FunctionId]:
        """The functions for which somebody waits, or may do so at an event that nothing tells of."""
        started = ((id, entry.kind) for id in self.program.functions for entry in self._entries(id))
        return {id for id, kind in started if kind.latency is Latency.REALTIME or kind.kind == "unknown"}

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

    def _reads_given(self, function: FunctionFacts, deep: int, by: frozenset[str] = _READS) -> bool:
        """Whether the function reads a file, a folder or a data set that its caller names."""
        told = set(function.parameter_names)
        for name, bindings in function.bindings.items():
            if any(binding.value is not None and _reads_one_of(told, binding.value) for binding in bindings):
                told.add(name)
        for call in function.calls:
            if not any(_reads_one_of(told, each) for each in arguments(call.node)):
                continue
            if last_name(call.node.func) in by and not _writes(call.node):
                return True
            if deep and any(self._reads_given(each, deep - 1, by) for each in self._called(function, call.node)):
                return True
        return False

    def _has_written(self, function: FunctionFacts) -> bool:
        return any(_writes(call.node) for each in self.below(function.id, _WRITE_DEEP) for call in each.calls)

    def _called(self, function: FunctionFacts, call: ast.Call) -> Iterator[FunctionFacts]:
        for value in self.program.eval(function.id, call.func):
            if isinstance(value, Fn) and value.id != function.id:
                yield self.function(value.id)


def _may_hold(function: FunctionFacts, node: ast.expr, depth: int = 0) -> bool:
    """Whether what the handler gives back may hold an answer, rather than how many there were and where they lie."""

    def any_of(nodes: Iterable[ast.expr]) -> bool:
        return any(_may_hold(function, each, depth + 1) for each in nodes)

    match node:
        case ast.Constant():
            return False
        case ast.Name(name):
            bindings = [each for each in function.bindings.get(name, ()) if each.how != "except"]
            if depth > _MOST_STEPS or any(each.value is None or each.how != "value" for each in bindings):
                return name not in function.parameter_names
            return any_of(each.value for each in bindings if each.value is not None)
        case ast.Attribute(value) | ast.FormattedValue(value) | ast.Subscript(value):
            return any_of([value])
        case ast.JoinedStr(values) | ast.BoolOp(_, values):
            return any_of(values)
        case ast.IfExp(_, body, orelse) | ast.BinOp(body, _, orelse):
            return any_of([body, orelse])
        case ast.Dict(keys, values) if keys:
            names = {key.value for key in keys if isinstance(key, ast.Constant)}
            return not names.isdisjoint(_RESPONSE) or any_of(values)
        case ast.ListComp(elt):
            return not any(isinstance(each, ast.Constant) and each.value in _FAILED for each in walk(elt))
        case ast.Call(ast.Attribute(value, "get")):
            return any_of([value])
        case ast.Call(_, args):
            name = last_name(node.func)
            return name not in _COUNTED and (name not in _PASSED or any_of(args))
    return True


def _reads_one_of(names: set[str], node: ast.expr) -> bool:
    return any(isinstance(each, ast.Name) and each.id in names for each in walk(node))


def _writes(call: ast.Call) -> bool:
    name = last_name(call.func)
    if name != "open":
        return name in _WRITES
    modes = [*call.args[1:2], *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    texts = [mode.value for mode in modes if isinstance(mode, ast.Constant) and isinstance(mode.value, str)]
    return any(text[:1] in {"w", "a", "x"} for text in texts)
