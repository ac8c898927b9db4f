"""Items of an object's own collections that an answer picks, to be changed: `next(p for p in self.players if p.name ==
answer).alive = False`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from batchlint import flow
from batchlint.facts import FunctionFacts
from batchlint.trees import walk

_OWN = ("self.", "cls.")
_LOOPS = (ast.For, ast.AsyncFor)


class Picked(NamedTuple):
    collection: str
    attribute: str
    """What is changed of the item."""
    statement: ast.stmt


def picked(function: FunctionFacts, call: ast.Call) -> Iterator[Picked]:
    """The collections of the function's own object of which the call's answer picks an item that is changed then."""
    nodes = [node for statement in flow.body(function) for node in walk(statement)]
    changes = list(_changes(nodes))
    tainted = flow.reached(set(), flow.moves_of(function, [call]), call) if changes else set()
    if not tainted:
        return
    items: dict[str, set[str]] = {}
    for row in flow.moves_of(function):
        if not row.reads.isdisjoint(tainted) and any(map(_takes_one, row.values)):
            for name in row.given:
                items.setdefault(name, set()).update(each for each in row.reads if each.startswith(_OWN))
    for name, attribute, statement in changes:
        yield from (Picked(each, attribute, statement) for each in sorted(items.get(name, ())))
    for loop in (node for node in nodes if isinstance(node, _LOOPS)):
        own = sorted(each for each in flow.reads(loop.iter) if each.startswith(_OWN))
        drawn = set(flow.targets(loop.target))
        for test in (node for node in walk(loop) if isinstance(node, ast.If)) if own else ():
            asked = flow.reads(test.test)
            if asked.isdisjoint(tainted) or asked.isdisjoint(drawn):
                continue
            for name, attribute, statement in _changes(inner for each in test.body for inner in walk(each)):
                if name in drawn:
                    yield from (Picked(each, attribute, statement) for each in own)


def _takes_one(value: ast.AST) -> bool:
    """Whether the expression gives one item of a collection."""
    if isinstance(value, ast.Subscript):
        return not isinstance(value.slice, ast.Slice)
    func = value.func if isinstance(value, ast.Call) else None
    if isinstance(func, ast.Attribute):
        return func.attr == "get"
    return isinstance(func, ast.Name) and func.id == "next"


def _changes(nodes: Iterator[ast.AST] | list[ast.AST]) -> Iterator[tuple[str, str, ast.stmt]]:
    """What the nodes assign to attributes: the name of the object, the attribute, and the statement."""
    for node in nodes:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else ()
        )
        for target in targets:
            if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id != "self":
                yield target.value.id, target.attr, node  # type: ignore[misc]
