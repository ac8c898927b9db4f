"""Loops that show a few of the items that other code goes through and keeps: `for row in rows[:n]: print(ask(row))`."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from batchlint import flow
from batchlint.facts import FunctionFacts, FunctionId, LoopNode
from batchlint.graph import Graph
from batchlint.symbols import last_name
from batchlint.trials import gone_over, is_called_samples, is_called_trial
from batchlint.values import Fn


def shows_some(graph: Graph, id: FunctionId, node: ast.expr, loops: Sequence[LoopNode]) -> bool:
    """Whether the function only prints what the call gives for the first of the items, which are a trial by name.

    Some other function asks the same about all of them, and stores what comes of it.
    """
    function = graph.function(id)
    over = gone_over(loops)
    if not over or not isinstance(node, ast.Call) or graph.stores(id) or function.returns:
        return False
    if not all(_is_cut(function, each) for each in over) or not _prints(function, node):
        return False
    is_trial = is_called_trial(function) or any(map(is_called_samples, over))
    return is_trial and _is_kept_elsewhere(graph, id, node)


def _is_cut(function: FunctionFacts, node: ast.expr) -> bool:
    """Whether it is the first of a collection, in a variable or not: `rows[:n]`."""
    value = function.only_value(node.id) if isinstance(node, ast.Name) else node
    cut = value.slice if isinstance(value, ast.Subscript) else None
    return isinstance(cut, ast.Slice) and cut.upper is not None and cut.step is None


def _prints(function: FunctionFacts, node: ast.Call) -> bool:
    """Whether what the call gives is printed."""
    shown = (each.node for each in function.calls if last_name(each.node.func) in {"print", "echo", "secho"})
    return any(flow.goes_into(function, node, each) for each in shown)


def _is_kept_elsewhere(graph: Graph, id: FunctionId, node: ast.Call) -> bool:
    called = [value.id for value in graph.program.eval(id, node.func) if isinstance(value, Fn)]
    others = [edge for each in called for edge in graph.edges_to(each) if edge.caller != id and edge.repeats]
    return any(graph.stores(edge.caller) for edge in others)
