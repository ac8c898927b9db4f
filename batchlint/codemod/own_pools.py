"""Pools of the project's own, which hand on to a pool what they are given: `map_all(describe, texts)`."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from batchlint.codemod.changes import Fanout
from batchlint.facts import FunctionId
from batchlint.symbols import is_partial
from batchlint.trees import is_none, walk
from batchlint.values import Ext, Fn, Value

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_LAZILY = re.compile(r"\b(Generator|Iterator|Iterable|Any|object)\b")
"""Annotations of functions that may give a generator."""


def hand(
    planner: Planner, fanout: Fanout, scope: FunctionId, node: ast.expr, call: ast.expr, *, in_threads: bool
) -> bool:
    """Plan that callers hand twins to the pool, whose `call` hands on its parameter `node`; whether that can be.

    What they hand over that asks nothing stays: a stand-in for threads runs that too. `in_threads`: whether it is one.
    """
    function, callbacks = planner.graph.function(scope), planner.support.callbacks
    name = node.id if isinstance(node, ast.Name) else ""
    if name not in function.parameter_names or name in function.bindings:
        return False
    named = {id(n) for n in walk(function.node) if isinstance(n, ast.Name) and n.id == name}
    given = [(*each, callbacks.kind(each[0], each[2], False)) for each in callbacks.handed(scope, name)]
    if any(isinstance(argument, ast.Call) and not is_partial(argument) for _, _, argument, _ in given):
        return False
    if any(kind == "plain" and not _gives_values(planner, caller, argument) for caller, _, argument, kind in given):
        return False
    kinds = {kind for *_, kind in given}
    default = function.default(name)
    if default is not None and not is_none(default):
        kinds.add(callbacks.kind(scope, default, False))
    can_run = {"asks", "plain"} if in_threads else {"asks"}
    if "asks" not in kinds or not kinds <= can_run or named - {id(n) for n in walk(call)}:
        return False
    for caller, outer, argument, kind in given:
        if kind == "asks":
            callbacks.hand(planner, fanout, planner.graph.function(caller), argument, False)
            fanout.converted.add(id(outer))
    return True


def _gives_values(planner: Planner, scope: FunctionId, function: ast.expr) -> bool:
    """Whether a call of what is handed over gives no generator, which the stand-in would run."""
    return all(
        value.path.startswith("builtins.") if isinstance(value, Ext) else _returns_values(planner, value)
        for value in planner.program.eval(scope, function)
    )


def _returns_values(planner: Planner, value: Value) -> bool:
    function = planner.program.functions[value.id] if isinstance(value, Fn) else None
    if function is None or function.is_generator:
        return False
    annotation = getattr(function.node, "returns", None)
    if annotation is not None and not is_none(annotation):
        return not _LAZILY.search(ast.unparse(annotation))
    results = [function.node.body] if isinstance(function.node, ast.Lambda) else function.returns
    lazy = (isinstance(n, ast.GeneratorExp) for each in results for n in walk(each))
    return not any(lazy) and all(planner.graph.types(function.id, each) is not None for each in results)
