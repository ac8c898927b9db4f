"""Which folder a file is written into, and what is seen when a folder is listed: each file in it, as it is there."""

from __future__ import annotations

import ast
from fnmatch import fnmatch
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from batchlint.symbols import last_name
from batchlint.trees import replaced

if TYPE_CHECKING:
    from batchlint.codemod.access import Frame
    from batchlint.codemod.paths import Paths
    from batchlint.facts import FunctionFacts

LISTED = "[listed]"
"""What is in a folder, as a step behind the folder's path."""
_SAME = frozenset({"resolve", "absolute", "expanduser", "as_posix"})
_LITERAL, _MIXED = "'", "*"
"""In front of what a part of a path is: its text is known, or only its end. Any other one is an expression."""
_KINDS = _LITERAL + _MIXED


class Place(NamedTuple):
    """A folder by the parts of its path, None where that is not known; `ending`: of the files that count.

    `name`: of the one file, or the pattern of those that are listed, where its text shows all of it.
    """

    parts: tuple[str, ...] | None
    ending: str = ""
    is_deep: bool = False
    """Whether the folders in it are listed too."""
    maker: str = ""
    """What is called for the path, where that does not show its folder."""
    name: str = ""


def of_file(paths: Paths, node: ast.expr, frame: Frame) -> Place:
    """The folder of the file."""
    path = _resolved(paths, node, frame)
    parts = _parts(path)
    if not parts:
        given = path.args if isinstance(path, ast.Call) and last_name(path.func) == "with_suffix" else []
        ending = next((str(each.value) for each in given if isinstance(each, ast.Constant)), "")
        return Place(None, ending, maker=ast.unparse(path.func) if isinstance(path, ast.Call) else "")
    last = parts[-1]
    is_known = len(parts) > 1 or (_kind(last) != "" and not _begins_open(path))
    name = last[1:] if _kind(last) == _LITERAL else ""
    return Place(tuple(parts[:-1]) if is_known else None, last[1:] if _kind(last) else "", name=name)


def _begins_open(path: ast.expr) -> bool:
    """Whether a value stands in front of the path's text, which may name a folder."""
    while isinstance(path, ast.BinOp):
        path = path.left
    if isinstance(path, ast.Call) and path.args:
        return _begins_open(path.args[0])
    return not isinstance(path.values[0] if isinstance(path, ast.JoinedStr) and path.values else path, ast.Constant)


def listed(paths: Paths, node: ast.expr | None, pattern: ast.expr | None, frame: Frame, *, is_deep: bool) -> Place:
    """The folder whose files are listed: that of the path `node`, or the one in which the pattern begins."""
    parts = _parts(_resolved(paths, node, frame)) if node is not None else []
    wanted = _parts(_resolved(paths, pattern, frame)) if pattern is not None else []
    if parts is None or wanted is None:
        return Place(None, _ending(wanted), is_deep)
    names: list[str] = []
    name = wanted[-1][1:] if wanted and _kind(wanted[-1]) == _LITERAL else ""
    for part in wanted[:-1]:
        if "*" in part[1:] or _kind(part) == _MIXED:
            return Place((*parts, *names), _ending(wanted), is_deep=True, name=name)
        names.append(part)
    return Place((*parts, *names), _ending(wanted), is_deep, name=name)


def may_hold(folder: Place, file: Place) -> bool:
    """Whether the file may be among those that are listed."""
    if folder.ending and file.ending and not _meet(folder.ending, file.ending):
        return False
    if folder.name and file.name and not fnmatch(file.name, folder.name):
        return False
    if folder.parts is None or file.parts is None:
        return True
    if len(folder.parts) > len(file.parts) or (len(folder.parts) < len(file.parts) and not folder.is_deep):
        return not _are_told_apart(folder.parts, file.parts)
    pairs = zip(folder.parts, file.parts, strict=False)
    return all(_may_equal(a, b, index == 0) for index, (a, b) in enumerate(pairs))


def is_same(a: Place | None, b: Place | None) -> bool:
    """Whether both are one folder in each iteration, however the code names it."""
    if a is None or b is None or a.parts is None or a.is_deep:
        return False
    return a.parts == b.parts and not any(_kind(part) == _MIXED for part in a.parts)


def may_be_one(a: Place | None, b: Place | None) -> bool:
    """Whether two files lie in one folder, as far as the code shows, and nothing tells their names apart."""
    if a is None or b is None or (a.parts, a.maker) != (b.parts, b.maker) or not (a.parts or a.maker):
        return False
    return not (a.ending and b.ending) or _meet(a.ending, b.ending)


@cache
def file_name(path: str) -> str | None:
    """The name at the end of what an expression makes a path of, where its text shows all of it."""
    parts = _parts(ast.parse(path, mode="eval").body)
    return parts[-1][1:] if parts and _kind(parts[-1]) == _LITERAL else None


