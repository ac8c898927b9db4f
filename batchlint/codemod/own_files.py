"""Paths that no two items share: they hold the name of the one file that the loop lists, or the item's number."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set

from batchlint.codemod import scopes
from batchlint.codemod.access import MARK, Frame
from batchlint.codemod.blocks import Loop
from batchlint.codemod.distinct import is_only_read
from batchlint.facts import FunctionFacts
from batchlint.iterables import COUNTED, NUMBERS, SAME
from batchlint.symbols import Program, last_name
from batchlint.trees import walk
from batchlint.values import Ext, Fn

_JOINING = frozenset({"joinpath", "join"})
_MAKING = frozenset({"Path", "pathlib.Path", "PurePath", "str", "os.fspath"})
_POOLED = frozenset({"map", "imap", "imap_unordered", "starmap", "submit", "apply_async", "map_async", "starmap_async"})
"""Methods of pools that call a function for several things at once."""
_MAX_DEPTH = 4


def told_by(program: Program, function: FunctionFacts, loop: Loop) -> set[str]:
    """The texts, in names of the loop's head, that are another one in each item: `path.stem`, `index`.

    There are none where the tasks or threads of an item share what is its own.
    """
    if function.is_async or not isinstance(loop, ast.For) or _pools(loop.body):
        return set()
    rebound = scopes.bound(loop.body)
    targets = {node.id for node in walk(loop.target) if isinstance(node, ast.Name)}
    return _told(program, function, loop.target, loop.iter) if rebound.isdisjoint(targets) else set()


def _pools(body: list[ast.stmt]) -> bool:
    calls = (node for statement in body for node in walk(statement) if isinstance(node, ast.Call))
    return any(last_name(call.func) in _POOLED for call in calls if isinstance(call.func, ast.Attribute))


def _told(program: Program, function: FunctionFacts, target: ast.expr, iterated: ast.expr) -> set[str]:
    counted = last_name(iterated.func) if isinstance(iterated, ast.Call) and iterated.args else ""
    if counted in COUNTED and isinstance(target, ast.Tuple) and len(target.elts) == 2:
        inner = _told(program, function, target.elts[1], iterated.args[0])  # type: ignore[attr-defined]
        return {ast.unparse(target.elts[0]), *inner}
    if not isinstance(target, ast.Name):
        return set()
    if counted in NUMBERS:
        return {target.id}
    listing = _listing(program, function, iterated)
    return _of_listed(listing, target.id) if listing is not None else set()


def _listing(program: Program, function: FunctionFacts, node: ast.expr, depth: int = 0) -> ast.Call | None:
    """The call that lists one folder, where `node` gives what it lists, or some of that."""
    if depth > _MAX_DEPTH:
        return None
    if isinstance(node, ast.Name) and node.id not in function.parameter_names:
        value = function.only_value(node.id)
        listing = _listing(program, function, value, depth + 1) if value is not None else None
        is_whole = listing is not None and is_only_read(program, function, node.id)
        return listing if is_whole else None
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        return _listing(program, function, node.value, depth + 1)
    if isinstance(node, ast.ListComp | ast.GeneratorExp) and len(node.generators) == 1:
        drawn = node.generators[0]
        same = isinstance(node.elt, ast.Name) and ast.unparse(node.elt) == ast.unparse(drawn.target)
        return _listing(program, function, drawn.iter, depth + 1) if same else None
    if not isinstance(node, ast.Call):
        return None
    if last_name(node.func) in SAME and node.args:
        return _listing(program, function, node.args[0], depth + 1)
    values = program.eval(function.id, node.func)
    called = [program.functions[value.id] for value in values if isinstance(value, Fn)]
    if len(called) == len(values) == 1 and len(called[0].returns) == 1:
        given = called[0].returns[0]
        return _listing(program, called[0], given, depth + 1) if given is not None else None
    paths = {value.path for value in values if isinstance(value, Ext)}
    is_method = isinstance(node.func, ast.Attribute) and last_name(node.func) in {"iterdir", "glob"}
    return node if paths & {"os.listdir", "os.scandir", "glob.glob"} or (is_method and not called) else None


def _of_listed(listing: ast.Call, name: str) -> set[str]:
    how, pattern = last_name(listing.func), next(iter(listing.args), None)
    if how == "listdir":
        return {name}
    if how == "glob":
        text = pattern.value if isinstance(pattern, ast.Constant) else None
        folder, _, last = text.rpartition("/") if isinstance(text, str) else ("*", "", "")
        if set(folder) & set("*?[") or "**" in last:
            return set()  # files of several folders, which may have one name
        ending = last.rpartition("*")[2]
        has_ending = ending.startswith(".") and not set(ending) & set("?[]")
    else:
        has_ending = False
    found = {name, f"{name}.name", f"os.path.basename({name})", f"Path({name}).name"}
    if has_ending:
        found |= {f"{name}.stem", f"Path({name}).stem", f"os.path.splitext(os.path.basename({name}))[0]"}
    return found


def is_own(path: ast.expr, frame: Frame) -> bool:
    """Whether the path, in which the own names of all frames are marked, is that of a file which one item alone has."""
    outermost = frame
    while outermost.caller is not None:
        outermost = outermost.caller
    tokens = {_marked(text, outermost) for text in outermost.tokens}
    if not tokens:
        return False
    parts = list(_parts(path))
    if any(isinstance(n, ast.Constant) and ".." in str(n.value) for part in parts for n in ast.walk(part)):
        return False
    first = (part for part in parts if MARK in ast.unparse(part) and not _is_folder(part, tokens))
    return _tells(next(first, path), tokens)


def _marked(text: str, frame: Frame) -> str:
    """The text as `Paths.expand` writes it."""

    class Marked(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.Name:
            return ast.Name(f"{MARK}{frame.number}_{node.id}") if node.id in frame.local else node

    return ast.unparse(Marked().visit(ast.parse(text, mode="eval").body))


def _parts(path: ast.expr) -> Iterator[ast.expr]:
    """What the path is put together of, folder by folder."""
    if isinstance(path, ast.BinOp) and isinstance(path.op, ast.Div):
        yield from _parts(path.left)
        yield from _parts(path.right)
    elif isinstance(path, ast.Call) and ast.unparse(path.func) in _MAKING:
        for each in path.args:
            yield from _parts(each)
    elif isinstance(path, ast.Call) and last_name(path.func) in _JOINING and isinstance(path.func, ast.Attribute):
        if last_name(path.func) == "joinpath":
            yield from _parts(path.func.value)
        for each in path.args:
            yield from _parts(each)
    else:
        yield path


def _tells(part: ast.expr, tokens: Set[str]) -> bool:
    """Whether the part is one of the tokens, alone or between texts."""
    if ast.unparse(part) in tokens:
        return True
    if isinstance(part, ast.JoinedStr):
        values = [v for v in part.values if MARK in ast.unparse(v)]
        inner = values[0] if len(values) == 1 else None
        is_plain = isinstance(inner, ast.FormattedValue) and inner.conversion == -1 and inner.format_spec is None
        return is_plain and _tells(inner.value, tokens)  # type: ignore[union-attr]
    if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Add):
        sides = [side for side in (part.left, part.right) if MARK in ast.unparse(side)]
        return len(sides) == 1 and _tells(sides[0], tokens)
    if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.func.attr == "with_suffix":
        return f"{ast.unparse(part.func.value)}.stem" in tokens and MARK not in "".join(map(ast.unparse, part.args))
    return False


def _is_folder(part: ast.expr, tokens: Set[str]) -> bool:
    """Whether it is the folder of what is listed."""
    is_parent = isinstance(part, ast.Attribute) and part.attr == "parent"
    return is_parent and f"{ast.unparse(part.value)}.name" in tokens  # type: ignore[attr-defined]
