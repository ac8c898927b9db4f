"""Which value of a name a key is made of, where the name is bound anew, or what it stands for changes.

A key is the same for a look and for what is stored later only where nothing changes it in between.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from batchlint.codemod.access import Frame
from batchlint.codemod.effects import MUTATORS
from batchlint.facts import FunctionId
from batchlint.symbols import Program
from batchlint.trees import walk
from batchlint.values import Fn

_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_PARTS = (ast.Attribute, ast.Subscript)
_MAX_DEPTH = 3
_APART = 10**9
"""More than there are frames: a value that is not the last one has a number that no frame has."""
Place = tuple[int, int]


class _Change(NamedTuple):
    """Where a change has happened, and where the first loop begins that may repeat it; the part that it changes."""

    place: Place
    repeats: Place
    part: str | None
    binds: bool


class Versions:
    """Tells the values apart that a name has one after the other."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: dict[int, tuple[list[ast.stmt], dict[str, list[_Change]]]] = {}
        self._by_parameter: dict[tuple[FunctionId, int], list[tuple[str, str | None]]] = {}

    def number(self, name: ast.Name, part: str | None, frame: Frame) -> int:
        """The number of the frame where the name has its last value, another one for each value before.

        `part`: the part of the object that is looked at, of which each value has a number of its own.
        """
        changes = [c for body in frame.bodies for c in self._of(frame, body).get(name.id, ())]
        changes = [c for c in changes if c.binds or (part is not None and c.part in {None, part})]
        is_last = all(change.binds for change in changes)
        if not hasattr(name, "lineno"):
            return frame.number if is_last else frame.number + _APART
        here = name.lineno, name.col_offset
        behind = sum(change.place <= here for change in changes)
        repeated = sum(change.repeats <= here for change in changes)
        if is_last and behind == repeated == len(changes):
            return frame.number
        return frame.number + _APART * (2 + behind * 1000 + repeated)

    def _of(self, frame: Frame, body: list[ast.stmt]) -> dict[str, list[_Change]]:
        if id(body) not in self._known:
            found: dict[str, list[_Change]] = {}
            for statement in body:
                for name, change in self._in(frame, statement, None):
                    found.setdefault(name, []).append(change)
            self._known[id(body)] = body, found  # with the body, whose identity nothing else gets then
        return self._known[id(body)][1]

    def _in(self, frame: Frame, node: ast.AST, loop: Place | None) -> Iterator[tuple[str, _Change]]:
        """The changes in the statement, which a loop repeats that begins at `loop`."""
        for inner, end, around in _ends(node, _end(node), loop):
            for name, part, binds in self._changed(frame, inner, 0):
                yield name, _Change(end, around or end, part, binds)

    def _changed(self, frame: Frame, node: ast.AST, depth: int) -> Iterator[tuple[str, str | None, bool]]:
        """The names that the node itself binds, and those of which it changes a part; no part: any."""
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            yield node.id, None, True
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            yield node.name, None, True
        elif (
            isinstance(node, _PARTS) and isinstance(node.ctx, ast.Store | ast.Del) and isinstance(node.value, ast.Name)
        ):
            yield node.value.id, part_of(node), False
        elif isinstance(node, ast.Call):
            yield from ((name, part, False) for name, part in self._changed_by(frame, node, depth))

    def _changed_by(self, frame: Frame, call: ast.Call, depth: int) -> Iterator[tuple[str, str | None]]:
        func, first = call.func, call.args[0] if call.args else None
        if isinstance(func, ast.Name) and func.id in {"setattr", "delattr"} and isinstance(first, ast.Name):
            named = call.args[1] if len(call.args) > 1 else None
            is_named = isinstance(named, ast.Constant)
            yield first.id, f".{named.value}" if is_named else None  # type: ignore[union-attr]
            return
        entered = [v for v in self._program.eval(frame.function.id, func) if isinstance(v, Fn)]
        if not entered and isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name):
            yield from ((func.value.id, part) for part in _updated(call, func.attr))
        for target in entered if depth < _MAX_DEPTH else ():
            function = self._program.functions[target.id]
            handed = [
                *zip(function.positional[target.owner is not None :], call.args, strict=False),
                *((a, k.value) for k in call.keywords for a in function.parameters if a.arg == k.arg),
            ]
            if target.owner is not None and isinstance(func, ast.Attribute) and function.parameters:
                handed.append((function.parameters[0], func.value))
            names = {parameter.arg: value.id for parameter, value in handed if isinstance(value, ast.Name)}
            if names:
                changed = self._of_parameters(target.id, depth + 1)
                yield from ((names[n], part) for n, part in changed if n in names)

    def _of_parameters(self, id: FunctionId, depth: int) -> list[tuple[str, str | None]]:
        """The parameters of which the function changes a part; no part: any."""
        if (id, depth) not in self._by_parameter:
            function = self._program.functions[id]
            own = {parameter.arg for parameter in function.parameters}
            inner = Frame(function, set())
            found = (each for node in walk(function.node) for each in self._changed(inner, node, depth))
            self._by_parameter[id, depth] = [(name, part) for name, part, binds in found if name in own and not binds]
        return self._by_parameter[id, depth]