def _are_told_apart(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    """Whether folders of which one has more parts differ: an expression in front may stand for several parts."""
    begin, other = (part[0] if part else _LITERAL for part in (a, b))
    return begin == other or (_kind(begin) == _kind(other) != _MIXED)


def _may_equal(a: str, b: str, is_first: bool) -> bool:
    if a == b:
        return True
    return not (_kind(a) == _kind(b) == _LITERAL) and not (is_first and _kind(a) == _kind(b) == "")


def _kind(part: str) -> str:
    """Text, a part of which only the end is known, or (an empty text) an expression."""
    return part[0] if part[0] in _KINDS else ""


def _meet(a: str, b: str) -> bool:
    return a.endswith(b) or b.endswith(a)


def _ending(pattern: list[str] | None) -> str:
    """What the names end with that match the pattern."""
    last = pattern[-1] if pattern else ""
    if not last or not _kind(last):
        return ""
    ending = last.rpartition("*")[2]
    return ending.lstrip(_LITERAL) if not set(ending) & set("?[]") else ""


def _resolved(paths: Paths, node: ast.expr, frame: Frame) -> ast.expr:
    """The path with names of functions and modules replaced by what they are bound to, where that is one thing."""
    outermost: Frame | None = frame
    scopes: list[FunctionFacts] = []
    while outermost is not None:
        scopes += paths.program.scopes(outermost.function)
        outermost = outermost.caller

    def value(name: ast.Name) -> ast.expr:
        found = {id(b.value): b for scope in scopes for b in scope.bindings.get(name.id, ())}
        is_given = any(name.id in scope.parameter_names for scope in scopes)
        bound = [b.value for b in found.values() if b.how == "value" and b.value is not None]
        is_path = len(bound) == len(found) == 1 and not is_given and _parts(bound[0]) is not None
        return bound[0] if is_path else name

    expanded = paths.expand(node, frame)
    for _ in range(3):
        expanded = replaced(expanded, value)
    return expanded


def _parts(node: ast.expr) -> list[str] | None:
    """The parts of a path; None for what is no path, or hides its folder."""
    if isinstance(node, ast.Constant):
        return _split([node.value]) if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return _split([str(v.value) if isinstance(v, ast.Constant) else v for v in node.values])
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _split(_added(node))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return _joined([node.left, node.right])
    if isinstance(node, ast.Call):
        return _called(node)
    if isinstance(node, ast.Name):
        return [node.id]
    is_dotted = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute)
    if is_dotted and isinstance(node, ast.Attribute) and node.attr not in {"parent", "parents"}:
        return [ast.unparse(node)]
    return None


def _called(call: ast.Call) -> list[str] | None:
    name = last_name(call.func)
    if name in {"cwd", "getcwd"}:
        return []
    if name in {"Path", "PurePath", "str"} or (name == "join" and ast.unparse(call.func).endswith("path.join")):
        return _joined(call.args)
    if isinstance(call.func, ast.Attribute) and name in _SAME | {"joinpath"}:
        return _joined([call.func.value, *call.args])
    if isinstance(call.func, ast.Attribute) and name in {"with_suffix", "with_name"} and len(call.args) == 1:
        before, given = _parts(call.func.value), call.args[0]
        if before and len(before) > 1 and isinstance(given, ast.Constant) and isinstance(given.value, str):
            return [*before[:-1], f"{_MIXED}{given.value}"]
    return None


def _joined(nodes: list[ast.expr]) -> list[str] | None:
    found: list[str] = []
    for node in nodes:
        parts = _parts(node)
        if parts is None:  # the name of a file, as far as is known
            if node is nodes[0]:
                return None
            parts = [_MIXED]
        found = [*found, *parts]
    return found


def _added(node: ast.expr) -> list[str | ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [*_added(node.left), *_added(node.right)]
    return [node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else node]


def _split(pieces: list[str | ast.expr]) -> list[str] | None:
    """The parts of a path that is put together of texts and values."""
    parts: list[list[str | ast.expr]] = [[]]
    for piece in pieces:
        if not isinstance(piece, str):
            parts[-1].append(piece.value if isinstance(piece, ast.FormattedValue) else piece)
            continue
        first, *rest = piece.split("/")
        parts[-1] += [first] if first else []
        parts += [[each] if each else [] for each in rest]
    found: list[str] = []
    for index, part in enumerate(parts):
        if len(part) == 1 and isinstance(part[0], str):
            found += [_LITERAL + part[0]] if part[0] != "." else []
        elif len(part) == 1 and isinstance(part[0], ast.expr) and len(parts) > 1:
            inner = _parts(part[0])
            if inner is None and index == 0:
                return None
            found += inner or [_MIXED]
        elif part:
            end = part[-1]
            found.append(_MIXED + (end if isinstance(end, str) else ""))
    return found
