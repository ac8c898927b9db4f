"""Tasks that a coroutine makes in a loop and awaits afterwards: all have started before the first is awaited.

Those that are only gathered need not be tasks: the gather starts them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from batchlint.codemod import scopes
from batchlint.codemod.blocks import Comprehension, awaits
from batchlint.codemod.refusals import Refused
from batchlint.facts import FunctionFacts
from batchlint.iterables import EACH, PAIRED
from batchlint.symbols import last_name
from batchlint.trees import walk

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_KEEPS = frozenset({"append", "add", "extend", "update", "setdefault"})
_GATHERS = frozenset({"gather", "as_completed"})
_PASSES = EACH | PAIRED | {"items", "values", "keys"}
_Looping = ast.For | ast.AsyncFor | ast.While | Comprehension
_Taker = ast.For | Comprehension


def check(planner: Planner, function: FunctionFacts, tasks: list[ast.Call], *, is_outermost: bool) -> None:
    """Refused where it is not seen that all are made first, and then awaited one after the other."""
    for task in tasks:
        line = task.lineno
        around = scopes.path_to(function.node, task)
        loop = next((n for n in reversed(around) if isinstance(n, _Looping)), None)
        if loop is None or not is_outermost or not function.is_async:
            raise Refused(
                "unsupported-shape", f"the task in line {line} runs beside other code; gather those of a loop"
            )
        if awaits([loop]):
            raise Refused("unsupported-shape", f"the loop waits between the tasks that it makes (line {line})")
        holder = _holder(task, around, loop)
        takers = list(_takers(function, holder)) if holder is not None else []
        if holder is None or not _is_awaited(function, holder, takers) or not _is_kept(function, holder, takers):
            raise Refused(
                "unsupported-shape", f"the tasks made in line {line} are awaited elsewhere; gather them there"
            )
        for node in (n for taker in takers if isinstance(taker, ast.For) for n in walk(taker)):
            if isinstance(node, ast.Break | ast.Return):
                raise Refused("early-stop", f"the loop over the tasks ends early (line {node.lineno})")
    planner.limits.check_awaits(function)


def is_only_gathered(function: FunctionFacts, task: ast.Call) -> bool:
    """Whether nothing is done with the task but to hand it to one gather: asked for its result, it has to be one."""
    around = scopes.path_to(function.node, task)
    if any(isinstance(n, ast.Call) and last_name(n.func) in _GATHERS for n in around):
        return True
    holder = _name_of(task, around)
    if holder is None or holder in function.outer:
        return False
    nodes = list(walk(function.node))
    inside = [{id(n) for n in walk(n)} for n in nodes if isinstance(n, ast.Call) and last_name(n.func) in _GATHERS]
    plain = {id(each) for node in nodes for each in _plain(node)}
    used = [n for n in nodes if isinstance(n, ast.Name) and n.id == holder and isinstance(n.ctx, ast.Load)]
    gathered = [index for n in used if id(n) not in plain for index, within in enumerate(inside) if id(n) in within]
    return len(gathered) == 1 == sum(id(n) not in plain for n in used)


def _plain(node: ast.AST) -> Iterator[ast.expr]:
    """What the node only adds to, counts or looks whether it is empty."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _KEEPS:
        yield node.func.value
    elif isinstance(node, ast.Call) and last_name(node.func) == "len":
        yield from node.args
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
        yield node.value
    elif isinstance(node, ast.If | ast.IfExp):
        yield node.test
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand


def _name_of(task: ast.Call, around: list[ast.AST]) -> str | None:
    """The variable that holds the task, or the collection that it is put into where it is made."""
    loop = next((n for n in reversed(around) if isinstance(n, _Looping)), None)
    statement = next(n for n in reversed(around) if isinstance(n, ast.stmt))
    if loop is None and isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        return statement.targets[0].id if isinstance(statement.targets[0], ast.Name) else None
    holder = _holder(task, around, loop) if loop is not None else None
    return holder if isinstance(holder, str) else None


def _holder(task: ast.Call, around: list[ast.AST], loop: ast.AST) -> str | ast.AST | None:
    """The name of what keeps the tasks, or the comprehension that makes them where another loop takes it at once."""
    statement = next(n for n in reversed(around) if isinstance(n, ast.stmt))
    if isinstance(loop, Comprehension):
        outer = around[: around.index(loop)]
        if any(isinstance(n, ast.For | ast.comprehension) for n in outer[outer.index(statement) :]):
            return loop
    if isinstance(statement, ast.Expr):
        return _receiver(statement.value, task)
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return None
    target = statement.targets[0]
    if isinstance(target, ast.Subscript):
        return target.value.id if isinstance(target.value, ast.Name) else None
    if not isinstance(target, ast.Name) or isinstance(loop, Comprehension):
        return target.id if isinstance(target, ast.Name) else None
    named = [n for n in walk(loop) if isinstance(n, ast.Name) and n.id == target.id and isinstance(n.ctx, ast.Load)]
    kept = [name for n in walk(loop) if named and (name := _receiver(n, named[0]))]
    return kept[0] if len(named) == len(kept) == 1 else None


def _receiver(node: ast.AST, kept: ast.expr) -> str | None:
    """What the call adds to: `tasks.append(...)`."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in _KEEPS:
        return None
    holds = any(n is kept for argument in node.args for n in walk(argument))
    return node.func.value.id if holds and isinstance(node.func.value, ast.Name) else None


def _takers(function: FunctionFacts, holder: str | ast.AST) -> Iterator[_Taker]:
    """The loops that go through the tasks."""
    for node in walk(function.node):
        if isinstance(node, _Taker) and any(_holds(each, holder) for each in _iterated(node)):
            yield node


def _iterated(taker: _Taker) -> list[ast.expr]:
    return [taker.iter] if isinstance(taker, ast.For) else [g.iter for g in taker.generators]


def _targets(taker: _Taker) -> list[ast.expr]:
    return [taker.target] if isinstance(taker, ast.For) else [g.target for g in taker.generators]


def _holds(over: ast.expr, holder: str | ast.AST) -> bool:
    """Whether the expression gives what the holder holds, one by one."""
    if isinstance(over, ast.Call) and last_name(over.func) in _PASSES:
        parts = [over.func.value] if isinstance(over.func, ast.Attribute) and not over.args else over.args
        return any(_holds(part, holder) for part in parts)
    return over is holder or (isinstance(over, ast.Name) and over.id == holder)


def _is_awaited(function: FunctionFacts, holder: str | ast.AST, takers: list[_Taker]) -> bool:
    for taker in takers:
        names = {n.id for target in _targets(taker) for n in walk(target) if isinstance(n, ast.Name)}
        if any(isinstance(n, ast.Await) and isinstance(n.value, ast.Name) and n.value.id in names for n in walk(taker)):
            return True
    return any(isinstance(node, ast.Await) and _is_item(node.value, holder) for node in walk(function.node))


def _is_item(node: ast.AST, holder: str | ast.AST) -> bool:
    return isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == holder


def _is_kept(function: FunctionFacts, holder: str | ast.AST, takers: list[_Taker]) -> bool:
    """Whether nothing else gets hold of the tasks."""
    if not isinstance(holder, str):
        return True
    allowed = {id(n) for taker in takers for each in _iterated(taker) for n in walk(each)}
    for node in walk(function.node):
        allowed |= set(map(id, _plain(node)))
        if isinstance(node, ast.Await) and isinstance(node.value, ast.Subscript):
            allowed.add(id(node.value.value))
    reads = (n for n in walk(function.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
    return holder not in function.outer and all(id(n) in allowed for n in reads if n.id == holder)
