"""Threads that a function starts and joins: nothing of them runs before the first `join`, of a thread or a queue."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from batchlint.codemod import scopes
from batchlint.codemod.changes import Fanout
from batchlint.codemod.paths import function_body
from batchlint.codemod.refusals import Refused
from batchlint.facts import CallFacts, FunctionFacts, FunctionId
from batchlint.symbols import last_name
from batchlint.trees import walk
from batchlint.values import Ext, Fn

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_THREAD = re.compile(r"threading\.Thread$")
_QUEUE = r"queue\.(Queue|LifoQueue|PriorityQueue)\(\)\."
_MADE = re.compile(r"queue\.(Queue|LifoQueue|PriorityQueue)$")
_TAKES, _JOINS = re.compile(f"{_QUEUE}get(_nowait)?$"), re.compile(f"{_QUEUE}join$")
_WATCHES = frozenset({"is_alive", "ident", "native_id", "getName"})
_QUEUES = frozenset({"Queue", "LifoQueue", "PriorityQueue"})
_EMPTIED = frozenset({"popleft", "pop"})


def plan(planner: Planner, fanout: Fanout, caller: FunctionFacts) -> None:
    """Plan the threads that the function starts. Refused where something shows that they run before they are joined."""
    started = [c for c in caller.calls if _is(planner, caller.id, c.node, _THREAD)]
    _check(planner, caller, started)
    for call in started:
        target = next(k.value for k in call.node.keywords if k.arg == "target")
        for value in planner.program.eval(caller.id, target):
            if isinstance(value, Fn):
                _worker(planner, fanout, caller, call.node, target, planner.program.functions[value.id])
    for call in caller.calls:
        if _is(planner, caller.id, call.node, _JOINS):
            fanout.file(caller.id.path).functions[planner.place(caller.id.path, call.node)] = "batch_queue_joined"


def _check(planner: Planner, caller: FunctionFacts, started: list[CallFacts]) -> None:
    joins = [c for c in caller.calls if last_name(c.node.func) == "join" and not c.node.args]
    first = min(call.node.lineno for call in started)
    for call in started:
        target = next((k.value for k in call.node.keywords if k.arg == "target"), None)
        values = planner.program.eval(caller.id, target) if target is not None else ()
        if not any(isinstance(v, Fn) and v.id in planner.support.reaching for v in values):
            raise Refused("unsupported-shape", f"a thread beside them does something else (line {call.node.lineno})")
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


def _worker(
    planner: Planner, fanout: Fanout, caller: FunctionFacts, thread: ast.Call, target: ast.expr, worker: FunctionFacts
) -> None:
    """Plan that a thread which takes items from a queue gets as many others beside it as there are items."""
    loops = [(c, c.loops) for c in worker.calls if any(isinstance(loop, ast.While) for loop in c.loops)]
    takes = [c.node for c, _ in loops if _is(planner, worker.id, c.node, _TAKES)]
    if any(last_name(c.node.func) in _EMPTIED for c, _ in loops) or len(takes) > 1:
        raise Refused("unsupported-shape", f"each thread takes items of its own (line {worker.line})")
    if not takes:
        return
    take = takes[0]
    before = [s for s in function_body(worker) if s.lineno < take.lineno and not isinstance(s, ast.While)]
    if any(not _is_calm(s) for s in before):
        raise Refused("unsupported-shape", f"each worker does something before its first item (line {worker.line})")
    assert isinstance(take.func, ast.Attribute)
    items = _items(planner, worker, thread, target, take.func.value)
    if items is None or not scopes.read(items) - {"self"} <= _known(planner, caller):
        raise Refused("unsupported-shape", f"it is not known from which queue the worker takes (line {take.lineno})")
    bounded = [c for c in planner.program.call_facts.values() if c.call.node.args or c.call.node.keywords]
    if any(_is(planner, c.caller.id, c.call.node, _MADE) for c in bounded if last_name(c.call.node.func) in _QUEUES):
        raise Refused("unsupported-shape", "a queue of limited size would fill before the threads run")
    is_plain = take.func.attr == "get" and not take.args and not take.keywords
    if is_plain and scopes.is_in_try(worker.node, take):
        raise Refused("unsupported-shape", f"the worker takes its items in a `try` (line {take.lineno})")
    fanout.file(caller.id.path).keywords[planner.place(caller.id.path, thread)] = ("items", ast.unparse(items))
    if is_plain:
        fanout.file(worker.id.path).functions[planner.place(worker.id.path, take)] = "next_item"


def _items(
    planner: Planner, worker: FunctionFacts, thread: ast.Call, target: ast.expr, queue: ast.expr
) -> ast.expr | None:
    """The worker's queue as the function has it that starts the thread."""
    if isinstance(queue, ast.Name) and queue.id in worker.parameter_names:
        given = planner.program.callers.arguments(worker, queue.id)
        return next((argument for _, call, argument in given if call is thread), None)
    if isinstance(queue, ast.Name):
        return queue if queue.id not in worker.bindings else None
    is_own = isinstance(queue, ast.Attribute) and isinstance(queue.value, ast.Name) and queue.value.id == "self"
    if is_own and isinstance(target, ast.Attribute) and isinstance(queue, ast.Attribute):
        return ast.Attribute(target.value, queue.attr, ast.Load())
    return None


def _known(planner: Planner, caller: FunctionFacts) -> set[str]:
    """The names that the function can read."""
    return {name for each in planner.program.scopes(caller) for name in (*each.bindings, *each.parameter_names)}


def _is_calm(statement: ast.stmt) -> bool:
    is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return is_text or isinstance(statement, ast.Assign | ast.AnnAssign | ast.Global | ast.Nonlocal)


def _is(planner: Planner, scope: FunctionId, node: ast.Call, pattern: re.Pattern[str]) -> bool:
    values: Iterable[object] = planner.program.eval(scope, node.func)
    return any(isinstance(value, Ext) and pattern.match(value.path) is not None for value in values)
