"""Pools of one worker and semaphores of one place: their items come one after the other, as those of a loop do."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.codemod import scopes
from batchlint.codemod.access import Frame
from batchlint.codemod.paths import function_body
from batchlint.codemod.phases import Phases
from batchlint.codemod.refusals import Refused
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.symbols import last_name
from batchlint.trees import walk

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_SEMAPHORES = ("Semaphore", "BoundedSemaphore")
_POOLS = frozenset({"ThreadPoolExecutor", "ProcessPoolExecutor", "ThreadPool", "Pool"})
_WORKERS = frozenset({"max_workers", "processes"})
_DEPENDENT = frozenset({"dependent-iterations", "external-read-back"})


def has_one_place(planner: Planner, semaphore: ast.expr) -> bool:
    """Whether the semaphore, by its name, lets one item in at a time."""
    made = [each for name in _SEMAPHORES for each in planner.program.calls_by_name.get(name, ())]
    named = [each for each in made if _is_bound_to(planner, each.caller, each.call.node, last_name(semaphore))]
    return bool(made) and all(_is_one(planner, each.caller.id, each.call.node) for each in named or made)


def has_one_worker(planner: Planner, caller: FunctionFacts) -> bool:
    """Whether the pools that the function makes have one worker each."""
    made = [call.node for call in caller.calls if last_name(call.node.func) in _POOLS]
    return bool(made) and all(_is_one(planner, caller.id, call) for call in made)


def check(
    planner: Planner,
    function: FunctionFacts,
    body: list[ast.stmt] | None = None,
    *,
    mapped: tuple[FunctionFacts, ast.Call] | None = None,
) -> None:
    """Refused where what one item does, with `body` or with all of the function, decides what the next one asks.

    `mapped`: the call that hands the function over, with where it stands.
    """
    reader, whole = planner.reader, function_body(function)
    local = {*function.parameter_names, *scopes.bound(whole)} - function.outer
    given = {name: reader.stored.origins(function, ast.Name(name, ast.Load())) for name in function.parameter_names}
    if mapped is not None:
        names = [each.arg for each in function.parameters][1 if function.owner else 0 :]
        for name, channels in reader.repeated.handed(*mapped, names).items():
            given.setdefault(name, set()).update(channels)
    frame = Frame(function, local, given)
    reader.alias_statements(frame, whole)
    phases = Phases(reader, planner.support.converts, planner.parallel, is_async=function.is_async)
    try:
        phases.build(frame, whole if body is None else body, [], is_function=True)
        barriers = phases.judge(unsafe=False)
    except Refused as refused:
        if refused.refusal.name in _DEPENDENT:
            raise
        return
    kept = next((barrier for barrier in barriers if barrier.key is not None), None)
    if kept is not None:
        what = f"one item at a time comes to line {kept.statement.lineno}, where it may find another item's answer"
        raise Refused("dependent-iterations", what)


def _is_bound_to(planner: Planner, caller: FunctionFacts, made: ast.Call, name: str) -> bool:
    bound = (b.value for b in caller.bindings.get(name, ()))
    stored = (b.value for writes in planner.program.self_writes.values() for _, b in writes.get(name, ()))
    return any(n is made for value in (*bound, *stored) if value is not None for n in walk(value))


def _is_one(planner: Planner, scope: FunctionId, made: ast.Call) -> bool:
    given = [*made.args[:1], *(k.value for k in made.keywords if k.arg in {*_WORKERS, "value"})]
    if not given:
        return last_name(made.func) in _SEMAPHORES
    _, value = planner.graph.constant(scope, given[0])
    return isinstance(value, ast.Constant) and value.value == 1
