"""Tasks that answer the one who wrote: they send a message to an address that they were handed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from batchlint.entrypoints import Kind
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.findings import Latency, Step
from batchlint.graph.links import Edge, Entry, Part, label
from batchlint.symbols import Program, last_name
from batchlint.trees import arguments, walk
from batchlint.values import Ext, Fn, Text

_WRITER = Kind("messages", "bot", Latency.REALTIME)
_PASSED_DEEP = 4
_PASSING = frozenset({"str", "int", "loads", "dict", "list", "format", "cast"})
"""Functions whose result is made of what they are given."""
_READING = frozenset(
    [
        "get", "pop", "strip", "split", "decode", "lower", "format", "copy", "replace", "json", "get_json", "items",
        "values", "first", "one", "select_related",
    ]
)  # fmt: skip
"""Methods whose result is a part of their object, or what it says."""
_LOOKUP = re.compile(r"a?(get|find|fetch|load|filter|where)(_|$)")
"""Names of calls that find something by its id."""
_ID = re.compile(r"(^|_)(id|pk|uuid|key)$")
_REQUESTS = frozenset({"request", "event", "update", "message"})
"""Names of what a handler was sent where it is no parameter."""


class Replies(Part):
    """Asked with the edges by which functions are handed over."""

    def __init__(self, program: Program, handed: dict[FunctionId, list[Edge]]) -> None:
        super().__init__(program)
        self._handed = {
            id(edge.node): edge.callee for edges in handed.values() for edge in edges if edge.kind == "queue"
        }
        self._origins: dict[FunctionId, dict[str, frozenset[str]]] = {}
        self._answers: dict[tuple[FunctionId, bool], frozenset[str]] = {}

    def answers(self, edge: Edge) -> bool:
        """Whether the task of a queue edge answers whoever had it enqueued, rather than many at once."""
        if not self.addresses(edge.callee):
            return False
        iterated = [loop.iter for loop in edge.loops if not isinstance(loop, ast.While)]
        return not edge.repeats or all(self._is_sent(edge.caller, each) for each in iterated)

    def entries(self, id: FunctionId, incoming: Sequence[Edge], known: Sequence[Entry]) -> Iterator[Entry]:
        """Who waits for a task that nothing here enqueues: what it is handed says below which message it answers.

        Where the framework gives whoever starts it what it returns, and that is what it was started for, they may wait.
        """
        if any(edge.kind == "queue" for edge in incoming):
            return
        function = self.function(id)
        for name in sorted(self.addresses(id, threads=True)):
            step = Step(id.path, function.line, f"{label(id)}, which answers what `{name}` holds")
            yield Entry(_WRITER, step)
            return
        is_started = any(entry.kind.kind == "schedule" for entry in known) or any(e.kind == "call" for e in incoming)
        frameworks = {entry.kind.framework for entry in known}
        if not is_started and self._gives_back(function, bool(frameworks & self.program.registry.answering)):
            step = Step(id.path, function.line, f"{label(id)}, which answers whoever starts it")
            yield Entry(Kind(min(frameworks), "unknown", None), step)

    def _gives_back(self, function: FunctionFacts, is_answering: bool) -> bool:
        """Whether what was awaited is what the function returns, or a part of it.

        Unless its framework `is_answering` anyway, what the project makes of something that the task was handed.
        """
        if len(function.parameters) <= (function.owner is not None):
            return False
        awaited: set[str] = set()
        before = -1

        def is_made(node: ast.expr) -> bool:
            is_new = isinstance(node, ast.Await) if is_answering else self._is_own_answer(function, node)
            return is_new or not awaited.isdisjoint(carried(node))

        while before < len(awaited):
            before = len(awaited)
            for name, bindings in function.bindings.items():
                if any(b.value is not None and is_made(b.value) for b in bindings):
                    awaited.add(name)
        return any(map(is_made, function.returns))

    def _is_own_answer(self, function: FunctionFacts, node: ast.expr) -> bool:
        """Whether the project's own code makes the value of what the function is handed."""
        call = node.value if isinstance(node, ast.Await) else node
        if not isinstance(call, ast.Call) or not any(
            isinstance(v, Fn) for v in self.program.eval(function.id, call.func)
        ):
            return False
        return any(name in function.parameter_names for each in arguments(call) for name in carried(each))

    def _is_sent(self, id: FunctionId, iterated: ast.expr) -> bool:
        """Whether a loop goes over what somebody sent: a webhook brings several messages at once."""
        function = self.function(id)
        given = function.parameter_names | _REQUESTS
        return any(name in given or self._origins_of(function).get(name) for name in carried(iterated))

    def addresses(self, id: FunctionId, *, threads: bool = False, depth: int = 0) -> frozenset[str]:
        """The parameters that say whom the function sends a message; `threads`: below which message."""
        key = (id, threads)
        known = self._answers.get(key)
        if known is None:
            self._answers[key] = frozenset()
            function = self.function(id)
            found = frozenset(self._find(function, threads, depth)) if function.parameters else frozenset()
            known = self._answers[key] = found
        return known

    def _find(self, function: FunctionFacts, threads: bool, depth: int) -> Iterator[str]:
        for call in function.calls:
            for address in self._addressed(function, call.node, threads):
                yield from self._parameters_in(function, address)
            for address in self._passed(function, call.node, threads, depth) if depth < _PASSED_DEEP else ():
                yield from self._parameters_in(function, address)

    def _addressed(self, function: FunctionFacts, node: ast.Call, threads: bool) -> Iterator[ast.expr]:
        """What in a messaging call says whom to."""
        known = self.program.registry.replies
        name = last_name(node.func)
        if name in known.calls.tails:
            for value in self.program.eval(function.id, node.func):
                row = known.calls.first(value.path) if isinstance(value, Ext) else None
                if row is not None:
                    keys = row.keys & known.threads if threads else row.keys
                    yield from (keyword.value for keyword in node.keywords if keyword.arg in keys)
                    yield from (each for each in arguments(node) if _names(each) & known.handed)
                    if row.argument is not None and not threads:
                        yield from node.args[row.argument : row.argument + 1]
        if name in known.methods:
            yield from self._posted(function, node, threads)

    def _posted(self, function: FunctionFacts, node: ast.Call, threads: bool) -> Iterator[ast.expr]:
        known = self.program.registry.replies
        urls = [*node.args[:2], *(keyword.value for keyword in node.keywords if keyword.arg == "url")]
        for url in urls:
            if _names(url) & known.handed:
                yield url
            texts = [value.text for value in self.program.eval(function.id, url) if isinstance(value, Text)]
            if any(text.startswith(known.urls) for text in texts):
                if not threads:
                    yield url
                keys = known.keys & known.threads if threads else known.keys
                for argument in (*node.args[1:], *(keyword.value for keyword in node.keywords)):
                    yield from self._entries(function, argument, keys)

    def _entries(self, function: FunctionFacts, argument: ast.expr, keys: frozenset[str]) -> Iterator[ast.expr]:
        """What a request's body holds under the keys."""
        bodies = [argument]
        if isinstance(argument, ast.Name):
            bodies += [binding.value for binding in function.bindings.get(argument.id, ()) if binding.value is not None]
            for key in sorted(keys):
                yield from (value for value in function.item_keys.get((argument.id, key), ()) if value is not None)
        for body in bodies:
            for inner in walk(body):
                if isinstance(inner, ast.Dict):
                    rows = zip(inner.keys, inner.values, strict=True)
                    yield from (value for name, value in rows if isinstance(name, ast.Constant) and name.value in keys)

    def _passed(self, function: FunctionFacts, node: ast.Call, threads: bool, depth: int) -> Iterator[ast.expr]:
        """The arguments that the project's own code takes as addresses; of a task all that it is handed."""
        task = self._handed.get(id(node))
        if task is not None:
            if task != function.id and self.addresses(task, threads=threads, depth=depth + 1):
                yield from arguments(node)
            return
        for value in self.program.eval(function.id, node.func):
            if isinstance(value, Fn) and value.id != function.id:
                for name in sorted(self.addresses(value.id, threads=threads, depth=depth + 1)):
                    called = self.function(value.id)
                    argument = self.program.callers.argument(node, called, name)
                    if argument is not None:
                        yield argument

    def _parameters_in(self, function: FunctionFacts, node: ast.expr) -> Iterator[str]:
        origins = self._origins_of(function)
        for name in carried(node):
            yield from origins.get(name, ())

    def _origins_of(self, function: FunctionFacts) -> dict[str, frozenset[str]]:
        """For each name the parameters that its value is a part of."""
        known = self._origins.get(function.id)
        if known is not None:
            return known
        own = [p.arg for p in function.parameters if p.arg not in {"self", "cls"}]
        found = self._origins[function.id] = {name: frozenset({name}) for name in own}
        changed = True
        while changed:
            changed = False
            for name, bindings in function.bindings.items():
                sources = {each for binding in bindings for each in carried(binding.value)}
                origins = frozenset().union(found.get(name, ()), *(found.get(each, ()) for each in sources))
                if origins != found.get(name, frozenset()):
                    found[name] = origins
                    changed = True
        return found


