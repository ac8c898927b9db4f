"""Answers of routes that hold nothing but what stands in the code: `return {"message": "started"}`.

A page is none of these, whatever it says: somebody has it loaded, and goes on from there.
"""

from __future__ import annotations

import ast

from batchlint.facts import FunctionFacts
from batchlint.symbols import last_name
from batchlint.trees import arguments

_MAKES = ("response", "jsonify", "str")
"""How the names of calls end that only put what they are given into an answer."""
_DEEP = 3


def are_constant(function: FunctionFacts) -> bool:
    """Whether all that the function answers stands in the code, or is the text of an error."""
    return all(_is_constant(function, each, 0) for each in function.returns)


def _is_constant(function: FunctionFacts, node: ast.expr, depth: int) -> bool:
    if isinstance(node, ast.Constant):
        return not (isinstance(node.value, str) and node.value.lstrip().startswith("<"))
    if isinstance(node, ast.Name):
        bindings = function.bindings.get(node.id, ())
        return bool(bindings) and all(
            each.how == "except"
            or (each.value is not None and depth < _DEEP and _is_constant(function, each.value, depth + 1))
            for each in bindings
        )
    parts: list[ast.expr]
    if isinstance(node, ast.Dict):
        parts = [*(key for key in node.keys if key is not None), *node.values]
    elif isinstance(node, ast.List | ast.Tuple):
        parts = node.elts
    elif isinstance(node, ast.JoinedStr):
        parts = [each.value if isinstance(each, ast.FormattedValue) else each for each in node.values]
    elif isinstance(node, ast.Call) and _only_holds(node):
        parts = arguments(node)
    else:
        return False
    return all(_is_constant(function, each, depth) for each in parts)


def _only_holds(call: ast.Call) -> bool:
    name = last_name(call.func).lower()
    return name.endswith(_MAKES) and "html" not in name and "template" not in name and "redirect" not in name
