"""What one file says, from one `ast` pass: a pure function of its text, without any other file.

A module's facts are its scopes (the module body, functions, lambdas, classes), what each scope binds, and the calls
each function makes with the loops around them. Linking them across files is the graph's business.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from batchlint.trees import walk

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.Module
LoopNode = ast.For | ast.AsyncFor | ast.While | ast.comprehension
MODULE = "<module>"
_LINE_END = re.compile(r"\r\n|\r|\n")
_DOTTED = re.compile(r"[A-Za-z_][\w-]*(?:\.[A-Za-z_]\w*)*(?::[A-Za-z_][\w.]*)?\Z")


class FunctionId(NamedTuple):
    """A function by its file and qualified name; the module body itself is `<module>`."""

    path: str
    qualname: str


class ClassId(NamedTuple):
    path: str
    qualname: str


class Span(NamedTuple):
    """Where a node stands: 1-based lines and columns, columns in characters, the end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Import(NamedTuple):
    """A name bound by an import: `module` (with `level` dots), and `name` in it unless the module itself is bound."""

    module: str
    name: str | None
    level: int


class Binding(NamedTuple):
    """One way in which a scope gives a name a value.

    `how` says what `value` means: the value itself, an iterable it is drawn from, a context manager, an annotation.
    """

    how: str  # value | element | enter | annotation | import | function | class | unpack | except
    value: ast.expr | None = None
    target: str = ""
    source: Import | None = None
    position: int | None = None
    scope: str | None = None
    line: int = 0
    is_part: bool = False
    """Whether what stands at the position is taken apart again: `run` in `for i, (label, run) in enumerate(steps)`."""


HELPER_MARK = "Written by `batchlint fix`"
"""What the docstring of the helper says of it."""


@dataclass(slots=True, eq=False, repr=False)
class CallFacts:
    """One call and what stands around it in its function."""

    node: ast.Call
    loops: tuple[LoopNode, ...]
    awaited: bool
    statement: ast.stmt
    tests: tuple[ast.expr, ...] = ()
    """Conditions (`if`, `while`, conditional expressions) the call stands under."""

    @property
    def is_dropped(self) -> bool:
        """Whether the call is a statement of its own, awaited or not: nothing has what it gives."""
        value = self.statement.value if isinstance(self.statement, ast.Expr) else None
        return (value.value if isinstance(value, ast.Await) else value) is self.node


class Reference(NamedTuple):
    """A name or attribute that is read without being called: where, and the call it is an argument of."""

    function: FunctionId
    node: ast.expr
    call: ast.Call | None


@dataclass(slots=True, eq=False, repr=False)
class FunctionFacts:
    id: FunctionId
    node: FunctionNode
    owner: str | None
    """Qualified name of the class whose body holds the function."""
    parent: str | None
    """Qualified name of the function whose body holds it."""
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    calls: list[CallFacts] = field(default_factory=list)
    returns: list[ast.expr] = field(default_factory=list)
    yields: list[ast.expr] = field(default_factory=list)
    attributes: list[tuple[ast.expr, str, Binding]] = field(default_factory=list)
    """Assignments to attributes in this function: the object, the attribute, what is bound."""
    items: list[tuple[ast.expr, Binding]] = field(default_factory=list)
    """Assignments to items, `d[k] = v`: the container and what is bound; its target is a constant key."""
    item_keys: dict[tuple[str, str], list[ast.expr | None]] = field(default_factory=dict)
    """What is assigned to items of constant key, `name["key"] = value`, by name and key."""
    outer: set[str] = field(default_factory=set)
    """Names declared `global` or `nonlocal`."""
    name: str = field(init=False)
    parameters: tuple[ast.arg, ...] = field(init=False)
    """Positional and keyword parameters in order, without `*args` and `**kwargs`."""
    parameter_names: frozenset[str] = field(init=False)
    rest: str = field(init=False)
    """The name behind `*`, or nothing."""
    named: str = field(init=False)
    """The name behind `**`, or nothing."""
    moves: list[Any] | None = field(default=None, init=False)
    """What goes where in it, kept by `flow` once it was asked."""

    def __post_init__(self) -> None:
        self.name = self.id.qualname.rpartition(".")[2].partition("@")[0]
        args = self.arguments
        self.parameters = (*args.posonlyargs, *args.args, *args.kwonlyargs) if args else ()
        self.parameter_names = frozenset([parameter.arg for parameter in self.parameters])
        self.rest = args.vararg.arg if args and args.vararg else ""
        self.named = args.kwarg.arg if args and args.kwarg else ""

    @property
    def line(self) -> int:
        return getattr(self.node, "lineno", 1)

    @property
    def is_async(self) -> bool:
        return isinstance(self.node, ast.AsyncFunctionDef)

    @property
    def is_generator(self) -> bool:
        return bool(self.yields)

    @property
    def decorators(self) -> list[ast.expr]:
        return getattr(self.node, "decorator_list", [])

    @property
    def arguments(self) -> ast.arguments | None:
        return getattr(self.node, "args", None)

    @property
    def positional(self) -> list[ast.arg]:
        """The parameters that take positional arguments, in order."""
        return [*self.arguments.posonlyargs, *self.arguments.args] if self.arguments else []

    def only_value(self, name: str) -> ast.expr | None:
        """What the one assignment to the name gives it; None where there are others, or something else binds it."""
        bindings = self.bindings.get(name, ())
        return bindings[0].value if len(bindings) == 1 and bindings[0].how == "value" else None

    def default(self, name: str) -> ast.expr | None:
        args = self.arguments
        if not args:
            return None
        for arg, value in zip(reversed(self.positional), reversed(args.defaults), strict=False):
            if arg.arg == name:
                return value
        for arg, keyword_default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
            if arg.arg == name:
                return keyword_default
        return None


