"""Pools and mappings in the turns of a loop, `pool.map(ask, chunk)`: with that loop, all turns are one batch."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from batchlint.codemod import scopes
from batchlint.codemod.blocks import own_exits
from batchlint.codemod.changes import Fanout
from batchlint.codemod.handing import stands_for_pool_of
from batchlint.codemod.refusals import Refused
from batchlint.codemod.support import MAPPED, SUBMITTED
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.symbols import is_partial, last_name
from batchlint.trees import SCOPES
from batchlint.values import Ext

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_OF_THREADS = frozenset({"BatchExecutor", "BatchThreadPool"})
_TAKING = frozenset(
    {"result", "exception", "done", "as_completed", "wait", "add_done_callback", "cancel", "shutdown", "map"}
)
"""What waits for the pool's work, or looks at it; and what it maps would be waited for where it is submitted."""


_Pooled = tuple[ast.Call, ast.With | None]
"""A call and the `with` of its pool; None for the `map` of Python itself."""


class _Opened(NamedTuple):
    """What joins: how, the calls that hand over, the `with` of each one's pool, and what reaches requests by them."""

    how: str
    pools: list[_Pooled]
    more: set[FunctionId]


class Chunked:
    """Plans that they join the rounds of the loop around them."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner
        self._open: dict[int, _Opened] = {}
        """By the identity of each call."""

    def open(self, id: FunctionId, call: ast.expr) -> bool:
        """Have plans from now on see requests in the call; whether it is one that can join a loop."""
        if not isinstance(call, ast.Call):
            return False
        function = self.planner.program.functions[id]
        pools = list(self._mapping(function, call))
        how = MAPPED if pools else SUBMITTED
        pools = pools or self._submitting(function, call)
        if not pools:
            return False
        calls = [each for each, _ in pools]
        opened = _Opened(how, pools, self.planner.support.join(id, calls, how))
        self._open |= {builtin_id(each): opened for each in [*calls, call]}
        return True

    def is_open(self, call: ast.expr) -> bool:
        return builtin_id(call) in self._open

    def close(self, call: ast.expr) -> None:
        """Have plans see none again."""
        opened = self._open.get(builtin_id(call))
        if opened is not None:
            self._open = {key: other for key, other in self._open.items() if other is not opened}
            self.planner.support.part([each for each, _ in opened.pools], opened.more)

    def handed(self) -> set[int]:
        """What pools are given to map, by identity: they are done with it when their block ends."""
        calls = [pair for opened in self._open.values() if opened.how == MAPPED for pair in opened.pools]
        return {builtin_id(call.args[0]) for call, pool in calls if pool is not None}

    def loops(self) -> set[ast.AST]:
        """The loops that only submit: their iterations are in the same rounds."""
        found: set[ast.AST] = set()
        for opened in self._open.values():
            for call, pool in opened.pools if opened.how == SUBMITTED else ():
                assert pool is not None
                found |= {node for node in scopes.path_to(pool, call) if isinstance(node, ast.For)}
        return found

    def ends_in(self, function: FunctionFacts, call: ast.expr, loop: ast.stmt) -> bool:
        """Whether the pool to which the call submits is made in each turn of the loop."""
        pool = _pool(function, call)
        return pool is not None and any(node is pool for node in ast.walk(loop))

    def joins(self, fanout: Fanout, id: FunctionId, call: ast.expr) -> bool:
        """Whether the call is a part of the fan-out, which may have been planned before."""
        opened, changes = self._open.get(builtin_id(call)), fanout.file(id.path)
        if opened is None or opened.how == MAPPED:
            return self.planner.place(id.path, call) in changes.mapped
        return all(
            self.planner.place(id.path, _last(pool)) in changes.ended for _, pool in opened.pools if pool is not None
        )

    def loop(self, function: FunctionFacts, loop: ast.For | ast.AsyncFor) -> Fanout:
        """The fan-out of the loop, with the work of the pools that its turns make where that can join its rounds."""
        planner, within = self.planner, {builtin_id(node) for node in ast.walk(loop)}
        handed = [edge.node for edge in planner.handing.edges(function.id) if builtin_id(edge.node) in within]
        closed = [node for node in handed if not self.is_open(node) and self.ends_in(function, node, loop)]
        opened = [node for node in closed if self.open(function.id, node)]
        if opened:
            names, planner.parallel = planner.taken(), self.loops()
            try:
                return planner.loop(function, loop)
            except Refused:
                planner.give_back(names)
                for node in opened:
                    self.close(node)
                planner.parallel = self.loops()
        return planner.loop(function, loop)

    def plan(self, fanout: Fanout, function: FunctionFacts, call: ast.Call) -> None:
        """Plan what becomes of the call in the loop's body."""
        path, planner = function.id.path, self.planner
        changes = fanout.file(path)
        how, pools, _ = self._open[builtin_id(call)]
        pool = next(pool for each, pool in pools if each is call)
        for edge in planner.handing.edges(function.id):
            if how == MAPPED and edge.node is call:
                planner.handing.hand(fanout, function.id, edge)
            elif how == SUBMITTED and any(node is edge.node for node in ast.walk(call)):
                planner.handing.stand_in(fanout, edge)
        fanout.converted.add(builtin_id(call))
        if how == SUBMITTED:
            assert pool is not None
            changes.ended[planner.place(path, _last(pool))] = _name(pool)
            return
        changes.mapped[planner.place(path, call)] = "each"
        if pool is not None:
            changes.unwrapped.add(planner.place(path, pool))

    def _mapping(self, function: FunctionFacts, call: ast.Call) -> Iterator[_Pooled]:
        """The call, if it maps one collection, alone with its pool."""
        if call.keywords or len(call.args) != 2:
            return
        paths = {v.path for v in self.planner.program.eval(function.id, call.func) if isinstance(v, Ext)}
        if paths == {"builtins.map"}:
            yield call, None
        elif paths and all(map(_is_of_threads, paths)):
            pool = _pool(function, call)
            if pool is not None and _is_for_it_alone(pool):
                yield call, pool

    def _submitting(self, function: FunctionFacts, node: ast.Call) -> list[_Pooled]:
        """All calls that submit what asks in the function, if its pools can be waited for where all are submitted."""
        handing, program = self.planner.handing, self.planner.program
        edges = [edge for edge in handing.edges(function.id) if handing.is_handed_to_pool(edge)]
        submits = [call.node for call in function.calls if last_name(call.node.func) == "submit"]
        found: list[_Pooled] = []
        for edge in [] if function.is_async else edges:
            submit = next((each for each in submits if any(part is edge.node for part in ast.walk(each))), None)
            pool = _pool(function, submit) if submit is not None else None
            if submit is None or pool is None or not _is_plain(submit) or not _is_waited_for_behind(pool):
                return []
            paths = {v.path for v in program.eval(function.id, submit.func) if isinstance(v, Ext)}
            if not paths or any(stands_for_pool_of(path) != "BatchExecutor" for path in paths):
                return []
            found += [(submit, pool)] if all(submit is not each for each, _ in found) else []
        return found if any(part is node for call, _ in found for part in ast.walk(call)) else []


