"""Whether a function asks for the result of what it enqueues."""

from __future__ import annotations

import ast
from collections.abc import Set

from batchlint.facts import FunctionFacts
from batchlint.symbols import last_name
from batchlint.trees import walk

_GROUPS = frozenset({"group", "chord", "chain", "chunks"})
"""What makes one of several signatures of tasks."""


def is_asked(function: FunctionFacts, enqueuing: ast.expr, waits: Set[str]) -> bool:
    """Whether the function calls one of the methods `waits` of what the call `enqueuing` in it gives."""
    # A thread or an event loop is handed the method that waits: `await asyncio.to_thread(result.get)`.
    run = [node for call in function.calls for node in (call.node.func, *call.node.args)]
    asked = [node.value for node in run if isinstance(node, ast.Attribute) and node.attr in waits]
    return bool(asked) and (any(_is_result(each, enqueuing) for each in asked) or _is_held(function, asked, enqueuing))


def _is_held(function: FunctionFacts, asked: list[ast.expr], enqueuing: ast.AST) -> bool:
    """Whether what enqueuing gives is held by a variable, alone or with others, and asked there."""
    names = {
        name
        for name, bindings in function.bindings.items()
        for binding in bindings
        if binding.value is not None and binding.how == "value" and _is_result(binding.value, enqueuing)
    }
    for call in function.calls:
        func = call.node.func
        if isinstance(func, ast.Attribute) and func.attr == "append" and isinstance(func.value, ast.Name):
            names |= {func.value.id} if any(_is_result(each, enqueuing) for each in call.node.args) else set()
    if not names:
        return False
    for node in walk(function.node):
        if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension) and _names_in(node.iter) & names:
            names |= _names_in(node.target)
    return any(isinstance(each, ast.Name) and each.id in names for each in asked)


def _is_result(node: ast.expr, enqueuing: ast.AST) -> bool:
    """Whether the expression is what enqueuing gives, several of it, or a group of tasks that is started with it."""
    if node is enqueuing:
        return True
    if isinstance(node, ast.Await):
        return _is_result(node.value, enqueuing)
    if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp):
        return _is_result(node.elt, enqueuing)
    if isinstance(node, ast.List | ast.Tuple):
        return any(_is_result(each, enqueuing) for each in node.elts)
    if isinstance(node, ast.Call):
        inner = node.func.value if isinstance(node.func, ast.Attribute) else node.func
        is_group = isinstance(node.func, ast.Name | ast.Attribute) and last_name(node.func) in _GROUPS
        parts = [*([inner] if isinstance(inner, ast.Call) else []), *(node.args if is_group else [])]
        return any(_is_result(each, enqueuing) for each in parts)
    return False


def _names_in(node: ast.AST) -> set[str]:
    return {each.id for each in walk(node) if isinstance(each, ast.Name)}
