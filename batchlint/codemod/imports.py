"""Imports of rewritten files: where the helper module lies, how each file names it, and what is no longer needed."""

from __future__ import annotations

import ast
import itertools
import sys
from collections.abc import Iterable, Mapping, Set

import libcst as cst

from batchlint.codemod.changes import Fanout
from batchlint.facts import Import
from batchlint.graph import Graph

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement


class Groups:
    """Files that run in one program share one helper module, beside the file that most of them import.

    So do the implementations of one method: a fake in the tests uses the helper of what it stands in for.
    """

    def __init__(self, graph: Graph, whole: Fanout, helper: str) -> None:
        self.graph = graph
        self.helper = helper
        paths = sorted({*whole.changes, *(id.path for id in whole.twins)})
        self._linked: dict[str, set[str]] = {path: {path} for path in paths}
        self._imported: dict[str, int] = dict.fromkeys(paths, 0)
        for path in paths:
            for change in whole.changes[path].calls.values() if path in whole.changes else ():
                if change.twin is not None and change.twin.path != path:
                    self._imports(path, change.twin.path)
            for id in whole.changes[path].references.values() if path in whole.changes else ():
                if id.path != path:
                    self._imports(path, id.path)
        for family in whole.families:
            for one, other in itertools.pairwise(sorted({id.path for id in family & whole.twins})):
                self._link(one, other)
        self._anchor = {path: self._choose(sorted(self._linked[path])) for path in paths}
        self.users: set[str] = set()
        """The files that import the helper module."""

    def _imports(self, importer: str, imported: str) -> None:
        self._imported[imported] = self._imported.get(imported, 0) + 1
        self._link(importer, imported)

    def _link(self, one: str, other: str) -> None:
        joined = self._linked.setdefault(one, {one}) | self._linked.setdefault(other, {other})
        for each in joined:
            self._linked[each] = joined

    def _choose(self, group: list[str]) -> str:
        packages = self.graph.settings.packages
        own = [p for p in group if not self.graph.is_test(p)] or group
        in_package = [p for p in own if p.rpartition("/")[0] in packages]
        return max(in_package or own, key=lambda p: (self._imported.get(p, 0), -p.count("/")))

    def _folder(self, path: str) -> str:
        """The folder of the helper module for the file: the top of the anchor's package, or the anchor's own."""
        folder = self._anchor[path].rpartition("/")[0]
        packages = self.graph.settings.packages
        while folder in packages and folder.rpartition("/")[0] in packages:
            folder = folder.rpartition("/")[0]
        return folder

    def locations(self) -> list[str]:
        return sorted({f"{self._folder(p)}/{self.helper}.py".lstrip("/") for p in self.users})

    def beside(self) -> str:
        """How a file beside the first helper module names it."""
        folder = self.locations()[0].rpartition("/")[0]
        top = folder.rpartition("/")[2]
        return f"{top}.{self.helper}" if folder in self.graph.settings.packages else self.helper

    def module_for(self, path: str) -> str:
        """How the file names the helper module in `from ... import`."""
        target = self._folder(path)
        own = path.rpartition("/")[0]
        packages = self.graph.settings.packages
        if own == target and self._uses_relative_imports(path):
            return f".{self.helper}"
        if target in packages:
            top = target.rpartition("/")[2]
            inside = own == target or own.startswith(target + "/")
            if inside and self._uses_relative_imports(path):
                depth = own.removeprefix(target).count("/")
                return "." * (depth + 1) + self.helper
            return f"{top}.{self.helper}"
        if own == target and not self._is_imported_dotted(path):
            return self.helper
        root = self._root(path, target)
        inner = target.removeprefix(root).strip("/").replace("/", ".")
        return f"{inner}.{self.helper}" if inner else self.helper

    def _uses_relative_imports(self, path: str) -> bool:
        return any(source.level for source in self._sources(path))

    def _sources(self, path: str) -> Iterable[Import]:
        for function in self.graph.modules[path].functions.values():
            for bindings in function.bindings.values():
                for binding in bindings:
                    if binding.source is not None:
                        yield binding.source

    def own(self, path: str) -> set[str]:
        """The packages of the project, by the first steps of their names, that the file imports."""
        program = self.graph.program
        own = {s.module.partition(".")[0] for s in self._sources(path) if program.import_stem(s, path) is not None}
        return own - sys.stdlib_module_names

    def _is_imported_dotted(self, path: str) -> bool:
        return self._root(path, path.rpartition("/")[0]) != path.rpartition("/")[0]

    def _root(self, path: str, target: str) -> str:
        """The folder that absolute imports start from, as far as imports of the target's files show it."""
        anchor = self._anchor[path]
        stem = anchor.removesuffix(".py").removesuffix("/__init__")
        for module in self.graph.modules.values():
            for source in self._sources(module.path):
                tail = source.module.replace(".", "/")
                for each in (tail, f"{tail}/{source.name}" if source.name else tail):
                    if not source.level and each and (stem == each or stem.endswith("/" + each)):
                        return stem.removesuffix(each).strip("/")
        return target


