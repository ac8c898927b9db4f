"""`while` loops that take one item after the other out of a collection: `while queue: item = queue.popleft()`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.codemod import counting, scopes
from batchlint.codemod.access import Frame
from batchlint.codemod.blocks import awaits
from batchlint.codemod.changes import Fanout
from batchlint.codemod.refusals import Refused
from batchlint.facts import FunctionFacts
from batchlint.symbols import last_name

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_TAKES = frozenset({"pop", "popleft", "popitem", "get", "get_nowait", "heappop"})


def fanout(planner: Planner, function: FunctionFacts, node: ast.While) -> Fanout:
    """The fan-out of the loop: what takes the items stays a loop, the rest of the body handles one of them."""
    counts = counting.step_of(planner, function, node) if not awaits([node]) else None
    if counts is not None:
        return counting.fanout(planner, function, node, counts)
    head, rest = node.body[0], node.body[1:]
    takes = isinstance(head, ast.Assign) and len(head.targets) == 1 and _takes(head.value)
    if node.orelse or not rest or not takes or awaits([node]):
        raise Refused(
            "unsupported-shape",
            "a `while` loop decides as it goes how many requests there are; loop over the items, or take each out of"
            " its collection first thing",
        )
    assert isinstance(head, ast.Assign)
    if planner.asks(function, [node.test, head.value]):
        raise Refused("unsupported-shape", f"a request decides which item comes next (line {head.lineno})")
    left = scopes.after(function.node, node) & (scopes.read(node.test) | scopes.read(head))
    if left and any(isinstance(parent, ast.Try) for parent in scopes.path_to(function.node, node)):
        raise Refused(
            "unsupported-shape", f"what an error leaves in `{min(left)}` is read after the loop; handle it per item"
        )
    outer = Frame(function, set())
    drawing = [*planner.reader.of(node.test, outer), *planner.reader.simple(head, outer)]
    loop = ast.copy_location(ast.For(head.targets[0], head.value, rest, []), node)
    made = Fanout(function.id, node)
    planner.split(made, function, loop, nested=False, stands=node, drawing=drawing)
    return made


def _takes(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and last_name(value.func) in _TAKES