def part_of(node: ast.Attribute | ast.Subscript) -> str | None:
    """The part of an object that the expression names; None where that may be any."""
    if isinstance(node, ast.Attribute):
        return f".{node.attr}"
    return repr(node.slice.value) if isinstance(node.slice, ast.Constant) else None


def parts_in(node: ast.expr) -> dict[int, str]:
    """By the identity of a name in the expression, which part is looked at of what it stands for."""
    parts = (n for n in walk(node) if isinstance(n, _PARTS) and isinstance(n.value, ast.Name))
    return {id(n.value): part_of(n) or "" for n in parts}


def _updated(call: ast.Call, method: str) -> Iterable[str | None]:
    """The parts that a method of a mapping or a list changes."""
    if method not in MUTATORS or method == "setdefault":
        return []
    given = call.args[0] if call.args else None
    if method == "pop" and isinstance(given, ast.Constant) and isinstance(given.value, str):
        return [repr(given.value)]
    keys = given.keys if isinstance(given, ast.Dict) else []
    if method != "update" or (given is not None and not keys) or any(not isinstance(k, ast.Constant) for k in keys):
        return [None]
    named = [k.arg for k in call.keywords]
    return (
        [None] if None in named else [*map(repr, named), *(repr(k.value) for k in keys if isinstance(k, ast.Constant))]
    )


def _end(node: ast.AST) -> Place:
    return getattr(node, "end_lineno", 0) or 0, getattr(node, "end_col_offset", 0) or 0


def _ends(node: ast.AST, end: Place, loop: Place | None) -> Iterator[tuple[ast.AST, Place, Place | None]]:
    """All nodes with where what they do has happened, and where the outermost loop around them begins."""
    yield node, end, loop
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return
    for field, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST):
                continue
            around = loop
            if isinstance(node, _LOOPS) and field in {"body", "test", "target"}:
                around = loop or (node.lineno, node.col_offset)
            if isinstance(node, ast.For | ast.AsyncFor) and field == "target":
                start = node.body[0].lineno, node.body[0].col_offset
                yield from _ends(child, start, loop or start)
            elif isinstance(child, ast.stmt | ast.NamedExpr | ast.Call):
                yield from _ends(child, _end(child), around)
            elif isinstance(child, ast.withitem | ast.pattern | ast.ExceptHandler):
                yield from _ends(child, _end(child) if isinstance(child, ast.pattern) else _start(node, child), around)
            else:
                yield from _ends(child, end, around)


def _start(node: ast.AST, child: ast.AST) -> Place:
    """Where the block begins in front of which the child binds something."""
    body = getattr(child, "body", None) or getattr(node, "body", None)
    return (body[0].lineno, body[0].col_offset) if body else _end(node)
