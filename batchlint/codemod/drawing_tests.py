"""`while` loops that draw the next item first of all: `while rows := list(islice(reader, 100))`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.codemod import drawn, running_sources
from batchlint.codemod.access import CONTENT, Access, Frame, touches
from batchlint.codemod.blocks import awaits
from batchlint.codemod.refusals import Refused
from batchlint.facts import FunctionFacts
from batchlint.iterables import LAZY, PAIRED
from batchlint.loops import drawn_in_test
from batchlint.symbols import last_name
from batchlint.values import Fn

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_WHOLE = frozenset({"list", "tuple", "sorted", "range", "splitlines", "readlines", "fetchall", "split", "loads"})
"""Calls that have read all when they give something."""
_OPENING = frozenset({"open"})
_READING = LAZY | PAIRED | {"reader", "DictReader", "islice"}
"""Calls that read what they are given, item by item."""
_MAX_DEPTH = 5


def loop_of(planner: Planner, function: FunctionFacts, node: ast.While) -> tuple[ast.For, list[Access], int] | None:
    """The `for` loop over the same items, what drawing one touches, and how many statements do so; None for others.

    Refused where it is not known that what is drawn is there, whatever becomes of the items before.
    """
    item = drawn_in_test(node)
    rest = node.body[item.heads :] if item is not None else []
    if item is None or not rest or node.orelse or awaits([node]):
        return None
    sources, touched = _Sources(planner, function), Frame(function, set())
    drawing: list[ast.expr] = [item.value]
    if planner.asks(function, drawing):
        raise Refused("unsupported-shape", f"a request decides which item comes next (line {node.lineno})")
    source, found = _source(item.value), planner.reader.of(item.value, touched)
    if isinstance(source, ast.Name) and running_sources.gives_rows(planner.reader, function, source):
        row = ast.Name(item.target.id, ast.Store())
        found += planner.drawn_by(function, ast.copy_location(ast.For(row, source, rest, []), node))
        sources.names.append(source)
    elif not sources.follow(source):
        raise may_depend(ast.unparse(item.value), node)
    for name in sources.names:  # drawing moves on in all of them
        found += touches({(*p, CONTENT) for p in planner.reader.path(name, touched)}, "write", node.lineno)
    for made in sources.made:
        found += drawn.drawing(planner.reader, made, touched)
    given = ast.copy_location(ast.Tuple([], ast.Load()), item.value)
    loop = ast.copy_location(ast.For(ast.Name(item.target.id, ast.Store()), given, rest, []), node)
    return ast.fix_missing_locations(loop), found, item.heads


def may_depend(text: str, node: ast.While) -> Refused:
    """Why the loop stays whose test is `text`."""
    what = f"what `{text}` gives next (line {node.lineno}) may depend on what has become of the items before"
    return Refused("unsupported-shape", f"{what}; read all into a list, and loop over that")


def _source(value: ast.expr) -> ast.expr:
    """What the items are drawn from."""
    while isinstance(value, ast.Call):
        if isinstance(value.func, ast.Attribute) and value.func.attr not in {"islice"}:
            return value.func.value
        if not value.args:
            return value
        value = value.args[0]
    return value


class _Sources:
    """The variables behind what is drawn, and the calls that made them."""

    def __init__(self, planner: Planner, function: FunctionFacts) -> None:
        self.planner = planner
        self.function = function
        self.names: list[ast.Name] = []
        self.made: list[ast.Call] = []

    def follow(self, node: ast.expr, depth: int = 0) -> bool:
        """Whether it is known what stands behind the expression: a file, a generator of the project, or a list."""
        if depth > _MAX_DEPTH:
            return False
        if isinstance(node, ast.Name):
            return self._follow_name(node, depth)
        if isinstance(node, ast.GeneratorExp):
            return not self._enters(node) and all(self.follow(each.iter, depth + 1) for each in node.generators)
        if not isinstance(node, ast.Call):
            return _is_whole(node)
        name = last_name(node.func)
        targets = self.planner.program.eval(self.function.id, node.func)
        if any(isinstance(target, Fn) for target in targets):
            self.made.append(node)
            functions = (self.planner.program.functions[t.id] for t in targets if isinstance(t, Fn))
            return all(f.is_generator and not f.is_async for f in functions)
        if name in _OPENING | _WHOLE:
            return True
        read = node.args if name in PAIRED else node.args[:1]
        return name in _READING and bool(read) and all(self.follow(each, depth + 1) for each in read)

    def _enters(self, node: ast.AST) -> bool:
        """Whether a function of the project is called in it."""
        calls = (n for n in ast.walk(node) if isinstance(n, ast.Call))
        return any(isinstance(v, Fn) for c in calls for v in self.planner.program.eval(self.function.id, c.func))

    def _follow_name(self, node: ast.Name, depth: int) -> bool:
        owner = self.planner.program.owner(self.function, node.id)
        if owner is None or node.id in owner.parameter_names:
            return False
        bindings = [b for b in owner.bindings[node.id] if b.how != "annotation"]
        values = [b.value for b in bindings if b.value is not None and b.how in {"value", "enter"}]
        if not all(map(_is_whole, values)):
            self.names.append(node)
        return len(values) == len(bindings) and all(self.follow(value, depth + 1) for value in values)


def _is_whole(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return last_name(node.func) in _WHOLE
    return isinstance(node, ast.List | ast.Tuple | ast.ListComp | ast.Constant)
