"""What becomes of loops that count, or take items out of a collection, in LibCST."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst
import libcst.matchers as m

from batchlint.codemod.changes import Counter, Numbering
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


def taking_loop(
    loop: cst.While, taking: Sequence[int], drawing: Callable[..., cst.IndentedBlock]
) -> tuple[cst.While, cst.IndentedBlock]:
    """The loop that draws the items by the statements at these places, and what is left of its body for one item."""
    body: list[Any] = list(indented(loop.body).body)
    heads = [body[place] for place in taking]
    rest = [statement for place, statement in enumerate(body) if place not in taking]
    return loop.with_changes(body=drawing(*heads), leading_lines=[]), cst.IndentedBlock(rest)


def numbered_body(
    loop: cst.For, numbering: Numbering, drawing: Callable[..., cst.IndentedBlock]
) -> tuple[cst.IndentedBlock, cst.IndentedBlock]:
    """The body of the loop that numbers the items as it draws them, and what is left of it for one item."""
    body: list[Any] = list(indented(loop.body).body)
    if numbering.heads:
        return drawing(*body[: numbering.heads]), cst.IndentedBlock(body[numbering.heads :])
    draws = drawing()
    return draws.with_changes(body=[*draws.body, body[-1]]), cst.IndentedBlock(body[:-1])
