"""Where a run of a job in two phases leaves from a pool or a gather, and what the items of these do."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

from batchlint.codemod import scopes
from batchlint.codemod.access import Frame
from batchlint.codemod.changes import Fanout
from batchlint.codemod.handing import SUBMITS
from batchlint.codemod.paths import function_body
from batchlint.codemod.phases import MANY, Phases
from batchlint.codemod.refusals import Refused
from batchlint.codemod.steady import Unsteady
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.iterables import BARS, COUNTED, PAIRED
from batchlint.symbols import last_name
from batchlint.trees import walk_own
from batchlint.values import Ext

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_EAGER = frozenset({"BatchPool", "BatchThreadPool", "BatchParallel", "batch_thread_map", "batch_process_map"})
"""Stand-ins whose `map` and its like have all results when they return."""
_MAPS = frozenset({"map", "imap", "imap_unordered"})
_WAITS = frozenset({"batch_as_completed", "batch_wait"})
_METHODS = frozenset({"result", "exception", "get", "shutdown", "close", "join"})
_TAKES = frozenset({"list", "tuple", "set", "dict", "sorted", "sum", "max", "min"})
_PASSES = BARS | COUNTED | PAIRED
_POOLS = re.compile(r"(concurrent\.futures|multiprocess\w*|billiard|joblib)\b")
_ELSEWHERE = "the requests come from workers, or something maps over them; make them in a plain loop"

Calls = dict[str, list[ast.Call]]
"""Calls of pools and gathers, by the stand-ins that they get."""


class Leaving(NamedTuple):
    """`start`: the gather, or what is given to the pool. `passed`: what asks there.

    `waits`: what waits for the first answers; all in front of it comes before them.
    """

    start: ast.AST
    waits: ast.AST
    passed: frozenset[int]
    items: list[Phases]


def leaving(planner: Planner, fanout: Fanout) -> Leaving:
    """How the fan-out of a pool or a gather leaves; Unsteady where that cannot be followed."""
    function = planner.graph.function(fanout.function)
    if isinstance(function.node, ast.Module):
        raise Unsteady("the requests come from a pool or from coroutines outside of any function; give them one")
    renames = fanout.file(function.id.path).renames
    stands: Calls = {}
    for call in function.calls:
        name = renames.get(planner.place(function.id.path, call.node.func))
        if name is not None:
            stands.setdefault(name, []).append(call.node)
    return (_from_gather if fanout.is_async else _from_pool)(planner, fanout, function, stands)


# -- coroutines
def _from_gather(planner: Planner, fanout: Fanout, function: FunctionFacts, stands: Calls) -> Leaving:
    calls = [call for each in stands.values() for call in each]
    if len(calls) != 1 or not function.is_async:
        raise Unsteady("coroutines are gathered several times in a run" if calls else _ELSEWHERE)
    passed, ids = _made(planner, function)
    (name,) = stands
    return Leaving(calls[0], _awaited(function, name, calls[0]), passed, _items(planner, fanout, ids))


def _made(planner: Planner, function: FunctionFacts) -> tuple[frozenset[int], list[FunctionId]]:
    """What makes the coroutines, by identity, and the functions that these are of."""
    facts, support = planner.program.call_facts, planner.support
    asking = planner.converted(function, function_body(function))
    made = [call for call in asking if id(call) not in facts or not facts[id(call)].call.awaited]
    handed = [edge for edge in planner.handing.edges(function.id) if planner.handing.makes_coroutines(edge)]
    entered = [what for call in made if isinstance(what := support.converts(function.id, call), tuple)]
    ids = [*(target.id for targets in entered for target in targets), *(edge.callee for edge in handed)]
    passed = {id(node) for node in [*made, *(edge.node for edge in handed)]}
    passed |= {id(support.threads.plain(call)) for call in made}
    return frozenset(passed), ids


def _awaited(function: FunctionFacts, name: str, call: ast.Call) -> ast.AST:
    """The `await` of the gather, or of the first that is completed, or the task group's block."""
    around = scopes.path_to(function.node, call)
    found: ast.AST | None
    if name == "BatchTaskGroup":
        found = next((node for node in reversed(around) if isinstance(node, ast.AsyncWith)), None)
    elif name == "gather_batch":
        found = next((node for node in reversed(around[-2:]) if isinstance(node, ast.Await)), None)
    elif name == "batch_task":
        raise Unsteady(f"the tasks that are made in line {call.lineno} are awaited one by one")
    else:
        found = _first_completed(around)
    if found is None:
        raise Unsteady(f"the coroutines that are gathered in line {call.lineno} are awaited elsewhere")
    return found


def _first_completed(around: list[ast.AST]) -> ast.AST | None:
    """The first `await` of what `for each in as_completed(...)` names."""
    holder = next((n for n in reversed(around) if isinstance(n, ast.For | ast.comprehension)), None)
    if holder is None or not isinstance(holder.target, ast.Name):
        return None
    inside = around[around.index(holder) - 1] if isinstance(holder, ast.comprehension) else holder
    awaited = next((node for node in _in_order(inside) if isinstance(node, ast.Await)), None)
    return awaited if awaited is not None and scopes.read(awaited) == {holder.target.id} else None


