"""Helpers under `functools.lru_cache`: their twin keeps the cache, and equal calls wait for the first of them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.codemod.access import Frame
from batchlint.codemod.changes import Fanout
from batchlint.codemod.refusals import Refused
from batchlint.facts import MODULE, FunctionFacts, FunctionId
from batchlint.graph import Graph
from batchlint.symbols import last_name
from batchlint.values import Ext

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_CACHES = {"functools.lru_cache": "batch_lru_cache", "functools.cache": "batch_cache"}
_MANAGES = frozenset({"cache_clear", "cache_info", "cache_parameters", "__wrapped__"})


class Caches:
    """Finds the decorators of one program."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._known: dict[FunctionId, tuple[ast.expr, ast.expr, str] | None] = {}

    def decorator(self, function: FunctionFacts) -> ast.expr | None:
        """The decorator that keeps the function's answers."""
        found = self._found(function)
        return found[0] if found is not None else None

    def is_within(self, frame: Frame | None) -> bool:
        """Whether what happens in the frame happens in a cached call, for which others may wait."""
        while frame is not None:
            if self.decorator(frame.function) is not None:
                return True
            frame = frame.caller
        return False

    def _found(self, function: FunctionFacts) -> tuple[ast.expr, ast.expr, str] | None:
        if function.id not in self._known:
            self._known[function.id] = None if function.is_async else self._find(function)
        return self._known[function.id]

    def _find(self, function: FunctionFacts) -> tuple[ast.expr, ast.expr, str] | None:
        scope = FunctionId(function.id.path, function.parent or MODULE)
        for decorator in function.decorators:
            name = decorator.func if isinstance(decorator, ast.Call) else decorator
            paths = {v.path for v in self.graph.program.eval(scope, name) if isinstance(v, Ext)}
            stand_in = next((_CACHES[path] for path in sorted(paths) if path in _CACHES), None)
            if stand_in is not None:
                return decorator, name, stand_in
        return None

    def plan(self, planner: Planner, fanout: Fanout, function: FunctionFacts) -> None:
        """Plan the twin's cache; Refused where somebody looks into the one that it replaces."""
        found = self._found(function)
        if found is None:
            return
        if fanout.is_async:
            what = f"`{Graph.label(function.id)}` is cached and runs in threads, which cannot wait for each other"
            raise Refused("unsupported-shape", what)
        self._check_use(function)
        _, name, stand_in = found
        path = function.id.path
        fanout.file(path).renames[planner.place(path, name)] = stand_in

    def _check_use(self, function: FunctionFacts) -> None:
        for path, module in self.graph.modules.items():
            for node in ast.walk(module.tree):
                if isinstance(node, ast.Attribute) and node.attr in _MANAGES and last_name(node.value) == function.name:
                    raise Refused(
                        "unsupported-shape",
                        f"`{ast.unparse(node)}` ({path}:{node.lineno}) looks into the cache of"
                        f" `{Graph.label(function.id)}`",
                    )
