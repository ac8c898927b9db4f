"""What one file says, from one `ast` pass: a pure function of its text, without any other file.

A module's facts are its scopes (the module body, functions, lambdas, classes), what each scope binds, and the calls
each function makes with the loops around them. Linking them across files is the graph's business.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.Module
LoopNode = ast.For | ast.AsyncFor | ast.While | ast.comprehension
MODULE = "<module>"
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


@dataclass(frozen=True, slots=True)
class Import:
    """A name bound by an import: `module` (with `level` dots), and `name` in it unless the module itself is bound."""

    module: str
    name: str | None
    level: int


@dataclass(frozen=True, slots=True)
class Binding:
    """One way in which a scope gives a name a value.

    `how` says what `value` means: the value itself, an iterable it is drawn from, a context manager, an annotation.
    """

    how: str  # value | element | enter | annotation | import | function | class | unpack | except
    value: ast.expr | None = None
    target: str = ""
    source: Import | None = None
    index: int | None = None
    scope: str | None = None
    line: int = 0


@dataclass(slots=True)
class CallFacts:
    """One call and what stands around it in its function."""

    node: ast.Call
    loops: tuple[LoopNode, ...]
    awaited: bool
    statement: ast.stmt
    tests: tuple[ast.expr, ...] = ()
    """Conditions (`if`, `while`, conditional expressions) the call stands under."""


class Reference(NamedTuple):
    """A name, attribute or string that is read without being called: where, and the call it is an argument of."""

    function: FunctionId
    node: ast.expr
    call: ast.Call | None


@dataclass(slots=True)
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
    """Assignments to items, `d[k] = v`: the container and what is bound."""
    item_keys: set[tuple[str, str]] = field(default_factory=set)
    """Names and string keys of assignments `name["key"] = value`."""
    outer: set[str] = field(default_factory=set)
    """Names declared `global` or `nonlocal`."""

    @property
    def name(self) -> str:
        return self.id.qualname.rpartition(".")[2].partition("@")[0]

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

    def parameters(self) -> list[ast.arg]:
        """Positional and keyword parameters in order, without `*args` and `**kwargs`."""
        args = self.arguments
        return [*args.posonlyargs, *args.args, *args.kwonlyargs] if args else []

    def default(self, name: str) -> ast.expr | None:
        args = self.arguments
        if not args:
            return None
        positional = [*args.posonlyargs, *args.args]
        for arg, value in zip(reversed(positional), reversed(args.defaults), strict=False):
            if arg.arg == name:
                return value
        for arg, keyword_default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
            if arg.arg == name:
                return keyword_default
        return None


@dataclass(slots=True)
class ClassFacts:
    id: ClassId
    node: ast.ClassDef
    parent: str | None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.node.name


@dataclass(slots=True)
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
    lines: list[str]
    main_line: int | None
    """The line of `if __name__ == "__main__":`, if there is one."""
    references: dict[str, list[Reference]]
    """Names and attributes that are read but not called, by their last step."""
    strings: dict[str, list[Reference]]
    """Strings that could name a function or module (`"app.tasks.run"`, `"app.main:run"`), by their last step."""
    lambdas: dict[tuple[int, int], str]
    """Qualified names of the lambdas by line and column offset."""

    @property
    def body(self) -> FunctionFacts:
        return self.functions[MODULE]

    def span(self, node: ast.expr | ast.stmt) -> Span:
        """Where `node` stands, with columns turned from the bytes that `ast` counts into characters."""
        end_line = node.end_lineno or node.lineno
        return Span(
            node.lineno,
            self._column(node.lineno, node.col_offset),
            end_line,
            self._column(end_line, node.end_col_offset or 0),
        )

    def _column(self, line: int, offset: int) -> int:
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        if text.isascii():
            return offset + 1
        return len(text.encode()[:offset].decode(errors="replace")) + 1


def module_name(path: str) -> str:
    """`src/app/tasks.py` -> `src.app.tasks`; a package's `__init__.py` -> the package."""
    stem = path.removesuffix(".py").removesuffix("/__init__")
    return "" if stem == "__init__" else stem.replace("/", ".")


