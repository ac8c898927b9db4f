"""The parts of the graph as types, and what every part of it needs: the program, edges, the names that people use."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from batchlint.entrypoints import Kind
from batchlint.facts import MODULE, CallFacts, FunctionFacts, FunctionId, LoopNode, ModuleFacts, Span
from batchlint.findings import Latency, Step
from batchlint.graph.drains import drains
from batchlint.iterables import EACH
from batchlint.lastturns import coming_back
from batchlint.loops import is_handful, is_item_loop
from batchlint.sources.notebooks import Cell
from batchlint.symbols import CallRef, Program, last_name
from batchlint.values import Cls, Fn, Inst, Value


class ModelCall(NamedTuple):
    """A call of an SDK (or a raw HTTP request) that reaches a hosted model."""

    function: FunctionId
    span: Span
    node: ast.Call
    path: str
    call: str
    provider: str
    endpoint: str
    kind: str
    is_async: bool
    stream: bool
    agent: bool
    fans_out: bool
    legacy: bool
    prompts: tuple[str, ...]
    handed: bool
    """Whether the SDK's method is handed to what calls it."""


_LONG = 60
"""Characters of code from which on it is cut short where it is shown."""
_STORES = frozenset(
    [
        "write_text", "write_bytes", "write", "writelines", "writerow", "writerows", "dump", "to_csv", "to_json",
        "to_parquet", "to_excel", "to_sql", "execute", "executemany", "save", "savez", "commit", "bulk_create",
    ]
)  # fmt: skip
"""What stores something, by the last step of its name: a few tries are only looked at."""


class Edge(NamedTuple):
    """One way in which `caller` starts `callee`: a call, or a call that hands the function over."""

    caller: FunctionId
    callee: FunctionId
    span: Span
    node: ast.expr
    kind: str
    repeats: bool
    loops: tuple[LoopNode, ...]
    inside: tuple[Step, ...] = ()
    """Where the function that the call hands over is handed on, and at last called."""


class Asking(NamedTuple):
    """Where a function asks whoever started it, or turns to what they said; the loops that come back there."""

    node: ast.expr
    loops: tuple[LoopNode, ...]
    is_last: bool = False
    """Whether they wait for what is done before, and no longer for what follows."""
    is_aside: bool = False
    """Whether only those are asked who have the program do what stands under the same conditions."""


class Entry(NamedTuple):
    """A way in which the outside world starts a function."""

    kind: Kind
    step: Step
    before: Step | None = None
    """What may give each run another input, before it starts."""
    after: Step | None = None
    """What whoever starts it does when it has ended."""
    word: str = ""
    """The first argument that it is started with, which may name a subcommand."""
    given: tuple[str, ...] | None = None
    """The arguments that it is started with, where a schedule shows them."""
    call: CallRef | None = None
    """The call that has its framework run it later."""
    run: Edge | None = None
    """The call of an evaluation's harness that runs it, once per example."""
    asking: Asking | None = None
    """Where the function asks whoever started it, if it does so once in a run of the function."""


class GraphSettings(NamedTuple):
    """What the project says about itself: wrappers of model calls, entry points, stated budgets, packages on disk."""

    wrappers: tuple[tuple[str, str], ...] = ()
    """Dotted names of functions that are model calls, with their provider."""
    entry_points: tuple[tuple[str, str, Latency | None], ...] = ()
    """Dotted names of functions that somebody starts: kind and budget."""
    latencies: tuple[tuple[str, Latency], ...] = ()
    """Stated budgets: a dotted name, a glob over paths, or `path:line` of a call."""
    packages: frozenset[str] = frozenset()
    """Folders with an `__init__.py`, also of files that were not read."""
    programs: frozenset[str] = frozenset()
    """Folders that are called as tests are but hold a program."""
    schemas: Callable[[], Sequence[str]] = tuple
    """Gives the texts of the project's SQL files."""
    notebooks: Callable[[], Mapping[str, Sequence[Cell]]] = dict
    """Gives the cells of its notebooks, by their path."""


class Reach(NamedTuple):
    """How the outside world reaches a function: each entry with the edges from it down to the function."""

    entry: Entry
    edges: tuple[Edge, ...]


def shape_of(function: FunctionFacts) -> tuple[str, str | None, str, list[str]]:
    """What a convention looks at: the file, the name of the class, the function's name, the parameters."""
    owner = function.owner.rpartition(".")[2] if function.owner else None
    return function.id.path, owner, function.name, [parameter.arg for parameter in function.parameters]