@dataclass(slots=True, eq=False, repr=False)
class ClassFacts:
    id: ClassId
    node: ast.ClassDef
    parent: str | None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.node.name


@dataclass(eq=False, repr=False)
class ModuleFacts:
    path: str
    name: str
    """Dotted name as far as the path gives it, without `__init__`."""
    text: str
    tree: ast.Module
    functions: dict[str, FunctionFacts]
    classes: dict[str, ClassFacts]
    stars: list[Import]
    exports: set[str] | None
    main_line: int | None
    """The line of `if __name__ == "__main__":`, if there is one."""
    references: dict[str, list[Reference]]
    """Names and attributes that are read but not called, by their last step."""
    lambdas: dict[tuple[int, int], str]
    """Qualified names of the lambdas by line and column offset."""

    @property
    def body(self) -> FunctionFacts:
        return self.functions[MODULE]

    @property
    def is_helper(self) -> bool:
        """Whether it is the file that rewritten code imports: it hands requests to batches itself."""
        return HELPER_MARK in self.text[:200]

    @cached_property
    def lines(self) -> list[str]:
        """The lines as Python counts them: a form feed ends none."""
        return _LINE_END.split(self.text)

    def names_in_string(self, name: str, *, alone: bool = True) -> bool:
        """Whether a string could name the function or module `name`: `"app.tasks.run"`, `"app.main:run"`.

        `alone`: whether one without the module in front could.
        """
        if name not in self.text:
            return False
        strings = {node.value for node in walk(self.tree) if isinstance(node, ast.Constant)}
        return any(
            isinstance(text, str) and _DOTTED.match(text) and text.replace(":", ".").rpartition(".")[2] == name
            for text in (strings if alone else strings - {name})
        )

    def span(self, node: ast.expr | ast.stmt) -> Span:
        """Where `node` stands, with columns turned from the bytes that `ast` counts into characters."""
        end_line = node.end_lineno or node.lineno
        return Span(
            node.lineno,
            self._column(node.lineno, node.col_offset),
            end_line,
            self._column(end_line, node.end_col_offset or 0),
        )

    def segment(self, node: ast.expr) -> str:
        """The text of `node`."""
        start, end = node.lineno - 1, node.end_lineno or node.lineno
        lines = [line.encode() for line in self.lines[start:end]]
        lines[-1] = lines[-1][: node.end_col_offset]
        lines[0] = lines[0][node.col_offset :]
        return b"\n".join(lines).decode(errors="replace")

    def _column(self, line: int, offset: int) -> int:
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        if text.isascii():
            return offset + 1
        return len(text.encode()[:offset].decode(errors="replace")) + 1


def module_name(path: str) -> str:
    """`src/app/tasks.py` -> `src.app.tasks`; a package's `__init__.py` -> the package."""
    stem = path.removesuffix(".py").removesuffix("/__init__")
    return "" if stem == "__init__" else stem.replace("/", ".")


def is_main_test(test: ast.expr) -> bool:
    """Whether `test` is `__name__ == "__main__"`, either way round."""
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq)):
        return False
    sides = [test.left, test.comparators[0]]
    return any(isinstance(s, ast.Name) and s.id == "__name__" for s in sides) and any(
        isinstance(s, ast.Constant) and s.value == "__main__" for s in sides
    )
