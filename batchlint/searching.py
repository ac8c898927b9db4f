"""Embeddings to search with: of what a model was asked for first, as the ways in which a question can be put."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from batchlint.facts import FunctionId
from batchlint.graph import Graph
from batchlint.loops import is_item_loop
from batchlint.places import Link, given_above
from batchlint.trees import walk
from batchlint.values import Fn

_DEEP = 6
"""Steps from the request back to what a model was asked."""


def is_said(graph: Graph, way: Sequence[Link], node: ast.expr, depth: int = 0) -> bool:
    """Whether the expression, in the function of the last call on the way, is made of one answer of a model."""
    if depth == _DEEP:
        return False
    link = way[-1]
    function = graph.function(link.function)
    for each in walk(node):
        if isinstance(each, ast.Call) and _is_answer(graph, link.function, each):
            return True
        if not isinstance(each, ast.Name) or not isinstance(each.ctx, ast.Load):
            continue
        bindings = function.bindings.get(each.id, ())
        values = [binding.value for binding in bindings if binding.how == "value" and binding.value is not None]
        if values and all(is_said(graph, way, value, depth + 1) for value in values):
            return True
        given = None if bindings else given_above(graph, way, each.id)
        if given is not None and is_said(graph, way[:-1], given, depth + 1):
            return True
    return False


def _is_answer(graph: Graph, scope: FunctionId, call: ast.Call, depth: int = 0) -> bool:
    """Whether a model is asked there, or a function of the project that asks one once."""
    if any(model.node is call for model in graph.model_calls):
        return not _stands_in_loop(graph, call)
    called = graph.entered(scope, call)
    return bool(called) and not _stands_in_loop(graph, call) and all(_asks_once(graph, f.id, depth) for f in called)


def _asks_once(graph: Graph, id: FunctionId, depth: int = 0) -> bool:
    """Whether the function asks a model, and neither itself nor below for each of many."""
    if depth == _DEEP or not graph.asks(id):
        return False
    asking = [call.node for call in graph.function(id).calls if _asks(graph, id, call.node)]
    return bool(asking) and all(_is_answer(graph, id, call, depth + 1) for call in asking)


def _asks(graph: Graph, id: FunctionId, call: ast.Call) -> bool:
    if any(model.node is call for model in graph.model_calls):
        return True
    return any(isinstance(value, Fn) and graph.asks(value.id) for value in graph.program.eval(id, call.func))


def _stands_in_loop(graph: Graph, call: ast.Call) -> bool:
    facts = graph.program.call_facts.get(id(call))
    return facts is not None and any(map(is_item_loop, facts.call.loops))
