"""Objects that drawing the next item changes although the last item has them: a generator's own list, a group."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set

from batchlint.codemod.access import Access, Channel, Frame, touches
from batchlint.codemod.blocks import changed
from batchlint.codemod.effects import MUTATORS
from batchlint.codemod.reader import Reader
from batchlint.facts import FunctionFacts
from batchlint.trees import walk_own
from batchlint.values import Ext, Fn

_GROUPS = "itertools.groupby"
_COUNTERS = {"csv.reader()": "line_num", "csv.DictReader()": "line_num"}
"""Attributes of readers that tell how far they have come."""


def redrawn(reader: Reader, frame: Frame, target: ast.expr, iterated: ast.expr, own: Set[str]) -> list[Access]:
    """What drawing an item writes of what earlier ones were given; in the frame the item's names stand for it then.

    `own`: the names that the iteration gives another value.
    """
    function = frame.function
    found: list[Access] = []
    shared = [(name, each) for name, each in _shared(reader, function, target, iterated) if name not in own]
    for name, channel in shared:
        frame.aliases.setdefault(name, set()).add(channel)
        found += touches([channel], "write", iterated.lineno)
    for value in reader.program.eval(function.id, iterated):
        if isinstance(value, Ext) and value.path in _COUNTERS:
            told = {(*root, _COUNTERS[value.path]) for root in reader.path(iterated, Frame(function, set()))}
            found += touches(told, "write", iterated.lineno)
    return found


def _shared(
    reader: Reader, function: FunctionFacts, target: ast.expr, iterated: ast.expr
) -> Iterator[tuple[str, Channel]]:
    """The names in the loop's head that are one object in all items, or a view of what is drawn."""
    if not isinstance(iterated, ast.Call):
        return
    for value in reader.program.eval(function.id, iterated.func):
        if isinstance(value, Ext) and value.path == _GROUPS and isinstance(target, ast.Tuple):
            group = target.elts[-1]
            if isinstance(group, ast.Name):
                yield group.id, ("v", function.id.path, function.id.qualname, group.id, "[group]")
        elif isinstance(value, Fn) and (given := reader.program.functions[value.id]).is_generator:
            for name, place in _given_again(given):
                bound = target if place is None else _element(target, place)
                if isinstance(bound, ast.Name):
                    yield bound.id, ("v", given.id.path, given.id.qualname, name)


def _element(target: ast.expr, place: int) -> ast.expr | None:
    return target.elts[place] if isinstance(target, ast.Tuple | ast.List) and place < len(target.elts) else None


def _given_again(function: FunctionFacts) -> Iterator[tuple[str, int | None]]:
    """The variables that a generator yields, also in a tuple, and whose object it changes before it yields again."""
    nodes = list(walk_own(function.node))
    for node in nodes:
        if isinstance(node, ast.Yield) and node.value is not None:
            parts = enumerate(node.value.elts) if isinstance(node.value, ast.Tuple) else [(None, node.value)]
            loop = _around(nodes, node)
            for place, part in parts:
                if isinstance(part, ast.Name) and loop is not None and _changes(loop, part.id):
                    yield part.id, place


def _around(nodes: list[ast.AST], wanted: ast.AST) -> ast.AST | None:
    """The innermost loop around the node."""
    loops = [each for each in nodes if isinstance(each, ast.For | ast.While | ast.AsyncFor)]
    holding = [each for each in loops if any(inner is wanted for inner in walk_own(each))]
    return holding[-1] if holding else None


def _changes(loop: ast.AST, name: str) -> bool:
    """Whether a turn of the loop changes the variable's object, and binds no other one."""
    is_changed = False
    for node in walk_own(loop):
        if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load):
            return False
        owner = changed(node, MUTATORS)
        is_changed = is_changed or (isinstance(owner, ast.Name) and owner.id == name)
    return is_changed
