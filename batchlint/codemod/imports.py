"""Imports of rewritten files: what they need in the order of the file, and what is no longer needed."""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

import libcst as cst
import libcst.matchers as m

from batchlint.sources.syntax import parse

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement
_ALL_NAMES = frozenset({"globals", "locals", "vars", "eval", "exec"})
"""What finds names that stand nowhere."""


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


class _NestedTwins(cst.CSTTransformer):
    """Adds twins to the imports of their functions, wherever these stand; in place of one that its scope needs no more.

    What the module itself imports and no longer needs goes later.
    """

    def __init__(self, twins: Mapping[str, tuple[str, str]]) -> None:
        super().__init__()
        self.twins = twins
        self.exported = {name: called for name, (_, called) in twins.items()}
        self._used: list[Counter[str]] = []
        """How often each name stands in the functions around, but for imports."""

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        imports = m.findall(node, m.ImportFrom() | m.Import())
        imported = Counter(name for each in imports for name in _names(each))
        self._used.append(Counter(_names(node)) - imported)

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:
        self._used.pop()
        return updated_node

    def leave_ImportFrom(self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom) -> cst.ImportFrom:
        if isinstance(updated_node.names, cst.ImportStar):
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
            if self._used and not self._used[-1][alias.evaluated_alias or alias.evaluated_name]:
                names[index] = new.with_changes(comma=alias.comma)
                continue
            between = _between(updated_node.lpar, names)
            names[index] = alias.with_changes(comma=cst.Comma(whitespace_after=between))
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


def _names(node: cst.CSTNode) -> Iterator[str]:
    return (each.value for each in m.findall(node, m.Name()) if isinstance(each, cst.Name))


def _text(element: cst.BaseElement) -> str:
    value = element.value
    return str(value.raw_value) if isinstance(value, cst.SimpleString) else ""


def _between(opening: cst.LeftParen | None, names: Sequence[cst.ImportAlias]) -> cst.BaseParenthesizableWhitespace:
    """What stands behind the commas: what stands behind the first, or in front of the only name."""
    first = names[0].comma
    if len(names) > 1 and isinstance(first, cst.Comma):
        return first.whitespace_after
    is_below = opening is not None and isinstance(opening.whitespace_after, cst.ParenthesizedWhitespace)
    return opening.whitespace_after if opening is not None and is_below else cst.SimpleWhitespace(" ")


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
    start = _after_path_changes(body, module, own)
    new = cst.SimpleStatementLine([_import(module, names)], trailing_whitespace=_silenced(body[start:]))
    code = tree.code_for_node(new).strip("\n")
    if len(code) > 88:
        listed = "".join(f"    {name},\n" for name in _sorted(names))
        parsed = cst.parse_statement(f"from {module} import (\n{listed})")
        assert isinstance(parsed, cst.SimpleStatementLine)
        new = parsed
    last = _last_import(body, start)
    if last is None and start:
        blank = [cst.EmptyLine(indent=False)]
        return [*body[:start], new.with_changes(leading_lines=blank), *body[start:]]
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
    section = _section(body, start, last, module, own)
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


def _after_path_changes(body: list[Statement], module: str, own: Set[str]) -> int:
    """The index from which the project's imports stand where the file changes `sys.path` for them; else 0."""
    changes = [i for i, statement in enumerate(body) if _changes_path(statement)]
    if not changes or module.startswith("."):
        return 0
    behind = changes[-1] + 1
    project = [i for i, statement in enumerate(body) if _is_project(statement, module, own)]
    if any(i < changes[0] and _top(body[i]) == module.partition(".")[0] for i in project):
        return 0
    is_in_front = not any(isinstance(each, cst.FunctionDef | cst.ClassDef) for each in body[:behind])
    return next((i for i in project if i >= behind), behind if is_in_front else 0)


def _changes_path(statement: Statement) -> bool:
    """Whether the module changes `sys.path` here: `sys.path.insert(0, ...)`, also under a condition."""
    if isinstance(statement, cst.FunctionDef | cst.ClassDef) or _is_main(statement):
        return False
    changed = m.Attribute(m.Name("sys"), m.Name("path"))
    called = m.Call(m.Attribute(changed) | m.Attribute(m.Name("site"), m.Name("addsitedir")))
    assigned = m.AssignTarget(changed) | m.AugAssign(changed) | m.AssignTarget(m.Subscript(changed))
    return bool(m.findall(statement, called | assigned))


def _is_main(statement: Statement) -> bool:
    return isinstance(statement, cst.If) and m.findall(statement.test, m.Name("__name__")) != []