def _pool(function: FunctionFacts, call: ast.expr) -> ast.With | None:
    """The `with` that makes the pool of the call, where nothing is defined around the call in it."""
    owner = call.func.value if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) else None
    found: ast.With | None = None
    for node in scopes.path_to(function.node, call):
        if isinstance(node, ast.With) and len(node.items) == 1 and isinstance(owner, ast.Name):
            name = node.items[0].optional_vars
            is_its = isinstance(name, ast.Name) and name.id == owner.id
            found = node if is_its and isinstance(node.items[0].context_expr, ast.Call) else found
        elif found is not None and isinstance(node, SCOPES):
            return None
    return found


def _is_for_it_alone(pool: ast.With) -> bool:
    """Whether the pool is made for one call alone."""
    return len(_names(pool, _name(pool))) == 2


def _is_plain(submit: ast.Call) -> bool:
    """Whether it shows what is called with what."""
    handed = submit.args[0] if submit.args else None
    is_lambda = isinstance(handed, ast.Lambda) and not any(isinstance(n, ast.arg) for n in ast.walk(handed.args))
    calls = [submit, *([handed] if isinstance(handed, ast.Call) else [])]
    is_spread = any(isinstance(a, ast.Starred) for c in calls for a in c.args) or any(
        k.arg is None for c in calls for k in c.keywords
    )
    return (is_lambda or is_partial(handed) or isinstance(handed, ast.Name | ast.Attribute)) and not is_spread


def _is_waited_for_behind(pool: ast.With) -> bool:
    """Whether the block first submits, and then does all else with the pool's work."""
    submitting = pool.body[: pool.body.index(_last(pool)) + 1]
    nodes = [node for statement in submitting for node in ast.walk(statement)]
    uses = [n for n in nodes if isinstance(n, ast.Call) and last_name(n.func) == "submit"]
    owners = {builtin_id(n.func.value) for n in uses if isinstance(n.func, ast.Attribute)}
    return (
        pool.body[0].lineno > pool.lineno
        and all(builtin_id(each) in owners for statement in submitting for each in _names(statement, _name(pool)))
        and not any(isinstance(n, ast.Call) and last_name(n.func) in _TAKING for n in nodes)
        and not any(isinstance(n, ast.Return | ast.Yield | ast.YieldFrom) for n in nodes)
        and not any(next(own_exits(submitting, kind), None) for kind in (ast.Continue, ast.Break))
    )


def _last(pool: ast.With) -> ast.stmt:
    """The last statement of the block that uses the pool."""
    return [statement for statement in pool.body if _names(statement, _name(pool))][-1]


def _name(pool: ast.With) -> str:
    name = pool.items[0].optional_vars
    assert isinstance(name, ast.Name)
    return name.id


def _names(node: ast.AST, name: str) -> list[ast.Name]:
    return [each for each in ast.walk(node) if isinstance(each, ast.Name) and each.id == name]


def _is_of_threads(path: str) -> bool:
    return path.endswith(".map") and stands_for_pool_of(path) in _OF_THREADS


builtin_id = id