def add(
    text: str, module: str, names: set[str], twins: Mapping[str, tuple[str, str]], own: Set[str] = frozenset()
) -> str:
    """The text with `names` imported from `module`, and each twin beside its function. `own`: its packages."""
    tree = cst.parse_module(text)
    if twins:
        tree = tree.visit(_NestedTwins(twins))
    body = list(tree.body)
    if names:
        body = _with_import(body, module, names, tree, own)
    return tree.with_changes(body=body).code


def add_beside(text: str, package: str, name: str, beside: str) -> str:
    """The text with `name` imported from the package wherever it imports `beside` from there."""
    return cst.parse_module(text).visit(_NestedTwins({beside: (name, name)}, package)).code


class _NestedTwins(cst.CSTTransformer):
    """Adds twins to the imports of their functions, wherever these stand."""

    def __init__(self, twins: Mapping[str, tuple[str, str]], package: str | None = None) -> None:
        super().__init__()
        self.twins = twins
        self.package = package
        self.exported = {name: called for name, (_, called) in twins.items()}

    def leave_ImportFrom(self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom) -> cst.ImportFrom:
        if isinstance(updated_node.names, cst.ImportStar):
            return updated_node
        if self.package is not None and _dotted(updated_node.module) != self.package:
            return updated_node
        present = {alias.evaluated_name for alias in updated_node.names}
        names = list(updated_node.names)
        for alias in updated_node.names:
            twin = self.twins.get(alias.evaluated_name)
            if twin is None or twin[0] in present:
                continue
            name, bound = twin
            self.exported[alias.evaluated_alias or alias.evaluated_name] = bound
            new = cst.ImportAlias(cst.Name(name), asname=cst.AsName(cst.Name(bound)) if bound != name else None)
            index = names.index(alias)
            comma = (
                alias.comma
                if isinstance(alias.comma, cst.Comma)
                else cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
            )
            names[index] = alias.with_changes(comma=cst.Comma(whitespace_after=_after(names, comma)))
            names.insert(index + 1, new.with_changes(comma=alias.comma))
        return updated_node.with_changes(names=names)

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> cst.Assign:
        """Twins stand in `__all__` where their functions do."""
        value, target = updated_node.value, updated_node.targets[0].target
        if not isinstance(target, cst.Name) or target.value != "__all__" or not isinstance(value, cst.List | cst.Tuple):
            return updated_node
        elements = list(value.elements)
        present = {_text(element) for element in elements}
        for index, element in reversed([*enumerate(elements)]):
            twin = self.exported.get(_text(element))
            if twin is not None and twin not in present and isinstance(element.value, cst.SimpleString):
                quote = element.value.value[0]
                new = element.with_changes(value=cst.SimpleString(f"{quote}{twin}{quote}"))
                between = elements[0].comma if len(elements) > 1 else cst.MaybeSentinel.DEFAULT
                elements[index : index + 1] = [element.with_changes(comma=between), new]
        return updated_node.with_changes(value=value.with_changes(elements=elements))


def _text(element: cst.BaseElement) -> str:
    value = element.value
    return str(value.raw_value) if isinstance(value, cst.SimpleString) else ""


