"""What a mapping does with one item."""

from __future__ import annotations

import ast

ITEM = "item"
"""The name of the item in the call that stands for it."""


def call_per_item(handed: ast.expr, node: ast.Call) -> ast.Call:
    """The call of `handed` that stands for what the mapping does with one item, of the name `ITEM`."""
    item: ast.expr = ast.copy_location(ast.Name(ITEM, ast.Load()), node)
    own = [] if any(k.arg == "key" for k in node.keywords) else node.keywords
    more = [e for k in own if k.arg == "args" and isinstance(k.value, ast.Tuple) for e in k.value.elts]
    if isinstance(handed, ast.Call) and handed.args:  # a `partial`
        arguments, keywords = [*handed.args[1:], item, *more], [*handed.keywords, *own]
        return ast.copy_location(ast.Call(handed.args[0], arguments, keywords), node)
    return ast.copy_location(ast.Call(handed, [item, *more], own), node)
