"""Which of the things that a call can mean take its keywords."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from batchlint.facts import FunctionFacts
from batchlint.symbols.names import last_name
from batchlint.values import Cls, Fn, Inst, Value, Values

if TYPE_CHECKING:
    from batchlint.symbols import Program

_PLAIN = frozenset({"staticmethod", "classmethod", "abstractmethod", "override", "final"})
"""Decorators that leave a function's parameters as they are."""


def fitting(program: Program, values: Values, node: ast.Call) -> Values:
    """The values that the call can mean: where its keywords fit some and not others, the former."""
    if len(values) < 2 or not node.keywords:
        return values
    return frozenset(value for value in values if _fits(program, value, node)) or values


def is_other(program: Program, value: Value, values: Iterable[Value], node: ast.Call) -> bool:
    """Whether the keywords of the call do not fit the value, but another of the values."""
    if not node.keywords or _fits(program, value, node):
        return False
    return any(_fits(program, other, node) for other in values)


def _fits(program: Program, value: Value, node: ast.Call) -> bool:
    """Whether the value can take the call's keywords, as far as that is known."""
    if isinstance(value, Fn):
        return _takes(program.functions[value.id], node)
    if isinstance(value, Inst):
        return _any_takes(program, program.attribute(value, "__call__"), node)
    if isinstance(value, Cls):
        facts = program.classes[value.id]
        is_plain = not facts.node.decorator_list and not facts.node.keywords
        if not is_plain or any(isinstance(each, Fn) for each in program.attribute(value, "__new__")):
            return True
        return _any_takes(program, program.attribute(Inst(value.id, True), "__init__"), node)
    return True


def _any_takes(program: Program, methods: Values, node: ast.Call) -> bool:
    return not methods or any(
        not isinstance(method, Fn) or _takes(program.functions[method.id], node) for method in methods
    )


def _takes(function: FunctionFacts, node: ast.Call) -> bool:
    arguments = function.arguments
    if arguments is None or function.named or any(last_name(each) not in _PLAIN for each in function.decorators):
        return True
    names = function.parameter_names - {each.arg for each in arguments.posonlyargs}
    return all(keyword.arg is None or keyword.arg in names for keyword in node.keywords)
