"""What becomes of loops that count, or take items out of a collection, in LibCST."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst
import libcst.matchers as m

from batchlint.codemod.changes import Counter, Numbering
from batchlint.codemod.nodes import indented


def counted_loop(
    loop: cst.While, counter: Counter, drawing: Callable[..., cst.IndentedBlock]
) -> tuple[cst.While, cst.IndentedBlock]:
    """The loop that draws the items and counts on behind each, and what is left of its body for one item."""
    whole: list[Any] = list(indented(loop.body).body)
    heads, body = whole[: counter.heads], whole[counter.heads :]
    draws = drawing(*heads)
    counts = m.SimpleStatementLine(body=[m.AugAssign(target=m.Name(counter.name))])
    step = next(statement for statement in body if m.matches(statement, counts))
    rest = body if counter.is_kept else [statement for statement in body if statement is not step]
    if counter.is_kept:
        step = cst.SimpleStatementLine(step.body)
    step = step.with_changes(leading_lines=[each for each in step.leading_lines if each.comment is not None])
    drawn = loop.with_changes(body=draws.with_changes(body=[*draws.body, step]), leading_lines=[])
    return drawn, cst.IndentedBlock(rest)


def parted(
    loop: cst.For | cst.While,
    taking: Sequence[int],
    drawing: Callable[..., cst.IndentedBlock],
    numbering: Numbering | None = None,
) -> tuple[cst.IndentedBlock, cst.IndentedBlock]:
    """The body of the loop that draws the items, and what is left of it for one item.

    The statements at the places `taking` come before an item is drawn, and what counts `behind` the request after it.
    """
    whole = indented(loop.body)
    body: list[Any] = list(whole.body)
    draws = drawing(*(body[place] for place in taking)).with_changes(header=whole.header)
    rest = [statement for place, statement in enumerate(body) if place not in taking]
    if numbering is None or not numbering.is_behind:
        return draws, cst.IndentedBlock(rest, footer=whole.footer)
    name = m.Name(numbering.name)
    binds = m.AugAssign(target=name) | m.Assign(targets=[m.AssignTarget(name)])
    counts = next(each for each in rest if m.matches(each, m.SimpleStatementLine(body=[binds])))
    tail = cst.SimpleStatementLine(counts.body) if numbering.is_kept else counts
    rest = rest if numbering.is_kept else [each for each in rest if each is not counts]
    return draws.with_changes(body=[*draws.body, tail]), cst.IndentedBlock(rest, footer=whole.footer)
