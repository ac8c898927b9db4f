"""Loops that number their items by hand: `number += 1` before the request, and `number` read behind it."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Iterator, Set
from typing import TYPE_CHECKING

from batchlint.codemod import scopes
from batchlint.codemod.access import Frame
from batchlint.codemod.blocks import LEAVING, Loop, leaving_out, own_exits
from batchlint.codemod.changes import FileChanges, Numbering
from batchlint.codemod.phases import Barrier
from batchlint.codemod.refusals import Refused
from batchlint.facts import MODULE, FunctionFacts
from batchlint.trees import SCOPES, walk

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_STEERING = (*LEAVING, ast.NamedExpr)


def numbering(
    planner: Planner, function: FunctionFacts, loop: Loop, candidates: Set[str], *, may_end: bool
) -> Numbering | None:
    """How the loop numbers its items by one of the `candidates`, where an answer finds another item's number.

    What comes before the number is counted on, or leaves items out, only decides whether the item is one, and asks
    nothing. `may_end`: whether the loop may count on behind the request.
    """
    body = loop.body
    counted = [(place, name) for place, each in enumerate(body) if (name := _counted(each)) in candidates]
    if not counted or any(a.end_lineno == b.lineno for a, b in itertools.pairwise(body)):
        return None
    asking = next((place for place, each in enumerate(body) if planner.asks(function, [each])), len(body))
    behind = [*body[asking + 1 :], *(each for each in body[asking : asking + 1] if hasattr(each, "body"))]
    guards = leaving_out(body[:asking])
    goes_on = not any(own_exits(body[guards:])) and not any(own_exits(body, ast.Break))
    is_global = function.id.qualname == MODULE
    for place, name in counted:
        others = [*body[:place], *body[place + 1 :]]
        if name in scopes.bound(others) | _read(_functions(body)) or _is_array(planner, function, name):
            continue
        before, after = name in _read(body[: asking + 1]), name in _read(behind)
        if place < asking and after and _only_decides(loop, place):
            return Numbering(name, place + 1, is_global)
        is_last = place == len(body) - 1
        is_needed = before or (after and is_last)  # counting in turn is simpler where answers alone find the number
        if may_end and place > asking and is_needed and goes_on and _only_decides(loop, guards):
            return Numbering(name, guards, is_global, is_behind=True, is_kept=not is_last)
    return None


def _is_array(planner: Planner, function: FunctionFacts, name: str) -> bool:
    """Whether what counts changes what all items have been given."""
    return planner.reader.is_array(ast.Name(name, ast.Load()), Frame(function, set()))


def _only_decides(loop: Loop, heads: int) -> bool:
    """Whether the first statements of the body bind no more than its item, and leave it in no other way."""
    targets = set() if isinstance(loop, ast.While) else scopes.bound([ast.For(loop.target, loop.iter, [], [])])
    return scopes.bound(loop.body[:heads]) <= targets and not _holds(loop.body[:heads], _STEERING)


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
