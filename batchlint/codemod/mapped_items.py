"""The calls that mappings and pools make of what they are handed."""

from __future__ import annotations

import ast

ITEM = "item"
"""The name of the item in the call that stands for it."""


def call_per_item(handed: ast.expr, node: ast.Call) -> ast.Call:
    """The call of `handed` that stands for what the mapping does with one item, of the name `ITEM`."""
    item: ast.expr = ast.copy_location(ast.Name(ITEM, ast.Load()), node)
    own = [] if any(k.arg == "key" for k in node.keywords) else node.keywords
    more = [e for k in own if k.arg == "args" and isinstance(k.value, ast.Tuple) for e in k.value.elts]
    return _made(handed, [item, *more], own, node)


def submitted_call(node: ast.Call) -> ast.Call:
    """The call that the pool makes for `pool.submit(function, argument)`."""
    handed, *given = node.args
    return _made(handed, given, node.keywords, node)


def _made(handed: ast.expr, given: list[ast.expr], keywords: list[ast.keyword], node: ast.Call) -> ast.Call:
    """The call of what is handed over, or of the function that a `partial` has some arguments for."""
    called = handed
    if isinstance(handed, ast.Call) and handed.args:
        called, given, keywords = handed.args[0], [*handed.args[1:], *given], [*handed.keywords, *keywords]
    return ast.copy_location(ast.Call(called, given, keywords), node)
