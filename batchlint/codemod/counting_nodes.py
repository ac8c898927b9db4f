"""What becomes of loops that count, or take items out of a collection, in LibCST."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst
import libcst.matchers as m

from batchlint.codemod.changes import Counter
from batchlint.codemod.nodes import indented


def counted_loop(loop: cst.While, counter: Counter, drawing: cst.IndentedBlock) -> tuple[cst.While, cst.IndentedBlock]:
    """The loop that draws the items and counts on behind each, and what is left of its body for one item."""
    body: list[Any] = list(indented(loop.body).body)
    counts = m.SimpleStatementLine(body=[m.AugAssign(target=m.Name(counter.name))])
    step = next(statement for statement in body if m.matches(statement, counts))
    rest = body if counter.is_kept else [statement for statement in body if statement is not step]
    if counter.is_kept:
        step = cst.SimpleStatementLine(step.body)
    step = step.with_changes(leading_lines=[each for each in step.leading_lines if each.comment is not None])
    drawn = loop.with_changes(body=drawing.with_changes(body=[*drawing.body, step]), leading_lines=[])
    return drawn, cst.IndentedBlock(rest)


def parted(
    loop: cst.For | cst.While,
    taking: Sequence[int],
    drawing: Callable[..., cst.IndentedBlock],
    behind: int | None = None,
    *,
    is_kept: bool = False,
) -> tuple[cst.IndentedBlock, cst.IndentedBlock]:
    """The body of the loop that draws the items, and what is left of it for one item.

    The statements at the places `taking` come before an item is drawn, and the one `behind` after it; `is_kept`: in
    both.
    """
    body: list[Any] = list(indented(loop.body).body)
    draws = drawing(*(body[place] for place in taking))
    rest = [each for place, each in enumerate(body) if place not in taking and (place != behind or is_kept)]
    tail = [] if behind is None else [cst.SimpleStatementLine(body[behind].body) if is_kept else body[behind]]
    return draws.with_changes(body=[*draws.body, *tail]), cst.IndentedBlock(rest)