# -- pools
def _from_pool(planner: Planner, fanout: Fanout, function: FunctionFacts, stands: Calls) -> Leaving:
    start = fanout.node
    pools = [call for name, calls in stands.items() if name not in _WAITS for call in calls]
    handed = [e for e in planner.handing.edges(function.id) if e.kind in {"pool", "thread", "map", "callback"}]
    if not pools or not isinstance(start, ast.Call) or fanout.file(function.id.path).mapped:
        raise Unsteady(_ELSEWHERE)
    if len(pools) > 1 or len({id(edge.node) for edge in handed}) > 1:
        raise Unsteady("a pool is given work several times in a run")
    if any(keyword.arg in {None, "initializer"} for keyword in pools[0].keywords):
        raise Unsteady(f"the pool's `initializer` (line {pools[0].lineno}) would run again")
    waits = _taken(planner, function, start, pools[0], stands)
    items = _items(planner, fanout, [edge.callee for edge in handed])
    return Leaving(start, waits, frozenset(fanout.converted), items)


def _taken(planner: Planner, function: FunctionFacts, start: ast.Call, pool: ast.Call, stands: Calls) -> ast.AST:
    """What first waits for results of the pool."""
    around = [*scopes.path_to(function.node, start), start]
    name = last_name(start.func)
    if "BatchParallel" in stands:
        return next(node for node in around if isinstance(node, ast.Call))  # `Parallel()(delayed(f)(x) for x in xs)`
    if start is pool or (name not in SUBMITS | _MAPS - {"map"} and _EAGER & set(stands)):
        return start
    if name in _MAPS and (taker := _taker(around)) is not None:
        return taker
    block = next((n for n in around if isinstance(n, ast.With) and any(i.context_expr is pool for i in n.items)), None)
    statement = next(node for node in reversed(around) if isinstance(node, ast.stmt))
    results = scopes.bound([statement]) if name in _MAPS else set()
    order = _in_order(block or function.node)
    for node in order[order.index(start) + 1 :]:
        is_result = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in results
        if is_result or _waits(planner, function, node, stands):
            return node
    if block is None:
        raise Unsteady(f"it cannot be followed where the results of line {start.lineno} are waited for")
    return block


def _taker(around: list[ast.AST]) -> ast.AST | None:
    """What takes the results of a mapping where it stands: a loop's head, or `list(...)`."""
    taker: ast.AST | None = None
    for node in reversed(around[:-1]):
        if isinstance(node, ast.For | ast.comprehension):
            return taker or around[-1]
        if not isinstance(node, ast.Call) or last_name(node.func) not in _TAKES | _PASSES:
            break
        taker = node
    return taker if isinstance(taker, ast.Call) and last_name(taker.func) in _TAKES else None


def _waits(planner: Planner, function: FunctionFacts, node: ast.AST, stands: Calls) -> bool:
    if not isinstance(node, ast.Call):
        return False
    if any(node is call for name in _WAITS for call in stands.get(name, ())):
        return True
    if not isinstance(node.func, ast.Attribute) or node.args or node.func.attr not in _METHODS:
        return False
    values = planner.program.eval(function.id, node.func)
    return all(isinstance(value, Ext) and _POOLS.match(value.path) for value in values)


def _in_order(node: ast.AST) -> list[ast.expr | ast.stmt]:
    """The nodes of the function below `node`, in the order in which the text ends them."""
    found = [each for each in walk_own(node) if isinstance(each, ast.expr | ast.stmt)]
    return sorted(found, key=lambda n: (n.end_lineno or 0, n.end_col_offset or 0, -n.lineno, -n.col_offset))


# -- items
def rounds(planner: Planner, fanout: Fanout) -> int | None:
    """The requests that an item makes in turn; None where only the run knows."""
    function = planner.graph.function(fanout.function)
    if fanout.is_async:
        ids = _made(planner, function)[1]
    else:
        ids = [e.callee for e in planner.handing.edges(function.id) if e.kind in {"pool", "thread", "map", "callback"}]
    try:
        items = _items(planner, fanout, ids)
    except (Refused, Unsteady):
        return None
    steps = [step for phases in items for step in phases.steps if step.counts]
    most = max((max(step.counts) + (step.request is not None) for step in steps), default=1)
    return most if most < MANY else None


def _items(planner: Planner, fanout: Fanout, ids: list[FunctionId]) -> list[Phases]:
    """What each of the functions does for one item."""
    found = []
    for id in dict.fromkeys(ids):
        function, reader = planner.graph.function(id), planner.reader
        body = function_body(function)
        frame = Frame(function, {*function.parameter_names, *scopes.bound(body)})
        reader.alias_statements(frame, body)
        phases = Phases(reader, planner.support.converts, planner.parallel, is_async=function.is_async)
        try:
            phases.build(frame, body, [], is_function=True)
        except Refused as refused:
            raise Unsteady(refused.refusal.detail) from None
        phases.suspends = function.is_async and any(_suspends(planner, fanout, f) for f in _entered(phases))
        found.append(phases)
    return found


def _entered(phases: Phases) -> list[FunctionFacts]:
    return list({step.frame.function.id: step.frame.function for step in phases.steps}.values())


def _suspends(planner: Planner, fanout: Fanout, function: FunctionFacts) -> bool:
    """Whether the coroutine waits for something else than its requests, when its limits are gone."""
    unwrapped = fanout.file(function.id.path).unwrapped
    for node in (node for statement in function_body(function) for node in walk_own(statement)):
        if isinstance(node, ast.AsyncFor):
            return True
        if isinstance(node, ast.AsyncWith) and planner.place(function.id.path, node) not in unwrapped:
            return True
        if isinstance(node, ast.Await):
            call = node.value
            if not isinstance(call, ast.Call) or planner.support.converts(function.id, call) is None:
                return True
    return False
