"""What the cells of notebooks call: whoever runs a notebook starts that."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

from batchlint.entrypoints import Kind
from batchlint.facts import FunctionId, Import
from batchlint.findings import Step
from batchlint.graph.links import Edge, Entry, Part, label
from batchlint.loops import is_handful, is_item_loop
from batchlint.sources.notebooks import SUFFIX, Cell
from batchlint.symbols import Program, last_name
from batchlint.trees import arguments, children
from batchlint.values import NOTHING, Cls, Fn, Inst, Mod, Value, Values

EACH = "notebook-loop"
"""The framework of what a cell calls once per item."""
_ONCE = "notebook"
_MAPPING = frozenset({"apply", "progress_apply", "parallel_apply", "map", "progress_map", "imap", "starmap"})
"""Last names of what calls the function that it is given once per row."""
Notebooks = Mapping[str, Sequence[Cell]]


class NotebookCalls(Part):
    """Read when the first function is asked for that no other code calls."""

    def __init__(self, program: Program, read: Callable[[], Notebooks]) -> None:
        super().__init__(program)
        self._read = read

    def entry(self, id: FunctionId) -> Entry | None:
        """The first cell that calls the function, one in a loop before others."""
        return self._entries.get(id)

    def handing(self, id: FunctionId) -> list[Edge]:
        """The calls by which a function that a cell hands over runs in the one that is given it: `label(rows, ask)`."""
        return self._handed.get(id, [])

    @cached_property
    def _handed(self) -> dict[FunctionId, list[Edge]]:
        found: dict[FunctionId, dict[int, Edge]] = {}
        for path, cells in self._cells.items():
            for given, to, name in _Notebook(self.program, path).handed(cells):
                for call in self.function(to).calls:
                    if isinstance(call.node.func, ast.Name) and call.node.func.id == name:
                        found.setdefault(given, {})[id(call.node)] = self.edge(to, given, call.node, "call", call)
        return {given: list(edges.values()) for given, edges in found.items()}

    @cached_property
    def _cells(self) -> Notebooks:
        """The cells of the notebooks, but for those that only show something."""
        return {path: cells for path, cells in self._read().items() if not self._is_shown(path)}

    @cached_property
    def _entries(self) -> dict[FunctionId, Entry]:
        found: dict[FunctionId, Entry] = {}
        for path, cells in self._cells.items():
            for id, line, is_looped in _Notebook(self.program, path).calls(cells):
                known = found.get(id)
                if known is None or (is_looped and known.kind.framework == _ONCE):
                    kind = Kind(EACH if is_looped else _ONCE, "script", None)
                    found[id] = Entry(kind, Step(path, line, f"{path} calls {label(id)}"))
        return found

    def _is_shown(self, path: str) -> bool:
        """Whether the notebook stands where examples or tests do, or is named as those are."""
        alike = f"{path.removesuffix(SUFFIX)}.py"
        kinds = (*self.program.files_of("example"), *self.program.files_of("test"))
        return any(pattern.matches(alike) for pattern in kinds)


class _Notebook:
    """What the names in one notebook mean, as far as the project's own functions and classes go."""

    def __init__(self, program: Program, path: str) -> None:
        self._program = program
        self._path = path
        self._names: dict[str, Values] = {}

    def calls(self, cells: Sequence[Cell]) -> Iterator[tuple[FunctionId, int, bool]]:
        """The project's functions that the cells call: the line, and whether it is done once per item."""
        for cell, node, is_looped in self._read(cells):
            line = cell.line + node.lineno - 1
            for value in self._of(node.func):
                if isinstance(value, Fn):
                    yield value.id, line, is_looped
            if last_name(node.func) in _MAPPING:
                handed = (value for each in arguments(node) for value in self._of(each))
                yield from ((value.id, line, True) for value in handed if isinstance(value, Fn))

    def handed(self, cells: Sequence[Cell]) -> Iterator[tuple[FunctionId, FunctionId, str]]:
        """The project's functions that the cells hand to others: those, and the parameters that they become there."""
        for _, node, _ in self._read(cells):
            takers = [value.id for value in self._of(node.func) if isinstance(value, Fn)]
            for to in takers:
                function = self._program.functions[to]
                for name in sorted(function.parameter_names):
                    given = self._program.callers.argument(node, function, name)
                    handed = self._of(given) if given is not None else ()
                    yield from ((value.id, to, name) for value in handed if isinstance(value, Fn))

    def _read(self, cells: Sequence[Cell]) -> Iterator[tuple[Cell, ast.Call, bool]]:
        """The calls in the cells, with what the names mean there, and whether each is made once per item."""
        trees = [(cell, tree) for cell in cells if (tree := _parsed(cell.code)) is not None]
        for cell, tree in trees:
            for statement in tree.body:
                self._bind(statement)
                yield from ((cell, *found) for found in _calls(statement, False))

    def _bind(self, statement: ast.stmt) -> None:
        for node in _own(statement):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    name = alias.asname or alias.name.partition(".")[0]
                    self._names[name] = self._module(Import(alias.name if alias.asname else name, None, 0))
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    source = Import(node.module or "", alias.name, node.level)
                    self._names[alias.asname or alias.name] = self._imported(source)
            elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                self._names[node.targets[0].id] = self._of(node.value)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                self._names[node.name] = NOTHING

    def _module(self, source: Import) -> Values:
        stem = self._program.import_stem(source, self._path)
        return NOTHING if stem is None else frozenset({Mod(stem)})

    def _imported(self, source: Import) -> Values:
        stem = self._program.import_stem(source, self._path)
        return NOTHING if stem is None else self._program.attribute(Mod(stem), source.name or "")

    def _of(self, node: ast.expr) -> Values:
        if isinstance(node, ast.Name):
            return self._names.get(node.id, NOTHING)
        if isinstance(node, ast.Await):
            return self._of(node.value)
        found: set[Value] = set()
        if isinstance(node, ast.Attribute):
            for value in self._of(node.value):
                found |= self._program.attribute(value, node.attr)
        elif isinstance(node, ast.Call):
            for value in self._of(node.func):
                if isinstance(value, Cls):
                    found.add(Inst(value.id, True))
                elif isinstance(value, Fn):
                    found |= self._program.returned(value)
        return frozenset(found)


def _parsed(code: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _own(statement: ast.stmt) -> Iterator[ast.AST]:
    """The statement and those in it, but for what functions and classes hold."""
    yield statement
    if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        for child in children(statement):
            for each in [child, *getattr(child, "body", ())] if not isinstance(child, ast.expr) else ():
                if isinstance(each, ast.stmt):
                    yield from _own(each)


def _calls(node: ast.AST, is_looped: bool) -> Iterator[tuple[ast.Call, bool]]:
    """The calls in the node, each with whether a loop over items stands around it."""
    if isinstance(node, ast.Call):
        yield node, is_looped
    for child in children(node):
        is_within = is_looped
        if isinstance(node, ast.For | ast.AsyncFor) and child is not node.iter:
            is_within = is_looped or (is_item_loop(node) and not is_handful(node.iter))
        elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            first = node.generators[0]
            is_within = is_looped or (child is not first and not is_handful(first.iter))
        yield from _calls(child, is_within)
