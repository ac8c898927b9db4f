"""Objects that a loop reads one part of and changes another: `state.update(output=line)` beside `ask(state.name)`."""

from __future__ import annotations

import ast

from batchlint.facts import FunctionFacts, FunctionId, LoopNode
from batchlint.graph import Graph
from batchlint.trees import walk
from batchlint.values import Fn

_DEEP = 2
"""Methods that a method calls."""


def are_apart(graph: Graph, id: FunctionId, loop: LoopNode, name: str) -> bool:
    """Whether nothing in the loop changes the attributes that it reads of the object in the variable.

    Only where the object's methods are the project's own is known what they change.
    """
    if isinstance(loop, ast.comprehension):
        return False
    nodes = list(walk(loop))
    held = {_key(node.value): node for node in nodes if isinstance(node, ast.Attribute) and _is(node.value, name)}
    if any(_is(node, name) and _key(node) not in held for node in nodes):
        return False
    calls = {_key(node.func): node for node in nodes if isinstance(node, ast.Call)}
    told = {_key(node.value) for node in nodes if isinstance(node, ast.Expr)}
    read: set[str] = set()
    changed: set[str] = set()
    for node in held.values():
        call = calls.get(_key(node))
        if call is None:
            (read if isinstance(node.ctx, ast.Load) else changed).add(node.attr)
            continue
        values = graph.program.eval(id, node)
        methods = [graph.function(value.id) for value in values if isinstance(value, Fn)]
        if not methods or len(methods) < len(values) or _key(call) not in told:
            return False
        for method in methods:
            found = touched(graph, method)
            if found is None:
                return False
            changed |= found
    # What has the name of a function may be a property, which can show anything of the object.
    return bool(read) and read.isdisjoint(changed | graph.program.function_names)


def touched(graph: Graph, method: FunctionFacts, depth: int = 0) -> set[str] | None:
    """The attributes of its own object that a method may change: all that it speaks of; None where that is open."""
    own = method.parameters[0].arg if method.parameters else ""
    nodes = list(walk(method.node))
    parts = [node for node in nodes if isinstance(node, ast.Attribute) and _is(node.value, own)]
    if sum(_is(node, own) for node in nodes) > len(parts):
        return None
    found = {node.attr for node in parts}
    for node in (node for node in parts if node.attr in graph.program.function_names):
        for value in graph.program.eval(method.id, node):
            if not isinstance(value, Fn) or depth == _DEEP:
                return None
            inner = touched(graph, graph.function(value.id), depth + 1)
            if inner is None:
                return None
            found |= inner
    return found


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


_key = id
