"""Modules that are imported by a name, which may be put together: `import_module(f"{__name__}.{task}")`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from batchlint.facts import FunctionId, Import
from batchlint.values import Ext, Mod, Text, Value, Values, ordered

if TYPE_CHECKING:
    from batchlint.symbols import Program

IMPORTING = frozenset({"importlib.import_module", "builtins.__import__"})
_MANY_MODULES = 40
"""Modules of a package, of which a name does not tell which is meant."""


def modules(program: Program, scope: FunctionId, node: ast.Call, path: str) -> Values:
    """What the call of `path`, which is one of those that import, can give."""
    found: set[Value] = set()
    for text in _names(program, scope, node):
        if "{}" in text:
            found |= _modules_like(program, scope, text)
        if not re.fullmatch(r"[\w.]+", text):
            continue
        dotted = text.lstrip(".")
        if path == "builtins.__import__" and not any(keyword.arg == "fromlist" for keyword in node.keywords):
            dotted = dotted.partition(".")[0]
        level = len(text) - len(dotted)
        stem = program.import_stem(Import(dotted, None, level), scope.path)
        found.add(Mod(stem) if stem else Ext("." * level + dotted))
    return frozenset(found - _of_modules(program, found))


def _names(program: Program, scope: FunctionId, node: ast.Call) -> Iterator[str]:
    """The dotted names that the call is given; those in the file's own package begin with a dot."""
    first, rest = _parted(node.args[0])
    package = _named_itself(program, scope, first)
    if package is not None and rest is not None:
        yield from (f"{package}{value.text}" for value in program.eval(scope, rest) if isinstance(value, Text))
        return
    given = [*node.args[1:2], *(keyword.value for keyword in node.keywords if keyword.arg == "package")]
    packages = [_package(program, scope, each) for each in given] or [""]
    for value in ordered(program.eval(scope, node.args[0])):
        if isinstance(value, Text) and re.match(r"\.(?!\.)", value.text):
            yield from (f"{each}{value.text}" for each in packages if each is not None)
        elif isinstance(value, Text):
            yield value.text


def _parted(node: ast.expr) -> tuple[ast.expr, ast.expr | None]:
    """What a text that is put together begins with, and the rest: `.{task}` of `f"{__name__}.{task}"`."""
    if isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.FormattedValue):
        return node.values[0].value, ast.JoinedStr(node.values[1:])
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        first, rest = _parted(node.left)
        return first, ast.BinOp(rest, node.op, node.right) if rest is not None else node.right
    return node, None


def _package(program: Program, scope: FunctionId, node: ast.expr) -> str | None:
    """The name of the package that the expression gives; "" for the file's own, None where that is not known."""
    names = [v.text for v in program.eval(scope, node) if isinstance(v, Text)]
    is_known = len(names) == 1 and re.fullmatch(r"\w[\w.]*", names[0])
    return names[0] if is_known else _named_itself(program, scope, node)


def _named_itself(program: Program, scope: FunctionId, node: ast.expr) -> str | None:
    """The name that a package says that it has: `__name__`, `tasks.__name__`."""
    if isinstance(node, ast.Name) and node.id in {"__name__", "__package__"}:
        return "" if node.id == "__package__" or scope.path.endswith("__init__.py") else None
    if isinstance(node, ast.Attribute) and node.attr in {"__name__", "__package__"}:
        stems = [v.stem for v in program.eval(scope, node.value) if isinstance(v, Mod)]
        return stems[0].replace("/", ".") if len(stems) == 1 else None
    return None


def _modules_like(program: Program, scope: FunctionId, dotted: str) -> set[Value]:
    """The modules of whose names only a part is known: `commands.{}`, `jobs.run_{}`, `tasks.{}.scoring`, `.{}`."""
    if not re.fullmatch(r"[\w.{}]*", dotted):
        return set()
    level = len(dotted) - len(dotted.lstrip("."))
    package = dotted.partition("{}")[0].rpartition(".")[0].lstrip(".")
    if not package and not level:
        return set()
    folder = program.import_stem(Import(package, None, level), scope.path)
    tail = dotted.lstrip(".").removeprefix(f"{package}.") if package else dotted.lstrip(".")
    name = re.compile(re.escape(f"{folder}/" if folder else "") + tail.replace(".", "/").replace("{}", r"\w+"))
    own = scope.path.removesuffix(".py").removesuffix("/__init__")
    found = [stem for stem in program.index.stems if name.fullmatch(stem) and stem != own]
    is_known = folder is not None and (bool(folder) or bool(level))
    return {Mod(stem) for stem in found} if is_known and len(found) <= _MANY_MODULES else set()


def _of_modules(program: Program, imported: set[Value]) -> set[Value]:
    """What is no module, but a name in one of the others: both stand in one table, `"a": ("jobs.a", "JobA")`."""
    paths = [program.index.stems.get(value.stem) for value in imported if isinstance(value, Mod)]
    names = {name for path in paths if path in program.modules for name in program.modules[path].body.bindings}
    return {value for value in imported if isinstance(value, Ext) and value.path in names}
