"""What is kept under a key: of the dict that a function makes, of `**options` that a function is given."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.facts import Binding, FunctionFacts, FunctionId
from batchlint.symbols import listed
from batchlint.symbols.names import last_name
from batchlint.values import NOTHING, Fn, Text, Values

if TYPE_CHECKING:
    from batchlint.symbols import Program

_MAX_DEPTH = 3
"""Through how many names and functions a dict is followed to where it is written out."""


def item(program: Program, scope: FunctionId, node: ast.Subscript) -> Values | None:
    """The values under a constant key, where all that makes the dict shows them; else None."""
    key = node.slice.value if isinstance(node.slice, ast.Constant) else None
    if isinstance(key, str) and (options := option(program, scope, node.value, key)):
        return options
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


def texts(program: Program, scope: FunctionId, node: ast.Subscript) -> Values:
    """The texts that are put in a variable's dict under the constant key: `settings["url"] = "https://..."`."""
    key = node.slice.value if isinstance(node.slice, ast.Constant) else None
    if not isinstance(key, str) or not isinstance(node.value, ast.Name):
        return NOTHING
    owner = program.owner(program.functions[scope], node.value.id)
    if owner is None or (node.value.id, key) not in owner.item_keys:
        return NOTHING
    return program.once(("texts", owner.id, node.value.id, key), _texts, program, owner, node.value.id, key)


def _texts(program: Program, owner: FunctionFacts, name: str, key: str) -> Values:
    put = (each for each in owner.item_keys[name, key] if each is not None)
    return frozenset(value for each in put for value in program.eval(owner.id, each) if isinstance(value, Text))


def option(program: Program, scope: FunctionId, container: ast.expr, key: str) -> Values:
    """What calls give under the key for the function's own `**options`: by keyword, or in a dict that they spread."""
    named = container.id if isinstance(container, ast.Name) else None
    function = next((each for each in program.around(program.functions[scope]) if each.named == named), None)
    if named is None or function is None or any(b.how != "annotation" for b in function.bindings.get(named, ())):
        return NOTHING
    return program.once(("option", function.id, key), _option, program, function, key, 0)


def _option(program: Program, function: FunctionFacts, key: str, depth: int) -> Values:
    found: Values = NOTHING
    for caller, call, _ in program.callers.call_sites(function):
        given = next((keyword.value for keyword in call.keywords if keyword.arg == key), None)
        found |= program.eval(caller, given) if given is not None else spread(program, caller, call, key, depth)
    return found


def spread(program: Program, scope: FunctionId, call: ast.Call, key: str, depth: int = 0) -> Values:
    """What the dicts that the call spreads hold under the key: `ask(**options)`."""
    dicts = [keyword.value for keyword in call.keywords if keyword.arg is None]
    return NOTHING.union(*(_in_dict(program, scope, each, key, depth) for each in dicts))


def _in_dict(program: Program, scope: FunctionId, node: ast.expr, key: str, depth: int) -> Values:
    """What the dict that the expression is holds under the key, as far as it is written out somewhere."""
    if depth > _MAX_DEPTH:
        return NOTHING
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        held = [value for each, value in pairs if isinstance(each, ast.Constant) and each.value == key]
        inner = [value for each, value in zip(node.keys, node.values, strict=True) if each is None]
        if held:
            return program.eval(scope, held[-1])
        return NOTHING.union(*(_in_dict(program, scope, each, key, depth + 1) for each in inner))
    if isinstance(node, ast.Call) and last_name(node.func) == "dict":
        held = [keyword.value for keyword in node.keywords if keyword.arg == key]
        return program.eval(scope, held[0]) if held else spread(program, scope, node, key, depth + 1)
    if not isinstance(node, ast.Name):
        return NOTHING
    owner = next((each for each in program.around(program.functions[scope]) if _has(each, node.id)), None)
    if owner is None:
        owner = program.modules[scope.path].body
    if owner.named == node.id and node.id not in owner.bindings:
        return _option(program, owner, key, depth + 1)
    bindings = owner.bindings.get(node.id, ())
    if not bindings and node.id in owner.parameter_names:
        given = program.callers.given(owner, node.id)
        return NOTHING.union(*(_in_dict(program, caller, each, key, depth + 1) for caller, each in given))
    put = [program.eval(owner.id, each) for each in owner.item_keys.get((node.id, key), ()) if each is not None]
    return NOTHING.union(*put, *(_bound(program, owner, binding, key, depth + 1) for binding in bindings))


def _has(function: FunctionFacts, name: str) -> bool:
    return name in function.bindings or name == function.named or name in function.parameter_names


def _bound(program: Program, owner: FunctionFacts, binding: Binding, key: str, depth: int) -> Values:
    """What the dict that a binding gives its name holds under the key."""
    if binding.how == "element":
        items = listed.drawn(program, owner.id, binding)
        return NOTHING.union(*(_in_dict(program, id, each, key, depth) for id, each in items))
    if binding.value is None or binding.how != "value" or binding.position is not None:
        return NOTHING
    scope = FunctionId(owner.id.path, binding.scope) if binding.scope is not None else owner.id
    return _in_dict(program, scope, binding.value, key, depth)


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