def _names(node: ast.expr) -> set[str]:
    """The names, attributes and keys that an expression reads."""
    found: set[str] = set()
    for inner in walk(node):
        if isinstance(inner, ast.Name):
            found.add(inner.id)
        elif isinstance(inner, ast.Attribute):
            found.add(inner.attr)
        elif isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            found.add(inner.value)
    return found


def _ids_in(call: ast.Call) -> Iterator[str]:
    """The names of ids by which a call looks something up: `get(id=note_id)`, `filter(Note.id == note_id)`."""
    given = [(None, each) for each in call.args] + [(keyword.arg, keyword.value) for keyword in call.keywords]
    for keyword, argument in given:
        parts = [argument, *argument.comparators] if isinstance(argument, ast.Compare) else [argument]
        for part in parts:
            if isinstance(part, ast.Name) and (_ID.search(part.id) or (keyword and _ID.search(keyword))):
                yield part.id


def carried(node: ast.expr | None) -> Iterator[str]:
    """The names whose values, or parts of them, the expression's value consists of."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute | ast.Subscript | ast.Await | ast.FormattedValue | ast.Starred | ast.NamedExpr):
        yield from carried(node.value)
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in _READING:
            yield from carried(node.func.value)
        if last_name(node.func) in _PASSING:
            for argument in node.args:
                yield from carried(argument)
        if _LOOKUP.match(last_name(node.func)):
            yield from _ids_in(node)
    elif isinstance(node, ast.JoinedStr | ast.BoolOp):
        for value in node.values:
            yield from carried(value)
    elif isinstance(node, ast.BinOp):
        yield from carried(node.left)
        yield from carried(node.right)
    elif isinstance(node, ast.IfExp):
        yield from carried(node.body)
        yield from carried(node.orelse)
    elif isinstance(node, ast.List | ast.Tuple):
        for element in node.elts:
            yield from carried(element)
    elif isinstance(node, ast.Dict):
        for value in node.values:
            yield from carried(value)