def extract(path: str, text: str, tree: ast.Module) -> ModuleFacts:
    """The facts of one file; `tree` is its parsed `text`."""
    collector = _Collector(path, has_outer="global " in text or "nonlocal " in text)
    collector.run(tree)
    body = collector.functions[MODULE]
    return ModuleFacts(
        path=path,
        name=module_name(path),
        text=text,
        tree=tree,
        functions=collector.functions,
        classes=collector.classes,
        stars=collector.stars,
        exports=_exports(body),
        lines=text.splitlines(),
        main_line=_main_line(tree),
        references=collector.references,
        strings=collector.strings,
        lambdas=collector.lambdas,
    )


def _exports(body: FunctionFacts) -> set[str] | None:
    names: set[str] = set()
    for binding in body.bindings.get("__all__", []):
        if isinstance(binding.value, ast.List | ast.Tuple):
            names |= {e.value for e in binding.value.elts if isinstance(e, ast.Constant) and isinstance(e.value, str)}
    return names or None


def _main_line(tree: ast.Module) -> int | None:
    for node in tree.body:
        if isinstance(node, ast.If) and is_main_test(node.test):
            return node.lineno
    return None


def is_main_test(test: ast.expr) -> bool:
    """Whether `test` is `__name__ == "__main__"`, either way round."""
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq)):
        return False
    sides = [test.left, test.comparators[0]]
    return any(isinstance(s, ast.Name) and s.id == "__name__" for s in sides) and any(
        isinstance(s, ast.Constant) and s.value == "__main__" for s in sides
    )


def _last(node: ast.Name | ast.Attribute) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr


def walk_own(node: ast.AST) -> Iterator[ast.AST]:
    """`ast.walk` that stays in the function: nested functions, lambdas and classes are not entered."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        for child in ast.iter_child_nodes(current):
            if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
                stack.append(child)


class _Collector:
    """One recursive pass; the current function, class, loops and statement are passed along as state."""

    def __init__(self, path: str, *, has_outer: bool) -> None:
        self.path = path
        self.has_outer = has_outer
        self.functions: dict[str, FunctionFacts] = {}
        self.classes: dict[str, ClassFacts] = {}
        self.stars: list[Import] = []
        self.references: dict[str, list[Reference]] = {}
        self.strings: dict[str, list[Reference]] = {}
        self.lambdas: dict[tuple[int, int], str] = {}
        self.prefix = ""
        self.call: ast.Call | None = None
        self.function: FunctionFacts
        self.klass: ClassFacts | None = None
        self.loops: tuple[LoopNode, ...] = ()
        self.tests: tuple[ast.expr, ...] = ()
        self.statement: ast.stmt
        self.handlers = {
            name.removeprefix("on_"): getattr(self, name) for name in dir(type(self)) if name.startswith("on_")
        }

    def run(self, tree: ast.Module) -> None:
        self.function = FunctionFacts(FunctionId(self.path, MODULE), tree, None, None)
        self.functions[MODULE] = self.function
        self.body(tree.body)

    # -- walking
    def body(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            self.statement = statement
            self.visit(statement)

    def visit(self, node: ast.AST) -> None:
        handler = self.handlers.get(type(node).__name__)
        if handler is not None:
            handler(node)
        else:
            self.children(node)

    def children(self, node: ast.AST) -> None:
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, ast.AST):
                if isinstance(value, ast.stmt):
                    self.statement = value
                self.visit(value)
            elif isinstance(value, list):
                for item in value:
                    if isinstance(item, ast.stmt):
                        self.statement = item
                    if isinstance(item, ast.AST):
                        self.visit(item)

    def bind(self, name: str, binding: Binding) -> None:
        if self.klass is not None:
            self.klass.bindings.setdefault(name, []).append(binding)
        elif name in self.function.outer:
            owner = self.functions[MODULE]
            parent = self.functions.get(self.function.parent or MODULE, owner)
            target = parent if name in parent.bindings else owner
            target.bindings.setdefault(name, []).append(
                Binding(
                    binding.how,
                    binding.value,
                    name,
                    binding.source,
                    binding.index,
                    self.function.id.qualname,
                    binding.line,
                )
            )
        else:
            self.function.bindings.setdefault(name, []).append(binding)

    def target(self, target: ast.expr, how: str, value: ast.expr | None, index: int | None = None) -> None:
        line = target.lineno
        if isinstance(target, ast.Name):
            self.bind(target.id, Binding(how, value, target.id, index=index, line=line))
        elif isinstance(target, ast.Tuple | ast.List):
            same_length = isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts)
            for position, element in enumerate(target.elts):
                if how == "value" and same_length and isinstance(value, ast.Tuple | ast.List):
                    self.target(element, how, value.elts[position])
                else:
                    self.target(element, "unpack" if how == "value" else how, value, position)
        elif isinstance(target, ast.Starred):
            self.target(target.value, how, value, index)
        elif isinstance(target, ast.Attribute):
            self.function.attributes.append(
                (target.value, target.attr, Binding(how, value, target.attr, index=index, line=line))
            )
            self.visit(target.value)
        elif isinstance(target, ast.Subscript):
            self.function.items.append((target.value, Binding(how, value, "", index=index, line=line)))
            if isinstance(target.value, ast.Name) and isinstance(target.slice, ast.Constant):
                self.function.item_keys.add((target.value.id, str(target.slice.value)))
            self.visit(target.value)
            self.visit(target.slice)

    # -- scopes
    def on_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        if any(isinstance(d, ast.Name | ast.Attribute) and _last(d) == "overload" for d in node.decorator_list):
            return  # a signature for type checkers
        for expression in [*node.decorator_list, *node.args.defaults, *[d for d in node.args.kw_defaults if d]]:
            self.visit(expression)
        qualname = self.unique(f"{self.prefix}{node.name}", node.lineno)
        self.bind(node.name, Binding("function", None, node.name, scope=qualname, line=node.lineno))
        self.enter(node, qualname, f"{qualname}.<locals>.")

    on_FunctionDef = on_AsyncFunctionDef = on_function

    def on_Lambda(self, node: ast.Lambda) -> None:
        qualname = f"{self.prefix}<lambda:{node.lineno}:{node.col_offset}>"
        self.lambdas[node.lineno, node.col_offset] = qualname
        name = qualname.rpartition(".")[2]
        self.references.setdefault(name, []).append(Reference(self.function.id, node, self.call))
        self.enter(node, qualname, self.prefix)

    def unique(self, qualname: str, line: int) -> str:
        """A second definition of the same name keeps both: `name@line`."""
        return f"{qualname}@{line}" if qualname in self.functions else qualname

    def enter(self, node: FunctionNode, qualname: str, prefix: str) -> None:
        saved = self.function, self.klass, self.prefix, self.loops, self.tests, self.statement, self.call
        owner = self.klass.id.qualname if self.klass else None
        parent = None if self.function.id.qualname == MODULE else self.function.id.qualname
        self.function = FunctionFacts(FunctionId(self.path, qualname), node, owner, parent)
        self.functions[qualname] = self.function
        self.klass, self.prefix, self.loops, self.tests, self.call = None, prefix, (), (), None
        if isinstance(node, ast.Lambda):
            self.function.returns.append(node.body)
            self.visit(node.body)
        elif not isinstance(node, ast.Module):
            if self.has_outer:
                for statement in node.body:
                    for inner in walk_own(statement):
                        if isinstance(inner, ast.Global | ast.Nonlocal):
                            self.function.outer.update(inner.names)
            self.body(node.body)
        self.function, self.klass, self.prefix, self.loops, self.tests, self.statement, self.call = saved

    def on_ClassDef(self, node: ast.ClassDef) -> None:
        for expression in [*node.decorator_list, *node.bases, *[k.value for k in node.keywords]]:
            self.visit(expression)
        qualname = f"{self.prefix}{node.name}"
        self.bind(node.name, Binding("class", None, node.name, scope=qualname, line=node.lineno))
        saved = self.klass, self.prefix
        self.klass = self.classes.setdefault(
            qualname,
            ClassFacts(
                ClassId(self.path, qualname),
                node,
                None if self.function.id.qualname == MODULE else self.function.id.qualname,
            ),
        )
        self.prefix = f"{qualname}."
        self.body(node.body)
        self.klass, self.prefix = saved

    # -- bindings
    def on_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            if alias.asname:
                self.bind(
                    alias.asname,
                    Binding("import", None, alias.asname, Import(alias.name, None, 0), line=node.lineno),
                )
            else:
                top = alias.name.partition(".")[0]
                self.bind(top, Binding("import", None, top, Import(top, None, 0), line=node.lineno))
                if top != alias.name:
                    self.bind(top, Binding("import", None, top, Import(alias.name, "", 0), line=node.lineno))

    def on_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            source = Import(node.module or "", alias.name, node.level)
            if alias.name == "*":
                self.stars.append(source)
            else:
                name = alias.asname or alias.name
                self.bind(name, Binding("import", None, name, source, line=node.lineno))

    def on_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self.target(target, "value", node.value)

    def on_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.target(node.target, "annotation", node.annotation)
        if node.value is not None:
            self.visit(node.value)
            self.target(node.target, "value", node.value)

    def on_AugAssign(self, node: ast.AugAssign) -> None:
        self.visit(node.value)
        self.target(node.target, "value", node.value)

    def on_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self.target(node.target, "value", node.value)

    def on_with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self.visit(item.context_expr)
            if item.optional_vars is not None:
                self.target(item.optional_vars, "enter", item.context_expr)
        self.body(node.body)

    on_With = on_AsyncWith = on_with

    # -- control flow
    def on_for(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self.target(node.target, "element", node.iter)
        loops, self.loops = self.loops, (*self.loops, node)
        self.body(node.body)
        self.loops = loops
        self.body(node.orelse)

    on_For = on_AsyncFor = on_for

    def on_While(self, node: ast.While) -> None:
        loops, self.loops = self.loops, (*self.loops, node)
        self.visit(node.test)
        self.body(node.body)
        self.loops = loops
        self.body(node.orelse)

    def on_If(self, node: ast.If) -> None:
        self.visit(node.test)
        tests, self.tests = self.tests, (*self.tests, node.test)
        self.body(node.body)
        self.body(node.orelse)
        self.tests = tests

    def on_comprehension_like(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        loops = self.loops
        for generator in node.generators:
            self.visit(generator.iter)
            self.target(generator.target, "element", generator.iter)
            self.loops = (*self.loops, generator)
            for condition in generator.ifs:
                self.visit(condition)
        for part in [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]:
            self.visit(part)
        self.loops = loops

    on_ListComp = on_SetComp = on_GeneratorExp = on_DictComp = on_comprehension_like

    # -- expressions that matter
    def on_Await(self, node: ast.Await) -> None:
        self.visit(node.value)
        if isinstance(node.value, ast.Call):
            for call in reversed(self.function.calls):
                if call.node is node.value:
                    call.awaited = True
                    break

    def on_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute):
            self.receiver(node.func.value)
        elif not isinstance(node.func, ast.Name):
            self.visit(node.func)
        outer, self.call = self.call, node
        for argument in node.args:
            self.visit(argument)
        for keyword in node.keywords:
            self.visit(keyword.value)
        self.call = outer
        self.function.calls.append(CallFacts(node, self.loops, False, self.statement, self.tests))

    def on_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.references.setdefault(node.id, []).append(Reference(self.function.id, node, self.call))

    def on_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.ctx, ast.Load):
            self.references.setdefault(node.attr, []).append(Reference(self.function.id, node, self.call))
        self.receiver(node.value)

    def receiver(self, node: ast.expr) -> None:
        """Visit what an attribute is taken of: `task` in `answer(task.delay().id)` is no argument of `answer`."""
        outer, self.call = self.call, None
        self.visit(node)
        self.call = outer

    def on_Constant(self, node: ast.Constant) -> None:
        value = node.value
        if isinstance(value, str) and _DOTTED.match(value):
            last = re.split(r"[.:]", value)[-1]
            self.strings.setdefault(last, []).append(Reference(self.function.id, node, self.call))

    def on_Return(self, node: ast.Return) -> None:
        if node.value is not None:
            self.function.returns.append(node.value)
            self.visit(node.value)

    def on_yield(self, node: ast.Yield | ast.YieldFrom) -> None:
        if node.value is not None:
            self.visit(node.value)
        self.function.yields.append(node.value or ast.Constant(None))

    on_Yield = on_YieldFrom = on_yield

    def on_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.type is not None:
            self.visit(node.type)
            if node.name:
                self.bind(node.name, Binding("except", node.type, node.name, line=node.lineno))
        self.body(node.body)
