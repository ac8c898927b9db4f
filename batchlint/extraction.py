"""One `ast` pass over a file: its scopes, what they bind, the calls and the loops around them."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from batchlint import containers
from batchlint.facts import (
    MODULE,
    Binding,
    CallFacts,
    ClassFacts,
    ClassId,
    FunctionFacts,
    FunctionId,
    FunctionNode,
    Import,
    LoopNode,
    ModuleFacts,
    Reference,
    is_main_test,
    module_name,
)
from batchlint.trees import children, walk_own


def extract(path: str, text: str, tree: ast.Module) -> ModuleFacts:
    """The facts of one file; `tree` is its parsed `text`."""
    if containers.PACKAGE in text:
        tree = containers.written_out(tree)
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
        main_line=_main_line(tree),
        references=collector.references,
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


def _last(node: ast.Name | ast.Attribute) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr


def _is_cast(node: ast.Call) -> bool:
    """Whether the call is `cast(Type, value)`, which runs nothing and gives the value."""
    return isinstance(node.func, ast.Name | ast.Attribute) and _last(node.func) == "cast" and len(node.args) == 2


_LOAD = ast.Load


class _Collector:
    """One recursive pass; the current function, class, loops and statement are passed along as state."""

    def __init__(self, path: str, *, has_outer: bool) -> None:
        self.path = path
        self.has_outer = has_outer
        self.functions: dict[str, FunctionFacts] = {}
        self.classes: dict[str, ClassFacts] = {}
        self.stars: list[Import] = []
        self.references: defaultdict[str, list[Reference]] = defaultdict(list)
        self.lambdas: dict[tuple[int, int], str] = {}
        self.prefix = ""
        self.call: ast.Call | None = None
        self.function: FunctionFacts
        self.klass: ClassFacts | None = None
        self.loops: tuple[LoopNode, ...] = ()
        self.tests: tuple[ast.expr, ...] = ()
        self.statement: ast.stmt
        self.handlers: dict[type[ast.AST], Callable[[Any], None]] = {
            kind: getattr(self, name) for kind, name in _HANDLERS.items()
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
        handler = self.handlers.get(type(node))
        if handler is not None:
            handler(node)
        else:
            for child in children(node):
                self.visit(child)

    def on_Constant(self, node: ast.Constant) -> None:
        """Nothing stands in it."""

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
                    binding.position,
                    self.function.id.qualname,
                    binding.line,
                    binding.is_part,
                )
            )
        else:
            self.function.bindings.setdefault(name, []).append(binding)

    def target(
        self, target: ast.expr, how: str, value: ast.expr | None, index: int | None = None, part: bool = False
    ) -> None:
        line = target.lineno
        if isinstance(target, ast.Name):
            self.bind(target.id, Binding(how, value, target.id, position=index, line=line, is_part=part))
        elif isinstance(target, ast.Tuple | ast.List):
            same_length = isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts)
            for position, element in enumerate(target.elts):
                if how == "value" and same_length and isinstance(value, ast.Tuple | ast.List):
                    self.target(element, how, value.elts[position])
                elif index is not None:
                    self.target(element, how, value, index, True)
                else:
                    self.target(element, "unpack" if how == "value" else how, value, position)
        elif isinstance(target, ast.Starred):
            self.target(target.value, how, value, index, part)
        elif isinstance(target, ast.Attribute):
            self.function.attributes.append(
                (target.value, target.attr, Binding(how, value, target.attr, position=index, line=line, is_part=part))
            )
            self.visit(target.value)
        elif isinstance(target, ast.Subscript):
            key = str(target.slice.value) if isinstance(target.slice, ast.Constant) else ""
            how = "element" if how == "value" and isinstance(target.slice, ast.Slice) else how
            self.function.items.append(
                (target.value, Binding(how, value, key, position=index, line=line, is_part=part))
            )
            if isinstance(target.value, ast.Name) and isinstance(target.slice, ast.Constant):
                self.function.item_keys.setdefault((target.value.id, key), []).append(value)
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
        self.references[name].append(Reference(self.function.id, node, self.call))
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

    def on_try(self, node: ast.Try | ast.TryStar) -> None:
        self.body(node.body)
        for handler in node.handlers:
            self.visit(handler)
        self.body(node.orelse)
        self.body(node.finalbody)

    on_Try = on_TryStar = on_try

    def on_match_case(self, node: ast.match_case) -> None:
        self.visit(node.pattern)
        if node.guard is not None:
            self.visit(node.guard)
        self.body(node.body)

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
        outer = self.call
        self.call = outer if _is_cast(node) else node
        for argument in node.args:
            self.visit(argument)
        for keyword in node.keywords:
            self.visit(keyword.value)
        self.call = outer
        self.function.calls.append(CallFacts(node, self.loops, False, self.statement, self.tests))

    def on_Name(self, node: ast.Name) -> None:
        if node.ctx.__class__ is _LOAD:
            self.references[node.id].append(Reference(self.function.id, node, self.call))

    def on_Attribute(self, node: ast.Attribute) -> None:
        if node.ctx.__class__ is _LOAD:
            self.references[node.attr].append(Reference(self.function.id, node, self.call))
        self.receiver(node.value)

    def receiver(self, node: ast.expr) -> None:
        """Visit what an attribute is taken of: `task` in `answer(task.delay().id)` is no argument of `answer`."""
        outer, self.call = self.call, None
        self.visit(node)
        self.call = outer

    def on_Return(self, node: ast.Return) -> None:
        if node.value is not None:
            given = node.value
            while isinstance(given, ast.Call) and _is_cast(given):
                given = given.args[1]
            self.function.returns.append(given)
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


_HANDLERS = {
    getattr(ast, name.removeprefix("on_")): name
    for name in vars(_Collector)
    if name.startswith("on_") and hasattr(ast, name.removeprefix("on_"))
}
"""The methods of the collector by the kind of node that they are for."""