class Part:
    """A part of the graph's construction, over one program."""

    def __init__(self, program: Program) -> None:
        self.program = program

    @property
    def modules(self) -> dict[str, ModuleFacts]:
        return self.program.modules

    def function(self, id: FunctionId) -> FunctionFacts:
        return self.program.functions[id]

    def entered(self, scope: FunctionId, call: ast.Call) -> list[FunctionFacts]:
        """The project's functions that the call, which stands in `scope`, can enter."""
        values = self.program.eval(scope, call.func)
        return [self.function(value.id) for value in values if isinstance(value, Fn)]

    def span(self, path: str, node: ast.expr) -> Span:
        return self.modules[path].span(node)

    def edge(
        self,
        caller: FunctionId,
        callee: FunctionId,
        node: ast.expr,
        kind: str,
        call: CallFacts | None,
        many: bool = False,
    ) -> Edge:
        loops = call.loops if call else ()
        repeats = many or (call is not None and self.is_repeated(caller, call))
        return Edge(caller, callee, self.span(caller.path, node), node, kind, repeats, loops)

    def below(self, start: FunctionId, deep: int) -> Iterator[FunctionFacts]:
        """The function and the project's functions that it calls, so many calls deep."""
        seen = {start}
        level = [start]
        for _ in range(deep):
            found: list[FunctionId] = []
            for id in level:
                function = self.function(id)
                yield function
                values = (v for call in function.calls for v in self.program.eval(id, call.node.func))
                found += [value.id for value in values if isinstance(value, Fn) and value.id not in seen]
                seen.update(found)
            level = list(dict.fromkeys(found))

    def is_repeated(self, id: FunctionId, call: CallFacts) -> bool:
        """Whether the call of the function is made once per item of a collection."""
        return self.repeats(id, call.loops) and self.repeats(id, coming_back(call.loops, call.node))

    def repeats(self, id: FunctionId, loops: tuple[LoopNode, ...]) -> bool:
        """Whether one of the loops in the function goes over the items of a collection."""
        module = self.modules[id.path]
        return any(
            not self._is_handful(id, loop) or self.stores(id) if is_item_loop(loop) else drains(module, loop)
            for loop in loops
        )

    def stores(self, id: FunctionId) -> bool:
        """Whether the function itself writes something down."""
        return any(True for _ in self.storing(id))

    def storing(self, id: FunctionId) -> Iterator[CallFacts]:
        """The calls by which the function itself writes something down."""
        return (call for call in self.function(id).calls if last_name(call.node.func) in _STORES)

    def _is_handful(self, id: FunctionId, loop: LoopNode) -> bool:
        if isinstance(loop, ast.While):
            return False
        iterated = loop.iter
        while isinstance(iterated, ast.Call):
            if isinstance(iterated.func, ast.Attribute) and iterated.func.attr in {"items", "keys", "values"}:
                iterated = iterated.func.value
            elif iterated.args and last_name(iterated.func) in EACH:
                iterated = iterated.args[0]
            else:
                return False
        return is_handful(self.constant(id, iterated)[1])

    def constant(self, id: FunctionId, node: ast.expr) -> tuple[FunctionId, ast.expr]:
        """What the name `node` is bound to where that is one value, and in which function: also of another module."""
        if not isinstance(node, ast.Name):
            return id, node
        for scope in (self.function(id), self.modules[id.path].body):
            bindings = scope.bindings.get(node.id)
            if not bindings:
                continue
            if len(bindings) > 1:
                return id, node
            binding = bindings[0]
            if binding.source is not None and binding.source.name:
                path = self.program.imported_path(binding.source, id.path)
                if path in self.modules and path != id.path:
                    return self.constant(FunctionId(path, MODULE), ast.Name(binding.source.name))
            return (scope.id, binding.value) if binding.how == "value" and binding.value is not None else (id, node)
        return id, node

    def callables(self, value: Value) -> Iterator[FunctionId]:
        """The functions that run when the value is called."""
        if isinstance(value, Fn):
            yield value.id
        elif isinstance(value, Cls):
            for method in self.program.attribute(Inst(value.id, True), "__init__"):
                if isinstance(method, Fn):
                    yield method.id
        elif isinstance(value, Inst):
            for method in self.program.attribute(value, "__call__"):
                if isinstance(method, Fn):
                    yield method.id


def label(id: FunctionId) -> str:
    """The function's name as people say it."""
    if id.qualname == MODULE:
        return id.path.rpartition("/")[2]
    name = id.qualname.replace("<locals>.", "").partition("@")[0]
    return re.sub(r"<lambda:(\d+):\d+>", r"lambda in line \1", name)


def relevant(reaches: Sequence[Reach]) -> list[Reach]:
    """The ways in that count in production: tests and dead ends only where there is nothing else."""
    real = [reach for reach in reaches if reach.entry.kind.kind not in {"test", "example"} and not _is_dead_end(reach)]
    # What an app runs once as it starts, besides its schedule, is still the scheduled job.
    scheduled = [reach for reach in real if reach.entry.kind.kind == "schedule"]
    real = [each for each in real if not _is_unknown(each) or not any(_goes_into(each, way) for way in scheduled)]
    unknown = [reach for reach in reaches if reach.entry.kind.kind in {"unknown", "example"}]
    return real or unknown or list(reaches)


def _is_unknown(reach: Reach) -> bool:
    return reach.entry.kind.kind == "unknown"


def _goes_into(reach: Reach, other: Reach) -> bool:
    """Whether the way in goes through the function with which the other one begins."""
    start = other.edges[0].caller if other.edges else reach.edges[-1].callee if reach.edges else None
    return any(edge.callee == start for edge in reach.edges)


def _is_dead_end(reach: Reach) -> bool:
    """Whether the way in is a function that nothing calls, rather than a framework's entry of unknown origin."""
    return reach.entry.kind.framework == "unknown"


def verb(edge: Edge) -> str:
    """What the caller does with the callee, in a word."""
    word = {
        "queue": "enqueues",
        "pool": "hands to a pool:",
        "thread": "starts in a thread:",
        "map": "maps",
        "callback": "hands over",
    }
    return word.get(edge.kind, "calls") + (" per item" if edge.repeats and edge.kind == "call" else "")


def source(node: ast.AST) -> str:
    """The node as code."""
    try:
        return ast.unparse(node)
    except (ValueError, RecursionError):
        return ""


def brief(node: ast.AST) -> str:
    """The node as code, a long call without its arguments: `app.task(...)`."""
    text = source(node)
    return f"{source(node.func)}(...)" if isinstance(node, ast.Call) and len(text) > _LONG else text[:_LONG]
