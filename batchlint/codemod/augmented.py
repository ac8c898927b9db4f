"""Sums that add an answer to what the call for it changes: `self.total += self.points(text)`.

Python reads the sum before the call; the rewritten statement reads it when the answer is there.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from batchlint.codemod.access import ANY, OWN, Channel, Frame
from batchlint.codemod.reader import Reader
from batchlint.codemod.refusals import Refused
from batchlint.codemod.steps import Step


def check(reader: Reader, frame: Frame, node: ast.AST, steps: Sequence[Step], skip: set[int]) -> None:
    """Refused where what the statement adds to is changed in one of its calls, which are laid out in the steps."""
    if not isinstance(node, ast.AugAssign):
        return
    added = [a.channel for a in reader.targets(node.target, frame) if a.how == "write"]
    touched = [*reader.of(node.value, frame, skip), *(access for step in steps for access in step.accesses)]
    changed = any(a.how != "read" and any(_meet(a.channel, each) for each in added) for a in touched)
    name = node.target.id if isinstance(node.target, ast.Name) else None
    helpers = [step.frame.function for step in steps if step.frame.function is not frame.function]
    if changed or (name in frame.local and any(name in helper.outer for helper in helpers)):
        what = f"`{ast.unparse(node.target)}` is changed by the call whose answer is added to it (line {node.lineno})"
        raise Refused("unsupported-shape", f"{what}; store the answer first")


def _meet(a: Channel, b: Channel) -> bool:
    """Whether one item touches one thing by both, or something in it."""
    return all(x == y or OWN in (x, y) or ANY in (x, y) for x, y in zip(a, b, strict=False))
