"""What a mapping does with one item."""

from __future__ import annotations

import ast

ITEM = "item"
"""The name of the item in the call that stands for it."""


def call_per_item(node: ast.Call) -> ast.Call:
    """The call that stands for what happens with one item, of the name `ITEM`."""
    item: ast.expr = ast.copy_location(ast.Name(ITEM, ast.Load()), node)
    more = [e for k in node.keywords if k.arg == "args" and isinstance(k.value, ast.Tuple) for e in k.value.elts]
    handed = node.args[0]
    if isinstance(handed, ast.Call) and handed.args:  # a `partial`
        arguments, keywords = [*handed.args[1:], item, *more], [*handed.keywords, *node.keywords]
        return ast.copy_location(ast.Call(handed.args[0], arguments, keywords), node)
    return ast.copy_location(ast.Call(handed, [item, *more], node.keywords), node)
