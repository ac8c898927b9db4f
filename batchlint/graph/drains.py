"""Loops of workers, which take from a queue what there is: who fills it in a loop has them go over items.

So does a loop that takes the next item of an iterator until that has none.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batchlint.facts import LoopNode, ModuleFacts
from batchlint.loops import is_item_loop
from batchlint.symbols import last_name
from batchlint.trees import walk_own

TAKES = frozenset({"get", "get_nowait", "popleft"})
PUTS = frozenset({"put", "put_nowait", "append"})


def drains(module: ModuleFacts, loop: LoopNode) -> bool:
    """Whether the endless loop takes its items from a queue that its file fills in a loop over items, or off an
    iterator.
    """
    if not isinstance(loop, ast.While) or not isinstance(loop.test, ast.Constant):
        return False
    if any(map(_takes_next, loop.body)):
        return True
    queues = set(_taken_from(loop))
    return bool(queues) and any(
        isinstance(call.node.func, ast.Attribute)
        and call.node.func.attr in PUTS
        and last_name(call.node.func.value) in queues
        and any(map(is_item_loop, call.loops))
        for function in module.functions.values()
        for call in function.calls
    )


def _takes_next(statement: ast.stmt) -> bool:
    """Whether the statement takes the next item where it says what to do when there is none: `except StopIteration`."""
    tries = (node for node in walk_own(statement) if isinstance(node, ast.Try))
    return any(
        any(each.type is not None and last_name(each.type) == "StopIteration" for each in node.handlers)
        and any(isinstance(n, ast.Call) and last_name(n.func) == "next" for part in node.body for n in walk_own(part))
        for node in tries
    )


def _taken_from(loop: ast.While) -> Iterator[str]:
    """The names of what the loop takes something from, by itself: `item = await jobs.get()`."""
    for statement in loop.body:
        for node in walk_own(statement):
            value = node.value if isinstance(node, ast.Assign | ast.NamedExpr) else None
            value = value.value if isinstance(value, ast.Await) else value
            if not isinstance(value, ast.Call) or value.args:
                continue
            if isinstance(value.func, ast.Attribute) and value.func.attr in TAKES:
                yield last_name(value.func.value)
