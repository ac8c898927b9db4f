"""What a function of the project keeps under a key of the dict that it makes: `services()["writer"]`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.facts import FunctionId
from batchlint.values import Fn, Values

if TYPE_CHECKING:
    from batchlint.symbols import Program


def item(program: Program, scope: FunctionId, node: ast.Subscript) -> Values | None:
    """The values under a constant key, where all that makes the dict shows them; else None."""
    key = node.slice.value if isinstance(node.slice, ast.Constant) else None
    made = _made(program, scope, node.value, key) if isinstance(key, str) else None
    if made is None:
        return None
    called = program.eval(scope, made.func)
    if not called or not all(isinstance(value, Fn) for value in called):
        return None
    found: Values = frozenset()
    for value in called:
        function = program.functions[value.id] if isinstance(value, Fn) else None
        for returned in function.returns if function is not None else ():
            kept = _under(returned, key)
            if function is None or kept is None:
                return None
            found |= program.eval(function.id, kept)
    return found or None


def _made(program: Program, scope: FunctionId, container: ast.expr, key: object) -> ast.Call | None:
    """The call that makes the dict, perhaps for a name that is given nothing else."""
    if isinstance(container, ast.Name) and isinstance(key, str):
        function = program.functions[scope]
        bindings = function.bindings.get(container.id, [])
        is_one = len(bindings) == 1 and bindings[0].how == "value" and bindings[0].position is None
        is_changed = (container.id, key) in function.item_keys or container.id in function.outer
        value = bindings[0].value if is_one and not is_changed else None
        return value if isinstance(value, ast.Call) else None
    return container if isinstance(container, ast.Call) else None


def _under(returned: ast.expr, key: object) -> ast.expr | None:
    """What a dict with constant keys only holds under one of them."""
    if not isinstance(returned, ast.Dict) or not all(isinstance(each, ast.Constant) for each in returned.keys):
        return None
    pairs = zip(returned.keys, returned.values, strict=True)
    return next((value for each, value in pairs if isinstance(each, ast.Constant) and each.value == key), None)
