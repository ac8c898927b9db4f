"""Requests that all say to belong to one conversation: `config={"configurable": {"thread_id": "1"}}` in a loop."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator

from batchlint import flow
from batchlint.facts import LoopNode
from batchlint.trees import is_none, walk

_NESTED = 4


def shared(
    loop: LoopNode, call: ast.Call, names: Collection[str], constant: Callable[[ast.expr], ast.expr]
) -> str | None:
    """The name by which the call gives the same conversation in all turns of the loop; `names`: those that say so.

    `constant` gives what a name stands for.
    """
    if isinstance(loop, ast.comprehension):
        return None
    named = [(keyword.arg, keyword.value) for keyword in call.keywords if keyword.arg in names]
    for argument in flow.request_arguments(call):
        named += _in_dicts(argument, names, constant)  # type: ignore[arg-type]
    return next((name for name, value in named if name and _is_same(loop, constant(value))), None) if named else None


def _in_dicts(
    node: ast.expr, names: Collection[str], constant: Callable[[ast.expr], ast.expr], outer: str = "", depth: int = 0
) -> Iterator[tuple[str, ast.expr]]:
    """What stands under one of the names in a dict, or in one that stands in it."""
    node = constant(node)
    if not isinstance(node, ast.Dict) or depth == _NESTED:
        return
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            if key.value in names or f"{outer}.{key.value}" in names:
                yield key.value, value
            else:
                yield from _in_dicts(value, names, constant, key.value, depth + 1)


def _is_same(loop: ast.For | ast.AsyncFor | ast.While, value: ast.expr) -> bool:
    """Whether all turns of the loop give the value: no turn makes it, or gives it a part of its own."""
    if is_none(value):
        return False
    is_of_turn = any(inner is value for inner in walk(loop))
    if is_of_turn and any(isinstance(node, ast.Call) for node in walk(value)):
        return False
    turning = set(flow.targets(loop.target)) if isinstance(loop, ast.For | ast.AsyncFor) else set()
    return flow.reads(value).isdisjoint(turning.union(*(row.given for row in flow.moves(loop.body))))
