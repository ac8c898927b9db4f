"""What becomes of a loop that counts, in LibCST."""

from __future__ import annotations

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
