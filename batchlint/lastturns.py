"""What a loop does in its last turn only: the blocks that end in leaving it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from batchlint import successes
from batchlint.facts import LoopNode
from batchlint.successes import Ends
from batchlint.trees import SCOPES, stands_in, walk, walk_own

_LOOPS = (ast.For, ast.AsyncFor, ast.While)


def parted(loop: ast.For | ast.AsyncFor | ast.While) -> list[ast.AST]:
    """The statements of the loop after which it has no other turn: what they change, no later turn reads.

    A part that an error leads out of to another turn is none of them, but for its end, in which nothing can go wrong.
    """
    ends = successes.ends_of(loop)
    if not ends and not any(isinstance(node, ast.Break | ast.Return) for node in walk_own(loop)):
        return []
    return [statement for block in _blocks(loop.body, ends) for statement in block]


def coming_back(loops: tuple[LoopNode, ...], node: ast.expr) -> tuple[LoopNode, ...]:
    """The loops that can come to the node again after it: not those that end behind it."""
    return tuple(loop for loop in loops if isinstance(loop, ast.comprehension) or not _ends_behind(loop, node))


def _ends_behind(loop: ast.For | ast.AsyncFor | ast.While, node: ast.expr) -> bool:
    return any(stands_in(node, statement) for statement in parted(loop))


def _blocks(statements: Sequence[ast.stmt], ends: Ends, *, is_tried: bool = False) -> Iterator[Sequence[ast.stmt]]:
    """The blocks in the statements that belong to the loop itself, the outermost first, and the ends of tried ones."""
    first = _behind_turns(statements)
    left = _left(statements[first:], ends)
    if left is not None:
        yield statements[first:] if not is_tried else statements[first + _first_sure(statements[first:], left) :]
    if left is not None and not is_tried:
        statements = statements[:first]
    for statement in statements:
        if isinstance(statement, (*_LOOPS, *SCOPES)):
            continue
        inner = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
        if isinstance(statement, ast.Match):
            inner += [case.body for case in statement.cases]
        for index, block in enumerate(inner):
            yield from _blocks(block, ends, is_tried=is_tried or (index == 0 and _handles(statement)))


def _behind_turns(block: Sequence[ast.stmt]) -> int:
    """The first statement of the block behind all that may go on to the next turn."""
    turning = (n for n, each in enumerate(block, 1) if any(isinstance(x, ast.Continue) for x in _outside_loops(each)))
    return max(turning, default=0)


def _left(block: Sequence[ast.stmt], ends: Ends) -> int | None:
    """The statement of the block that ends the loop; None where none does."""
    if block and isinstance(block[-1], ast.Break | ast.Return):
        return len(block) - 1
    sure = (n for n, each in enumerate(block) if successes.meets(each, ends) and not any(map(_handles, walk(each))))
    return next(sure, None)


def _first_sure(block: Sequence[ast.stmt], left: int) -> int:
    """The first statement behind which no error can come before the loop is left: one in parts is none of them."""
    first = left + 1
    for statement in reversed(block[: left + 1]):
        can_fail = any(isinstance(node, ast.Call | ast.Raise | ast.Await) for node in walk_own(statement))
        if can_fail and hasattr(statement, "body"):
            break
        first -= 1
        if can_fail:
            break
    return first


def _handles(node: ast.AST) -> bool:
    return isinstance(node, ast.Try) and bool(node.handlers)


def _outside_loops(statement: ast.stmt) -> Iterator[ast.AST]:
    if not isinstance(statement, _LOOPS):
        yield from walk_own(statement)
