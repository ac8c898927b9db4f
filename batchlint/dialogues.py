"""Requests that begin or end a dialogue: what tools give for an answer goes into the next requests."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from batchlint.facts import CallFacts, FunctionFacts, LoopNode
from batchlint.symbols import last_name
from batchlint.trees import walk

_ADDS = frozenset({"append", "extend"})


def tool_result(loop: LoopNode, names: Collection[str]) -> str | None:
    """The key by which a message in the loop says that it holds what a tool gave."""
    for node in walk(loop):
        keys = node.keys if isinstance(node, ast.Dict) else []
        said = next((key.value for key in keys if isinstance(key, ast.Constant) and key.value in names), None)
        if said is not None:
            return str(said)
    return None


def begun(function: FunctionFacts, call: ast.Call, names: Collection[str]) -> str | None:
    """The key of such messages in a loop after the call, which asks the same again with them in the same history."""
    for other in _again(function, call):
        for loop in other.loops:
            grown = set(_grown(loop))
            shared = grown & _handed(call) & _handed(other.node)
            said = tool_result(loop, names) if shared else None
            if said is not None:
                return said
    return None


def ended(function: FunctionFacts, call: ast.Call, names: Collection[str], offers: Collection[str]) -> str | None:
    """What says that tools run in a loop before the call, which asks once more with all that was said in it.

    The loop has the key of messages with what they gave, or its requests offer the tools.
    """
    name = last_name(call.func)
    for other in (each for each in function.calls if last_name(each.node.func) == name):
        offered = next((keyword.arg for keyword in other.node.keywords if keyword.arg in offers), None)
        for loop in (each for each in other.loops if (getattr(each, "end_lineno", None) or call.lineno) < call.lineno):
            if set(_grown(loop)) & _handed(call) & _handed(other.node):
                said = tool_result(loop, names) or offered
                if said is not None:
                    return said
    return None


def _again(function: FunctionFacts, call: ast.Call) -> Iterator[CallFacts]:
    """The calls of the same in loops that begin after the call."""
    name, line = last_name(call.func), call.end_lineno or call.lineno
    for other in function.calls:
        is_same = other.node.lineno > line and last_name(other.node.func) == name
        if is_same and other.loops and all(getattr(loop, "lineno", 0) > line for loop in other.loops):
            yield other


def _handed(call: ast.Call) -> set[str]:
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return {each.id for each in given if isinstance(each, ast.Name)}


def _grown(loop: LoopNode) -> Iterator[str]:
    """The names of the lists to which the loop adds."""
    for node in walk(loop):
        to: ast.expr | None = node.target if isinstance(node, ast.AugAssign) else None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ADDS:
            to = node.func.value
        if isinstance(to, ast.Name):
            yield to.id
