"""What containers are filled with that is called from there later: objects, functions, and pairs that hold one."""

from __future__ import annotations

import ast

from batchlint.facts import Binding, FunctionFacts
from batchlint.symbols.names import last_name
from batchlint.values import Cls, Elems, Fn, Inst, Values

_METHODS = {"append": 1, "appendleft": 1, "insert": 2, "setdefault": 2}
"""Methods of containers that take one thing, as the last of so many arguments."""
FILLING = _METHODS.keys() | {"extend", "update"}


def given(function: FunctionFacts, call: ast.Call) -> list[Binding]:
    """What a call of such a method puts into the container, as far as it can be called: written out, or another's."""
    name, arguments = last_name(call.func), call.args
    items: list[ast.expr] = []
    if name == "update":
        items = [value for each in arguments if isinstance(each, ast.Dict) for value in each.values]
        items += [keyword.value for keyword in call.keywords]
    elif name == "extend":
        items = [item for each in arguments if isinstance(each, ast.List | ast.Tuple) for item in each.elts]
    elif len(arguments) == _METHODS.get(name):
        items = arguments[-1:]
    others = [each for each in arguments if name == "extend" and isinstance(each, ast.Name | ast.Attribute)]
    put = [Binding("value", item) for item in items if may_be_called(function, item)]
    return [*put, *(Binding("element", each) for each in others)]


def may_be_called(function: FunctionFacts, item: ast.expr) -> bool:
    """Whether what a list is given can be an object or a function of the program, by its looks."""
    if isinstance(item, ast.Lambda):
        return True
    if isinstance(item, ast.Tuple):
        return any(may_be_called(function, part) for part in item.elts)
    if isinstance(item, ast.Dict):  # a task with its function: `{"run": label, "args": (row,)}`
        names = [value.id for value in item.values if isinstance(value, ast.Name)]
        return any(
            name not in function.parameter_names and all(map(_is_defined, function.bindings.get(name, ())))
            for name in names
        )
    if isinstance(item, ast.Name):
        bindings = function.bindings.get(item.id, ())
        return all(map(_is_defined, bindings)) or any(_may_give(function, binding.value) for binding in bindings)
    return _may_give(function, item)


def _may_give(function: FunctionFacts, node: ast.expr | None) -> bool:
    """Whether the expression makes an object, or wraps one that the function has made: `timed(scorer)`."""
    given = node.args if isinstance(node, ast.Call) else []
    names = [each.id for each in given if isinstance(each, ast.Name)]
    return _is_made(node) or any(_is_made(b.value) for name in names for b in function.bindings.get(name, ()))


def _is_defined(binding: Binding) -> bool:
    return binding.how in {"function", "import"}


def _is_made(node: ast.expr | None) -> bool:
    """Whether the expression makes an object: `Label()`, or by an entry of a table, `MAKERS[name]()`."""
    return isinstance(node, ast.Call) and (isinstance(node.func, ast.Subscript) or last_name(node.func)[:1].isupper())


def objects(values: Values) -> Values:
    """The objects and functions of the program in the pairs among the values, each in a pair of its own."""
    pairs = (value.values for value in values if isinstance(value, Elems))
    held = (frozenset(v for v in pair if isinstance(v, Inst | Fn | Cls)) for pair in pairs)
    return frozenset(Elems(found) for found in held if found)
