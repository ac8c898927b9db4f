"""Threads that a function starts and joins: nothing of them runs before the first `join`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.codemod.refusals import Refused
from batchlint.facts import CallFacts, FunctionFacts
from batchlint.symbols import last_name
from batchlint.trees import walk
from batchlint.values import Ext, Fn

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

THREAD = "threading.Thread"
_WATCHES = frozenset({"is_alive", "ident", "native_id", "getName"})


def check(planner: Planner, caller: FunctionFacts) -> None:
    """Refused where something shows that the threads run before they are joined, or where they may never be."""
    started = [c for c in caller.calls if any(_is_thread(v) for v in planner.program.eval(caller.id, c.node.func))]
    joins = [c for c in caller.calls if _is_join(c.node)]
    first = min(call.node.lineno for call in started)
    for call in started:
        target = next((k.value for k in call.node.keywords if k.arg == "target"), None)
        values = planner.program.eval(caller.id, target) if target is not None else ()
        if not any(isinstance(v, Fn) and v.id in planner.support.reaching for v in values):
            raise Refused("unsupported-shape", f"a thread beside them does something else (line {call.node.lineno})")
        if _takes_from_queue(planner, values):
            raise Refused("unsupported-shape", f"each thread takes items from a queue (line {call.node.lineno})")
    if not any(join.node.lineno > first for join in joins):
        raise Refused("unsupported-shape", f"nothing shows when the threads end that start in line {first}")
    last = max(join.node.lineno for join in joins)
    for join in joins:
        if any(set(map(id, join.loops)) & set(map(id, call.loops)) for call in started):
            raise Refused("unsupported-shape", f"each thread is joined as soon as it starts (line {join.node.lineno})")
    for node in walk(caller.node):
        is_between = first < getattr(node, "lineno", 0) < last
        if is_between and isinstance(node, ast.While):
            raise Refused("unsupported-shape", f"a loop waits for what the threads do (line {node.lineno})")
        if isinstance(node, ast.Attribute) and node.attr in _WATCHES:
            raise Refused("unsupported-shape", f"`{ast.unparse(node)}` looks at a thread (line {node.lineno})")


def _is_thread(value: object) -> bool:
    return isinstance(value, Ext) and value.path == THREAD


def _is_join(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and node.func.attr == "join" and not node.args


def _takes_from_queue(planner: Planner, values: object) -> bool:
    """Whether one of the functions takes items out of something in a loop that its caller fills."""
    assert isinstance(values, frozenset | tuple)
    functions = [planner.program.functions[v.id] for v in values if isinstance(v, Fn)]
    calls: list[CallFacts] = [call for function in functions for call in function.calls]
    return any(
        last_name(call.node.func) in {"get", "get_nowait", "popleft", "pop"}
        and any(isinstance(loop, ast.While) for loop in call.loops)
        for call in calls
    )
