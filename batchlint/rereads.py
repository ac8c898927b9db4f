"""Files in which a turn puts its answer, and of which the next one's request is made: `known = load_rows()` in front of
the request, and `save_row(answer)` behind it.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Sequence

from batchlint import flow
from batchlint.facts import MODULE, FunctionFacts, FunctionId
from batchlint.graph import Graph
from batchlint.symbols import last_name
from batchlint.trees import arguments, walk
from batchlint.worlds import asked_with

_READS = frozenset({"read_text", "read_csv", "read_json", "read_excel", "read_parquet"})
_WRITES = frozenset({"write_text", "to_csv", "to_json", "to_excel", "to_parquet"})
_ON_PATHS = frozenset({"read_text", "write_text"})
"""Methods of the path itself."""
_MODE = frozenset("rwaxbt+U")
_DEEP = 2
"""Functions around the request in which both may stand."""


_Opened = tuple[ast.With | ast.AsyncWith, str, ast.Call]
"""A file that is open for some statements, and its name there."""


class Rereads:
    """Asked call by call."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def find(
        self, scope: FunctionId, statements: Sequence[ast.AST], turning: Collection[str], call: ast.Call, depth: int = 0
    ) -> str | None:
        """The file that the call's answer goes into, and that is read again for its request in each turn.

        `turning` are the names of one turn's own item: a file that is named after it is that item's own.
        """
        opened = _opened(statements)
        names = {name for _, name, _ in opened}
        rows = [row for row in flow.moves(statements, [call]) if not row.given <= names]
        filled = flow.reached(set(), rows, call)
        varying = set(turning).union(*(row.given for row in rows))
        written = set(self._written(scope, statements, call, filled, varying, opened))
        if written:
            found = written & set(self._read(scope, asked_with(rows, call, turning), call, varying, opened))
            if found:
                return min(found)
        for function in self._graph.entered(scope, call) if depth < _DEEP else ():
            calls = (each for each in function.calls if not self._graph.repeats(function.id, each.loops))
            inner = (each.node for each in calls if self._asks(function, each.node))
            name = next(
                (n for c in inner if (n := self.find(function.id, flow.body(function), (), c, depth + 1))), None
            )
            if name is not None:
                return name
        return None

    def _asks(self, function: FunctionFacts, call: ast.Call) -> bool:
        """Whether the call asks a model, or calls what does."""
        if any(model.node is call for model in self._graph.model_calls):
            return True
        return any(self._graph.asks(each.id) for each in self._graph.entered(function.id, call))

    def _written(
        self,
        scope: FunctionId,
        statements: Iterable[ast.AST],
        call: ast.Call,
        filled: Collection[str],
        varying: Collection[str],
        opened: Sequence[_Opened],
    ) -> Iterator[str]:
        """The files that a call which is told the answer writes, or that the function it calls writes."""
        nodes = [node for statement in statements for node in walk(statement)]
        for node in (each for each in nodes if isinstance(each, ast.Call) and each is not call):
            if flow.all_read(arguments(node)).isdisjoint(filled) and not flow.holds([*arguments(node)], call):
                continue
            inner = (each for each in walk(node.func) if isinstance(each, ast.Call))
            for each in (node, *inner, *_files_of(node, opened)):
                yield from self._files(scope, each, varying, is_read=False)

    def _read(
        self,
        scope: FunctionId,
        asking: Iterable[ast.AST],
        call: ast.Call,
        varying: Collection[str],
        opened: Sequence[_Opened],
    ) -> Iterator[str]:
        for node in (node for each in asking for node in walk(each)):
            if isinstance(node, ast.Call) and node is not call:
                for each in (node, *_files_of(node, opened)):
                    yield from self._files(scope, each, varying, is_read=True)

    def _files(self, scope: FunctionId, node: ast.Call, varying: Collection[str], *, is_read: bool) -> Iterator[str]:
        """The files, of the same name in all turns, that the call opens so, or that what it calls does."""
        path = _path(node, is_read=is_read)
        if path is not None and flow.reads(path).isdisjoint(varying):
            yield from self._name(scope, path)
        for function in self._graph.entered(scope, node):
            for each in function.calls if function.returns or not is_read else ():
                path = _path(each.node, is_read=is_read)
                if path is None:
                    continue
                if not isinstance(path, ast.Name) or path.id not in function.parameter_names:
                    yield from self._name(function.id, path)
                    continue
                given = self._graph.program.callers.argument(node, function, path.id)
                if given is not None and flow.reads(given).isdisjoint(varying):
                    yield from self._name(scope, given)
                elif given is None and (default := function.default(path.id)) is not None:
                    yield from self._name(FunctionId(function.id.path, MODULE), default)

    def _name(self, scope: FunctionId, path: ast.expr) -> Iterator[str]:
        """What the file is called in all the program; nothing where it may be another one each time."""
        at, node = self._graph.constant(scope, path)
        if isinstance(node, ast.Constant):
            yield str(node.value)
            return
        function = self._graph.function(at)
        own = function.parameter_names | function.bindings.keys() if at.qualname != MODULE else set[str]()
        if flow.reads(node) and {name for name in flow.reads(node) if name.partition(".")[0] != "self"}.isdisjoint(own):
            yield ast.unparse(node)


def _opened(statements: Iterable[ast.AST]) -> list[_Opened]:
    return [
        (node, name, item.context_expr)
        for statement in statements
        for node in walk(statement)
        if isinstance(node, ast.With | ast.AsyncWith)
        for item in node.items
        if item.optional_vars is not None and isinstance(item.context_expr, ast.Call)
        for name in flow.targets(item.optional_vars)
    ]


def _files_of(node: ast.Call, opened: Iterable[_Opened]) -> list[ast.Call]:
    """What opens the files that the call reads from or writes to: another file may have the same name elsewhere."""
    names = flow.reads(node)
    return [made for around, name, made in opened if name in names and flow.holds([around], node)]


def _path(call: ast.Call, *, is_read: bool) -> ast.expr | None:
    """The path of the file that the call opens to read it, or to write to it."""
    name, receiver = last_name(call.func), call.func.value if isinstance(call.func, ast.Attribute) else None
    if name == "open":
        is_own = receiver is not None and not (call.args and _mode(call.args[0]) is None)
        mode = next((k.value for k in call.keywords if k.arg == "mode"), None)
        mode = mode or next(iter(call.args[0 if is_own else 1 :]), None)
        is_reading = mode is None or set(_mode(mode) or "r").isdisjoint("wax")
        path = receiver if is_own else next(iter(call.args), None)
        return path if is_reading is is_read else None
    if name not in (_READS if is_read else _WRITES):
        return None
    return receiver if name in _ON_PATHS else next(iter(call.args), None)


def _mode(node: ast.expr) -> str | None:
    """The mode of an opened file that the text is."""
    is_mode = isinstance(node, ast.Constant) and isinstance(node.value, str) and set(node.value) <= _MODE
    return str(node.value) if is_mode else None  # type: ignore[attr-defined]
