"""Whether code can be cut short and run again: it changes nothing outside, and gives the next run the same."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from batchlint import datafiles
from batchlint.codemod.paths import function_body
from batchlint.codemod.support import Support
from batchlint.codemod.tables import sql_accesses
from batchlint.facts import FunctionId
from batchlint.graph import Graph
from batchlint.patterns import PathTable
from batchlint.symbols import last_name
from batchlint.trees import walk_own
from batchlint.values import Cls, Ext, Fn, Inst, Text, Value


class Unsteady(Exception):  # noqa: N818 - it carries a finding, not an error
    """What the next run would repeat or find otherwise, as a clause without a full stop."""


class _Calls(NamedTuple):
    paths: PathTable[str]
    """What calls mean, by path: changes, moving or steady; the first that matches counts."""
    sql: frozenset[str]
    methods: frozenset[str]
    own_methods: frozenset[str]


@cache
def _calls() -> _Calls:
    rows = datafiles.document("reruns", "steady")
    paths = PathTable((path, kind) for kind in ("changes", "moving", "steady") for path in rows[kind])
    words, methods, own = (frozenset(rows[name]) for name in ("moving_sql", "methods", "own_methods"))
    return _Calls(paths, words, methods, own)


_READ_MODES = frozenset("rbt")
_CONTAINERS = frozenset({"list", "dict", "set", "deque", "Counter", "defaultdict", "OrderedDict"})
_BUILT = ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp


class Steady:
    """Checks expressions and statements of one program, and the project's functions that they call."""

    def __init__(self, graph: Graph, support: Support) -> None:
        self.graph = graph
        self.program = graph.program
        self.support = support
        self._known: dict[FunctionId, str] = {}

    def check(self, scope: FunctionId, nodes: Iterable[ast.AST], passed: frozenset[int] = frozenset()) -> None:
        """Raise Unsteady for the first call that is not steady; calls in `passed` (by identity) are not judged."""
        for node in nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self.check(scope, [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)])
            elif isinstance(node, ast.ClassDef):
                self.check(scope, [*node.decorator_list, *node.body])
            else:
                calls = [each for each in walk_own(node) if isinstance(each, ast.Call) and id(each) not in passed]
                for call in sorted(calls, key=lambda n: (n.lineno, n.col_offset, n.end_lineno, n.end_col_offset)):
                    self._call(scope, call)

    def _call(self, scope: FunctionId, call: ast.Call) -> None:
        where = f"`{ast.unparse(call.func)}` in {scope.path}:{call.lineno}"
        if self.support.reaches(scope, call):
            raise Unsteady(f"{where} asks a model too, before these answers are there")
        values = self.program.eval(scope, call.func)
        callables = [v for v in values if isinstance(v, Ext | Fn | Cls | Inst)]
        for value in callables:
            if isinstance(value, Ext):
                self._external(scope, call, value.path, where)
            else:
                self._project(value)
        if not callables and not self._is_plain_method(scope, call):
            raise Unsteady(f"it is not known what {where} does")

    def _project(self, value: Fn | Cls | Inst) -> None:
        targets: Iterable[Value] = [value]
        if isinstance(value, Cls):
            targets = self.program.attribute(Inst(value.id, True), "__init__")
        elif isinstance(value, Inst):
            targets = self.program.attribute(value, "__call__")
        for target in targets:
            if isinstance(target, Fn):
                self._function(target.id)

    def _function(self, id: FunctionId) -> None:
        if id not in self._known:
            self._known[id] = ""  # what calls itself is judged by the rest of it
            try:
                self.check(id, function_body(self.program.functions[id]))
            except Unsteady as found:
                self._known[id] = str(found)
        if self._known[id]:
            raise Unsteady(self._known[id])

    def _external(self, scope: FunctionId, call: ast.Call, path: str, where: str) -> None:
        name = last_name(call.func)
        if path in {"builtins.open", "io.open"} or (path.startswith("pathlib.") and name == "open"):
            mode = _mode(call, 0 if path.startswith("pathlib.") else 1)
            if not set(mode) <= _READ_MODES:
                raise Unsteady(f"{where} opens a file for writing before the answers are there")
            return None
        if name in {"execute", "executemany", "executescript"}:
            return self._sql(scope, call, where)
        kind = _calls().paths.first(path)
        if path == "os.makedirs" and any(_is_true(k.value) for k in call.keywords if k.arg == "exist_ok"):
            return None  # a folder that is there already stays
        if kind == "changes":
            raise Unsteady(f"{where} has an effect that each run would repeat before the answers are there")
        if kind == "moving":
            raise Unsteady(f"{where} gives the next run something else, which then asks for other answers")
        if kind is None and self.program.registry.decorators.first(path) is not None:
            return None  # says that the function is an entry point
        if kind is None and not (isinstance(call.func, ast.Attribute) and name in _calls().methods):
            raise Unsteady(f"it is not known whether {where} gives the next run the same")
        return None

    def _sql(self, scope: FunctionId, call: ast.Call, where: str) -> None:
        values = self.program.eval(scope, call.args[0]) if call.args else frozenset()
        texts = [value.text for value in values if isinstance(value, Text)]
        accesses = [access for text in texts for access in sql_accesses(text)]
        if not accesses or any(how != "read" for _, how in accesses):
            raise Unsteady(f"{where} may change the database before the answers are there")
        moving = _calls().sql & {word for text in texts for word in _words(text)}
        if moving:
            raise Unsteady(f"{where} selects by `{min(moving)}`, which gives the next run other rows")

    def _is_plain_method(self, scope: FunctionId, call: ast.Call) -> bool:
        func = call.func
        if not isinstance(func, ast.Attribute):
            return False
        return func.attr in _calls().methods or (func.attr in _calls().own_methods and self._is_own(scope, func.value))

    def _is_own(self, scope: FunctionId, receiver: ast.expr) -> bool:
        """Whether the receiver is a list, dictionary or set that the function has made."""
        if isinstance(receiver, _BUILT):
            return True
        bindings = self.program.functions[scope].bindings.get(receiver.id, []) if isinstance(receiver, ast.Name) else []
        return bool(bindings) and all(
            binding.how in {"value", "annotation"}
            and (binding.value is None or binding.how == "annotation" or _is_container(binding.value))
            for binding in bindings
        )


def _is_container(node: ast.expr) -> bool:
    return isinstance(node, _BUILT) or (isinstance(node, ast.Call) and last_name(node.func) in _CONTAINERS)


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _words(sql: str) -> list[str]:
    return "".join(char if char.isalnum() or char == "_" else " " for char in sql.lower()).split()


def _mode(call: ast.Call, position: int) -> str:
    """The mode in which a file is opened; "?" for one that only the run knows."""
    given = next((k.value for k in call.keywords if k.arg == "mode"), None)
    if given is None:
        given = call.args[position] if len(call.args) > position else ast.Constant("r")
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else "?"
