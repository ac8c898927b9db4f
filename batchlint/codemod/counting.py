"""`while` loops that count through a collection: `while start < len(texts): ...; start += 100`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.codemod import scopes
from batchlint.codemod.access import Frame
from batchlint.codemod.blocks import own_exits
from batchlint.codemod.changes import Counter, Fanout
from batchlint.codemod.refusals import Refused
from batchlint.codemod.yielding import own_yields
from batchlint.facts import MODULE, FunctionFacts

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner


def step_of(planner: Planner, function: FunctionFacts, node: ast.While) -> int | None:
    """The place in the loop's body of the statement that counts on, where nothing but it decides which items come."""
    tested = scopes.read(node.test)
    steps = [
        index
        for index, each in enumerate(node.body)
        if isinstance(each, ast.AugAssign)
        and isinstance(each.op, ast.Add | ast.Sub)
        and isinstance(each.target, ast.Name)
        and each.target.id in tested
    ]
    if len(steps) != 1 or node.orelse:
        return None
    index = steps[0]
    step = node.body[index]
    assert isinstance(step, ast.AugAssign) and isinstance(step.target, ast.Name)
    before, behind = node.body[:index], node.body[index + 1 :]
    others = [*before, *behind]
    counter = step.target.id
    declared = scopes.declared(ast.walk(function.node))
    is_steered = counter in scopes.bound(others) | declared or scopes.read(step.value) & scopes.bound(others)
    leaves = any(own_exits(before)) or (behind and any(own_exits(others, ast.Break)))
    loop = ast.For(step.target, node.test, node.body, [])
    shares_line = ";" in planner.graph.modules[function.id.path].lines[step.lineno - 1]
    return None if not others or is_steered or leaves or own_yields(loop) or shares_line else index


def fanout(planner: Planner, function: FunctionFacts, node: ast.While, index: int) -> Fanout:
    """The fan-out of the loop: what counts stays a loop, the rest of the body handles the items from one number on."""
    step = node.body[index]
    assert isinstance(step, ast.AugAssign) and isinstance(step.target, ast.Name)
    counter = step.target.id
    if planner.asks(function, [node.test, step.value]):
        raise Refused("unsupported-shape", f"a request decides which item comes next (line {node.lineno})")
    after = scopes.after(function.node, node)
    if counter in after and scopes.is_in_try(function.node, node):
        raise Refused(
            "unsupported-shape", f"what an error leaves in `{counter}` is read after the loop; handle it per item"
        )
    behind = node.body[index + 1 :]
    is_read = counter in set().union(*map(scopes.read, behind))
    body = node.body if is_read else [*node.body[:index], *behind]
    outer = Frame(function, set())
    drawing = [*planner.reader.of(node.test, outer), *planner.reader.simple(step, outer)]
    loop = ast.copy_location(ast.For(ast.Name(counter, ast.Store()), _range(node, step), body, []), node)
    made = Fanout(function.id, node)
    counted = Counter(counter, is_kept=is_read, is_global=function.id.qualname == MODULE)
    planner.split(
        made, function, ast.fix_missing_locations(loop), nested=False, stands=node, drawing=drawing, counter=counted
    )
    return made


def _range(node: ast.While, step: ast.AugAssign) -> ast.expr:
    """What a `for` loop would go over, for a name of its items."""
    lengths = [n for n in ast.walk(node.test) if isinstance(n, ast.Call)]
    is_by_one = isinstance(step.value, ast.Constant) and step.value.value == 1
    start, end = ast.Constant(0), lengths[0] if lengths else node.test
    return ast.Call(ast.Name("range", ast.Load()), [start, end] if is_by_one else [start, end, step.value], [])