def _after(names: list[cst.ImportAlias], comma: cst.Comma) -> cst.BaseParenthesizableWhitespace:
    first = names[0].comma
    if len(names) > 1 and isinstance(first, cst.Comma):
        return first.whitespace_after
    return cst.SimpleWhitespace(" ")


def _with_import(
    body: list[Statement], module: str, names: set[str], tree: cst.Module, own: Set[str]
) -> list[Statement]:
    found = _existing(body, module)
    if found is not None:
        index, statement = found
        present = {
            f"{alias.evaluated_name} as {alias.evaluated_alias}" if alias.asname else alias.evaluated_name
            for alias in statement.names  # type: ignore[union-attr]
        }
        body[index] = body[index].with_changes(body=[_import(module, names | present)])
        return body
    new = cst.SimpleStatementLine([_import(module, names)])
    code = tree.code_for_node(new).strip("\n")
    if len(code) > 88:
        listed = "".join(f"    {name},\n" for name in _sorted(names))
        parsed = cst.parse_statement(f"from {module} import (\n{listed})")
        assert isinstance(parsed, cst.SimpleStatementLine)
        new = parsed
    last = _last_import(body)
    if last is None:
        start = 1 if body and _is_docstring(body[0]) else 0
        while start < len(body) and _is_future(body[start]):
            start += 1
        following = body[start:]
        if start == 0 and following:
            # A shebang or an opening comment is the module's header and stays on top by itself.
            following = [
                following[0].with_changes(leading_lines=[cst.EmptyLine(indent=False), *following[0].leading_lines]),
                *following[1:],
            ]
        return [*body[:start], new, *following]
    section = _section(body, last, module, own)
    place = _place_in(body, section, module) if section else last
    before, following = body[: place + 1], body[place + 1 :]
    if place not in section and place + 1 in section:
        new = new.with_changes(leading_lines=following[0].leading_lines)
        return [*before, new, following[0].with_changes(leading_lines=[]), *following[1:]]
    blank = [] if place in section else [cst.EmptyLine(indent=False)]
    return [*before, new.with_changes(leading_lines=blank), *following]


def _sorted(names: Iterable[str]) -> list[str]:
    """As isort and ruff order them: classes first."""
    return sorted(names, key=lambda n: (not n[:1].isupper(), n))


def _import(module: str, names: set[str]) -> cst.ImportFrom:
    statement = cst.parse_statement(f"from {module} import {', '.join(_sorted(names))}")
    assert isinstance(statement, cst.SimpleStatementLine)
    node = statement.body[0]
    assert isinstance(node, cst.ImportFrom)
    return node


def _existing(body: list[Statement], module: str) -> tuple[int, cst.ImportFrom] | None:
    for index, statement in enumerate(body):
        if isinstance(statement, cst.SimpleStatementLine):
            for each in statement.body:
                if (
                    isinstance(each, cst.ImportFrom)
                    and "." * len(each.relative) + _dotted(each.module) == module
                    and not isinstance(each.names, cst.ImportStar)
                ):
                    return index, each
    return None


def _dotted(node: cst.BaseExpression | None) -> str:
    return cst.Module([]).code_for_node(node) if node is not None else ""


def _imports_in(statement: Statement) -> list[cst.Import | cst.ImportFrom]:
    if not isinstance(statement, cst.SimpleStatementLine):
        return []
    return [each for each in statement.body if isinstance(each, cst.Import | cst.ImportFrom)]


def _last_import(body: list[Statement]) -> int | None:
    """The index of the last import at the top of the file."""
    last: int | None = None
    for index, statement in enumerate(body):
        if _imports_in(statement):
            if not _is_future(statement):
                last = index
        elif (not _is_docstring(statement) and last is not None) or (
            not _is_docstring(statement) and not isinstance(statement, cst.Try | cst.If)
        ):
            break
    return last