def _silenced(following: list[Statement]) -> cst.TrailingWhitespace:
    """The comment that lets a linter pass the next import, as one behind other code."""
    for statement in following[:1]:
        if isinstance(statement, cst.SimpleStatementLine) and "E402" in _comment(statement):
            return statement.trailing_whitespace
    return cst.TrailingWhitespace()


def _comment(statement: cst.SimpleStatementLine) -> str:
    comment = statement.trailing_whitespace.comment
    return comment.value if comment else ""


def _last_import(body: list[Statement], start: int) -> int | None:
    """The index of the last import of those that begin behind `start`, or at the top of the file."""
    last: int | None = None
    for index, statement in list(enumerate(body))[start:]:
        if _imports_in(statement):
            if not _is_future(statement):
                last = index
        elif (not _is_docstring(statement) and last is not None) or (
            not _is_docstring(statement) and not isinstance(statement, cst.Try | cst.If)
        ):
            break
    return last


def _section(body: list[Statement], start: int, last: int, module: str, own: Set[str]) -> list[int]:
    """The indices of the imports among which the new one belongs: the project's, with those that it is sorted among."""
    project = [i for i in range(start, last + 1) if _imports_in(body[i]) and _is_project(body[i], module, own)]
    first = project[0] if project else 0
    while first > start and not body[first].leading_lines and _is_sorted_in(body[first - 1]):
        first -= 1
    joined = [*range(first, project[0]), *project] if project else []
    keys = [_key(body[i]) for i in joined]
    return joined if keys == sorted(keys) else project


def _is_sorted_in(statement: Statement) -> bool:
    return bool(_imports_in(statement)) and not _is_future(statement)


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


def _top(statement: Statement) -> str:
    return _module_of(statement).partition(".")[0]


def _is_project(statement: Statement, module: str, own: Set[str]) -> bool:
    """Whether the import belongs to the helper module's section: of the project, or relative too."""
    found = _imports_in(statement)
    if not found:
        return False
    if module.startswith("."):
        return _module_of(statement).startswith(".")
    top = _top(statement)
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
    old, new = parse(before), parse(after)
    gone = (_used(old) - _used(new)) & _imported(new)
    if not gone:
        return after
    tree = cst.parse_module(after)
    text = tree.with_changes(body=_without(tree.body, _Drop(gone))).code
    return text if after.startswith(("\n", "\r")) else text.lstrip("\r\n")


def is_star_for(text: str, names: Set[str]) -> bool:
    """Whether nothing but these names can come by the file's imports by `*`."""
    tree = parse(text)
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    given = bound(tree, "") | set(dir(builtins)) - _ALL_NAMES
    return read - given == names and "__all__" not in given


def instead_of_star(text: str, module: str, names: set[str]) -> str:
    """The text that imports the names from the module instead of `*`."""
    return cst.parse_module(text).visit(_Named(module, names)).code


class _Named(cst.CSTTransformer):
    def __init__(self, module: str, names: set[str]) -> None:
        super().__init__()
        self.module = module
        self.names = _import(module, names).names

    def leave_ImportFrom(self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom) -> cst.ImportFrom:
        name = "." * len(updated_node.relative) + _dotted(updated_node.module)
        is_meant = name == self.module and isinstance(updated_node.names, cst.ImportStar)
        return updated_node.with_changes(names=self.names) if is_meant else updated_node


def _without(body: Sequence[Statement], drop: _Drop) -> list[Statement]:
    """The statements without the imports; what stands above the first of a group stays above the group."""
    kept: list[Statement] = []
    above: Sequence[cst.EmptyLine] = ()
    for statement in body:
        after = statement.visit(drop) if _imports_in(statement) else statement
        assert isinstance(after, cst.SimpleStatementLine | cst.BaseCompoundStatement)
        if not after.body:
            above = statement.leading_lines or above
            continue
        if above and not after.leading_lines and _imports_in(after):
            after = after.with_changes(leading_lines=above)
        kept.append(after)
        above = ()
    return kept


def _used(tree: ast.Module) -> set[str]:
    """The names that are read, also in texts that may stand for them, as in `__all__`; not what is compared."""
    nodes = list(ast.walk(tree))
    compared = {id(each) for node in nodes if isinstance(node, ast.Compare) for each in (node.left, *node.comparators)}
    texts = (n.value for n in nodes if isinstance(n, ast.Constant) and id(n) not in compared)
    names = {text for text in texts if isinstance(text, str) and text.isidentifier()}
    return names | {n.id for n in nodes if isinstance(n, ast.Name)}


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
