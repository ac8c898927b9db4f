"""Loops that number their items by hand: `number += 1` before the request, and `number` read behind it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Set
from typing import TYPE_CHECKING

from batchlint.codemod import scopes
from batchlint.codemod.blocks import Loop, own_exits
from batchlint.codemod.changes import FileChanges, Numbering
from batchlint.codemod.phases import Barrier
from batchlint.codemod.refusals import Refused
from batchlint.facts import MODULE, FunctionFacts
from batchlint.trees import SCOPES, walk

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_STEERING = (ast.Break, ast.Return, ast.Raise, ast.Yield, ast.YieldFrom, ast.Await, ast.NamedExpr)


def numbering(
    planner: Planner, function: FunctionFacts, loop: Loop, candidates: Set[str], *, may_end: bool
) -> Numbering | None:
    """How the loop numbers its items by one of the `candidates`, where an answer finds another item's number.

    What comes before the number is counted on only decides whether the item is one, and asks nothing. `may_end`:
    whether the loop may count on at its end.
    """
    body = loop.body
    counted = [(place, name) for place, each in enumerate(body) if (name := _counted(each)) in candidates]
    if not counted:
        return None
    asking = next((place for place, each in enumerate(body) if planner.asks(function, [each])), len(body))
    behind = [*body[asking + 1 :], *(each for each in body[asking : asking + 1] if hasattr(each, "body"))]
    is_global = function.id.qualname == MODULE
    for place, name in counted:
        others = [*body[:place], *body[place + 1 :]]
        if name not in _read(behind) or name in scopes.bound(others) | _read(_functions(body)):
            continue
        if place < asking and not scopes.bound(body[:place]) and not _holds(body[:place], _STEERING):
            return Numbering(name, place + 1, is_global)
        if may_end and place == len(body) - 1 and not _holds(body, (ast.Continue, ast.Break)):
            return Numbering(name, 0, is_global)
    return None


def keep_heads(
    planner: Planner, changes: FileChanges, path: str, loop: Loop, numbering: Numbering | None, barriers: list[Barrier]
) -> None:
    """Leave what drawing an item does as it stands; Refused where that would have to wait for its turn."""
    inside = {id(n) for s in loop.body[: numbering.heads if numbering else 0] for n in walk(s)}
    for barrier in barriers:
        if numbering is not None and id(barrier.statement) in inside:
            what = f"what decides on the number `{numbering.name}` reads what comes of answers"
            raise Refused("dependent-iterations", f"{what} (line {barrier.statement.lineno})")
    for leave in own_exits(loop.body):
        if id(leave) in inside:
            changes.exits.pop(planner.place(path, leave), None)


def _counted(statement: ast.stmt) -> str:
    """The variable to which the statement adds a number."""
    target: ast.expr
    if isinstance(statement, ast.AugAssign):
        target, added, is_sum = statement.target, statement.value, isinstance(statement.op, ast.Add)
    elif isinstance(statement, ast.Assign) and isinstance(statement.value, ast.BinOp):
        target, added = statement.targets[0], statement.value.right
        is_sum = isinstance(statement.value.op, ast.Add) and ast.unparse(target) == ast.unparse(statement.value.left)
    else:
        return ""
    is_number = isinstance(added, ast.Constant) and type(added.value) is int
    return target.id if isinstance(target, ast.Name) and is_sum and is_number else ""


def _read(nodes: Iterable[ast.AST]) -> set[str]:
    return set().union(*map(scopes.read, nodes))


def _functions(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """The functions in the body, which see a variable as it is when they are called."""
    return (node for statement in body for node in walk(statement) if isinstance(node, SCOPES))


def _holds(body: list[ast.stmt], kinds: tuple[type[ast.AST], ...]) -> bool:
    return any(isinstance(node, kinds) for statement in body for node in walk(statement))