def _section(body: list[Statement], last: int, module: str, own: Set[str]) -> list[int]:
    """The indices of the imports among which the new one belongs: the project's, with those that it is sorted among."""
    project = [i for i in range(last + 1) if _imports_in(body[i]) and _is_project(body[i], module, own)]
    first = project[0] if project else 0
    while first and not body[first].leading_lines and _imports_in(body[first - 1]) and not _is_future(body[first - 1]):
        first -= 1
    joined = [*range(first, project[0]), *project] if project else []
    keys = [_key(body[i]) for i in joined]
    return joined if keys == sorted(keys) else project


def _place_in(body: list[Statement], section: list[int], module: str) -> int:
    """The index of the import that the new one follows: the last that sorts before it, or the one in front of all."""
    keys = [_key(body[i]) for i in section]
    earlier = [i for i, key in zip(section, keys, strict=True) if key < (True, module.lower())]
    if earlier:
        return earlier[-1]
    is_led = any(each.comment for each in body[section[0]].leading_lines)
    return section[0] - 1 if keys == sorted(keys) and section[0] and not is_led else section[-1]


def _key(statement: Statement) -> tuple[bool, str]:
    """By what sorters of imports sort them."""
    return isinstance(_imports_in(statement)[0], cst.ImportFrom), _module_of(statement).lower()


def _module_of(statement: Statement) -> str:
    each = _imports_in(statement)[0]
    return (
        "." * len(each.relative) + _dotted(each.module)
        if isinstance(each, cst.ImportFrom)
        else each.names[0].evaluated_name
    )


def _is_project(statement: Statement, module: str, own: Set[str]) -> bool:
    """Whether the import belongs to the helper module's section: of the project, or relative too."""
    found = _imports_in(statement)
    if not found:
        return False
    name = _module_of(statement)
    if module.startswith("."):
        return name.startswith(".")
    top = name.partition(".")[0]
    return top != "" and (top == module.partition(".")[0] or top in own)


def _is_docstring(statement: Statement) -> bool:
    return (
        isinstance(statement, cst.SimpleStatementLine)
        and isinstance(statement.body[0], cst.Expr)
        and isinstance(statement.body[0].value, cst.SimpleString | cst.ConcatenatedString)
    )


def _is_future(statement: Statement) -> bool:
    return any(
        isinstance(each, cst.ImportFrom) and _dotted(each.module) == "__future__" for each in _imports_in(statement)
    )


def bound(tree: ast.AST, helper: str) -> set[str]:
    """The names that the file binds anywhere, without what it imports from the helper module."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None) or ""
            if module.rpartition(".")[2] != helper:
                found |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    return found


def drop_unused(before: str, after: str) -> str:
    """The text without the imports that it used before and uses no longer."""
    old, new = ast.parse(before), ast.parse(after)
    gone = (_used(old) - _used(new)) & _imported(new)
    if not gone:
        return after
    text = cst.parse_module(after).visit(_Drop(gone)).code
    return text if after.startswith(("\n", "\r")) else text.lstrip("\r\n")


def _used(tree: ast.Module) -> set[str]:
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            names.add(node.value)
    return names


def _imported(tree: ast.Module) -> set[str]:
    return {
        (alias.asname or alias.name).partition(".")[0]
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }


class _Drop(cst.CSTTransformer):
    def __init__(self, names: set[str]) -> None:
        super().__init__()
        self.names = names

    def _kept(self, node: cst.Import | cst.ImportFrom) -> list[cst.ImportAlias] | None:
        if isinstance(node.names, cst.ImportStar):
            return None
        kept = [a for a in node.names if (a.evaluated_alias or a.evaluated_name).partition(".")[0] not in self.names]
        if len(kept) == len(node.names):
            return None
        if kept and not (isinstance(node, cst.ImportFrom) and node.lpar):
            kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return kept

    def leave_Import(self, original_node: cst.Import, updated_node: cst.Import) -> cst.Import | cst.RemovalSentinel:
        kept = self._kept(updated_node)
        if kept is None:
            return updated_node
        return updated_node.with_changes(names=kept) if kept else cst.RemoveFromParent()

    def leave_ImportFrom(
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom | cst.RemovalSentinel:
        kept = self._kept(updated_node)
        if kept is None:
            return updated_node
        return updated_node.with_changes(names=kept) if kept else cst.RemoveFromParent()
