"""Mappings in a loop over chunks, `pool.map(ask, chunk)`: with the loop around them, all chunks are one batch."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.codemod import scopes
from batchlint.codemod.changes import Fanout
from batchlint.codemod.handing import stands_for_pool_of
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.values import Ext

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_OF_THREADS = frozenset({"BatchExecutor", "BatchThreadPool"})


class Chunked:
    """Plans that they join the rounds of the loop around them."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner
        self._open: dict[int, tuple[ast.Call, ast.With | None]] = {}
        """By its identity, the call and the `with` of its pool; None for the `map` of Python itself."""

    def open(self, id: FunctionId, call: ast.expr) -> bool:
        """Have plans from now on see requests in the call; whether it is one that can join a loop."""
        if not isinstance(call, ast.Call) or call.keywords or len(call.args) != 2:
            return False
        program = self.planner.program
        paths = {v.path for v in program.eval(id, call.func) if isinstance(v, Ext)}
        if paths != {"builtins.map"} and not (paths and all(map(_is_of_threads, paths))):
            return False
        pool = self._pool(program.functions[id], call)
        if pool is None and paths != {"builtins.map"}:
            return False
        self._open[builtin_id(call)] = call, pool
        self.planner.support.map_call(id, call, is_seen=True)
        return True

    def close(self, id: FunctionId, call: ast.expr) -> None:
        """Have plans see none again."""
        if isinstance(call, ast.Call) and self._open.pop(builtin_id(call), None) is not None:
            self.planner.support.map_call(id, call, is_seen=False)

    def handed(self) -> set[int]:
        """What pools are given to map, by identity: they are done with it when their block ends."""
        return {builtin_id(call.args[0]) for call, pool in self._open.values() if pool is not None}

    def joins(self, fanout: Fanout, id: FunctionId, call: ast.expr) -> bool:
        """Whether the call is a part of the fan-out, which may have been planned before."""
        return self.planner.place(id.path, call) in fanout.file(id.path).mapped

    def plan(self, fanout: Fanout, function: FunctionFacts, call: ast.Call) -> None:
        """Plan what becomes of the call in the loop's body."""
        path, planner = function.id.path, self.planner
        changes = fanout.file(path)
        for edge in planner.handing.edges(function.id):
            if edge.node is call:
                planner.handing.hand(fanout, function.id, edge)
        fanout.converted.add(builtin_id(call))
        changes.mapped[planner.place(path, call)] = "each"
        pool = self._open[builtin_id(call)][1]
        if pool is not None:
            changes.unwrapped.add(planner.place(path, pool))

    @staticmethod
    def _pool(function: FunctionFacts, call: ast.Call) -> ast.With | None:
        """The `with` that makes the pool for this call alone."""
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        for node in scopes.path_to(function.node, call):
            if not isinstance(node, ast.With) or len(node.items) != 1 or not isinstance(owner, ast.Name):
                continue
            name = node.items[0].optional_vars
            if isinstance(name, ast.Name) and name.id == owner.id:
                uses = [n for n in ast.walk(function.node) if isinstance(n, ast.Name) and n.id == name.id]
                inside = {builtin_id(n) for n in ast.walk(node)}
                is_only = sum(builtin_id(use) in inside for use in uses) == 2
                return node if is_only and isinstance(node.items[0].context_expr, ast.Call) else None
        return None


def _is_of_threads(path: str) -> bool:
    return path.endswith(".map") and stands_for_pool_of(path) in _OF_THREADS


builtin_id = id
