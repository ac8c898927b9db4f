"""The calls that mappings and pools make of what they are handed."""

from __future__ import annotations

import ast

from batchlint.symbols import last_name

ITEM = "item"
"""The name of the item in the call that stands for it."""


def names_of_items(node: ast.Call) -> list[str]:
    """The names for what the mapping takes of each iterable that it goes through: `ITEM`, and more for several."""
    several = len(node.args) - 1 if last_name(node.func) == "map" and len(node.args) > 2 else 1
    return [ITEM, *(f"{ITEM}{number}" for number in range(2, several + 1))]


def call_per_item(handed: ast.expr, node: ast.Call) -> ast.Call:
    """The call of `handed` that stands for what the mapping does with one item, by `names_of_items`."""
    items: list[ast.expr] = [ast.copy_location(ast.Name(name, ast.Load()), node) for name in names_of_items(node)]
    own = [] if any(k.arg == "key" for k in node.keywords) else node.keywords
    more = [e for k in own if k.arg == "args" and isinstance(k.value, ast.Tuple) for e in k.value.elts]
    return _made(handed, [*items, *more], own, node)


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
