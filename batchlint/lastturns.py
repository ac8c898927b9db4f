"""What a loop does in its last turn only: the blocks that end in leaving it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from batchlint.facts import LoopNode
from batchlint.trees import SCOPES, stands_in, walk_own

_LOOPS = (ast.For, ast.AsyncFor, ast.While)


def parted(loop: ast.For | ast.AsyncFor | ast.While) -> list[ast.AST]:
    """The statements of the loop after which it has no other turn: what they change, no later turn reads.

    A part that an error leads out of to another turn is none of them.
    """
    return [statement for block in _blocks(loop.body) if _leaves(block) for statement in block]


def coming_back(loops: tuple[LoopNode, ...], node: ast.expr) -> tuple[LoopNode, ...]:
    """The loops that can come to the node again after it: not those that end behind it."""
    return tuple(loop for loop in loops if isinstance(loop, ast.comprehension) or not _ends_behind(loop, node))


def _ends_behind(loop: ast.For | ast.AsyncFor | ast.While, node: ast.expr) -> bool:
    return any(stands_in(node, statement) for statement in parted(loop))


def _blocks(statements: Sequence[ast.stmt]) -> Iterator[list[ast.stmt]]:
    """The blocks in the statements that belong to the loop itself, the outermost first."""
    for statement in statements:
        if isinstance(statement, (*_LOOPS, *SCOPES)) or (isinstance(statement, ast.Try) and statement.handlers):
            continue
        inner = (getattr(statement, name, []) for name in ("body", "orelse", "finalbody"))
        cases = (case.body for case in statement.cases) if isinstance(statement, ast.Match) else ()
        for block in (*inner, *cases):
            if _leaves(block):
                yield block
            else:
                yield from _blocks(block)


def _leaves(block: Sequence[ast.stmt]) -> bool:
    """Whether the block ends in leaving the loop, and nothing in it goes on to the next turn."""
    if not block or not isinstance(block[-1], ast.Break | ast.Return):
        return False
    return not any(isinstance(node, ast.Continue) for statement in block for node in _outside_loops(statement))


def _outside_loops(statement: ast.stmt) -> Iterator[ast.AST]:
    if not isinstance(statement, _LOOPS):
        yield from walk_own(statement)
