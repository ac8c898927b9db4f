"""Calls for what a loop has left: it gathers items, asks as soon as there are enough, and once more at its end."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batchlint import flow
from batchlint.facts import CallFacts, FunctionFacts, LoopNode
from batchlint.loops import is_item_loop
from batchlint.trees import walk


def loop_before(function: FunctionFacts, call: ast.Call) -> LoopNode | None:
    """The loop whose last items the call asks about, as a call in it asks about those before; None if there is none."""
    called = ast.dump(call.func)
    asked = flow.all_read(flow.request_arguments(call)) - flow.reads(call.func)
    asked |= {made for name in asked for made in _made_of(function, name)}
    for other in function.calls if asked else ():
        loop = next((each for each in other.loops if is_item_loop(each)), None)
        if loop is None or isinstance(loop, ast.comprehension) or ast.dump(other.node.func) != called:
            continue
        if (loop.end_lineno or loop.lineno) < call.lineno and any(_gathers(loop, other, name) for name in asked):
            return loop
    return None


def _made_of(function: FunctionFacts, name: str) -> Iterator[str]:
    """The list that the one of that name is made of, item by item: `texts = [each.text for each in batch]`."""
    for binding in function.bindings.get(name, ()):
        value = binding.value if binding.how == "value" else None
        if isinstance(value, ast.ListComp) and isinstance(value.generators[0].iter, ast.Name):
            yield value.generators[0].iter.id


def _gathers(loop: ast.For | ast.AsyncFor | ast.While, call: CallFacts, name: str) -> bool:
    """Whether the loop puts its items into the list of that name, and asks about what is in it with the call."""
    rows = flow.moves(loop.body)
    nodes = [node for statement in loop.body for node in walk(statement)]
    is_filled = any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in flow.MUTATORS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == name
        for node in nodes
    )
    return is_filled and name in flow.origins(flow.request_arguments(call.node), rows)
