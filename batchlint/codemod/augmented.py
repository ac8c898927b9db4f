"""What a statement reads before its call: `self.total += self.points(text)`, `best = max(best, score(text))`.

A statement that reads it when the answer is there does the same, unless the call changes it. Of a sum the rewritten
statement always does.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from batchlint.codemod.access import ANY, OWN, Access, Channel, Frame
from batchlint.codemod.effects import READERS
from batchlint.codemod.reader import Reader
from batchlint.codemod.refusals import Refused
from batchlint.codemod.steps import Step
from batchlint.values import Ext

_READING = frozenset(
    {"abs", "all", "any", "bool", "dict", "enumerate", "float", "int", "len", "list", "max", "min", "range", "repr"}
    | {"reversed", "round", "set", "sorted", "str", "sum", "tuple", "zip"}
)


def check(reader: Reader, frame: Frame, node: ast.AST, steps: Sequence[Step], skip: set[int]) -> None:
    """Refused where what the statement adds to is changed in one of its calls, which are laid out in the steps."""
    if not isinstance(node, ast.AugAssign):
        return
    added = [a for a in reader.targets(node.target, frame) if a.how == "write"]
    name = {node.target.id} if isinstance(node.target, ast.Name) else set()
    if _is_changed(added, name, frame, [*_touched(steps), *reader.of(node.value, frame, skip)], steps):
        what = f"`{ast.unparse(node.target)}` is changed by the call whose answer is added to it (line {node.lineno})"
        raise Refused("unsupported-shape", f"{what}; store the answer first")


def only_reads(reader: Reader, frame: Frame, call: ast.Call) -> bool:
    """Whether the call gives the same later, where what it reads is the same."""
    values = reader.program.eval(frame.function.id, call.func)
    if not all(isinstance(value, Ext) and value.path.startswith("builtins.") for value in values):
        return False
    if isinstance(call.func, ast.Name):
        return call.func.id in _READING
    return isinstance(call.func, ast.Attribute) and call.func.attr in READERS


def check_moved(frame: Frame, names: set[str], before: Sequence[Access], steps: Sequence[Step]) -> None:
    """Refused where what the statement does before its calls is more than reading what these leave as it is."""
    if any(a.how != "read" for a in before) or _is_changed(before, names, frame, _touched(steps), steps):
        raise Refused("order-of-effects", "a statement has an effect in front of its call")


def _touched(steps: Sequence[Step]) -> list[Access]:
    return [access for step in steps for access in step.accesses]


def _is_changed(
    read: Iterable[Access], names: set[str], frame: Frame, touched: Iterable[Access], steps: Sequence[Step]
) -> bool:
    """Whether what is touched changes something of what the item reads, or a helper one of its own names."""
    helpers = [step.frame.function for step in steps if step.frame.function is not frame.function]
    if any(not helper.outer.isdisjoint(names & frame.local) for helper in helpers):
        return True
    channels = [access.channel for access in read]
    return any(a.how != "read" and any(_meet(a.channel, each) for each in channels) for a in touched)


def _meet(a: Channel, b: Channel) -> bool:
    """Whether one item touches one thing by both, or something in it."""
    return all(x == y or OWN in (x, y) or ANY in (x, y) for x, y in zip(a, b, strict=False))
