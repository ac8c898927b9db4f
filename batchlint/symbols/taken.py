"""What a call gives that decides by its arguments and their defaults which of the function's returns it comes to.

`def make(agent=False): ... if agent: return an_agent` gives the call `make()` no agent.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from batchlint.facts import FunctionFacts
from batchlint.symbols.names import last_name
from batchlint.trees import spreads

if TYPE_CHECKING:
    from batchlint.symbols import Program

_AS_IS: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "strip": str.strip,
    "casefold": str.casefold,
}
"""Methods of a word that give one."""
Given = Mapping[str, object]
"""The constants that parameters are."""


class _Open(Exception):  # noqa: N818
    """What an expression is depends on more than the call tells."""


def returns(program: Program, call: ast.Call, function: FunctionFacts) -> list[ast.expr] | None:
    """The returns that the call can come to; None where it does not tell any of them from the others."""
    node = function.node
    if len(function.returns) < 2 and not any(isinstance(each, ast.IfExp) for each in function.returns):
        return None
    if function.yields or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or spreads(call):
        return None
    given = _given(program, call, function)
    if not given:
        return None
    found: list[ast.expr] = []
    _take(node.body, given, found)
    is_told = {id(each) for each in found} != {id(each) for each in function.returns}
    return found if found and is_told else None


def _given(program: Program, call: ast.Call, function: FunctionFacts) -> dict[str, object]:
    """The parameters for which the call gives a constant, or leaves them to one, and that stay what they are."""
    own = function.parameters[0].arg if function.owner is not None and function.parameters else None
    given: dict[str, object] = {}
    for parameter in function.parameters:
        name = parameter.arg
        if name == own or name in function.bindings:
            continue
        value = program.callers.argument(call, function, name) or function.default(name)
        if isinstance(value, ast.Constant):
            given[name] = value.value
    return given


def _take(statements: Sequence[ast.stmt], given: Given, found: list[ast.expr]) -> bool:
    """Add what the statements can return to `found`; whether none of what follows them is come to."""
    for statement in statements:
        if isinstance(statement, ast.Return):
            if statement.value is not None:
                found += _choices(statement.value, given)
            return True
        if isinstance(statement, ast.Raise | ast.Continue | ast.Break):
            return True
        if isinstance(statement, ast.If):
            ends = [_take(branch, given, found) for branch in _branches(statement, given)]
            if all(ends):
                return True
        elif isinstance(statement, ast.With | ast.AsyncWith):
            _take(statement.body, given, found)  # what it enters may keep an error to itself
        elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for block in _blocks(statement):
                _take(block, given, found)
    return False


def _choices(value: ast.expr, given: Given) -> list[ast.expr]:
    """The expressions that the value can be."""
    if not isinstance(value, ast.IfExp):
        return [value]
    both = [value.body, value.orelse]
    is_met = _is_met(value.test, given)
    if is_met is None:
        return [value]
    return _choices(both[0] if is_met else both[1], given)


def _branches(statement: ast.If, given: Given) -> list[list[ast.stmt]]:
    is_met = _is_met(statement.test, given)
    if is_met is None:
        return [statement.body, statement.orelse]
    return [statement.body if is_met else statement.orelse]


def _blocks(statement: ast.stmt) -> list[list[ast.stmt]]:
    """The blocks of a loop, of `try` or of `match`."""
    parts = [statement, *getattr(statement, "handlers", ()), *getattr(statement, "cases", ())]
    return [block for part in parts for name in ("body", "orelse", "finalbody") if (block := getattr(part, name, None))]


def _is_met(test: ast.expr, given: Given) -> bool | None:
    """Whether the test holds; None where that is open."""
    if isinstance(test, ast.BoolOp):
        ends = isinstance(test.op, ast.Or)  # what one part alone decides
        parts = [_is_met(part, given) for part in test.values]
        if ends in parts:
            return ends
        return None if None in parts else not ends
    try:
        return bool(_value(test, given))
    except (_Open, TypeError):
        return None


def _value(node: ast.expr, given: Given) -> object:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name) and node.id in given:
        return given[node.id]
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return [_value(each, given) for each in node.elts]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return not _value(node.operand, given)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args and not node.keywords:
        method, word = _AS_IS.get(last_name(node.func)), _value(node.func.value, given)
        if method is not None and isinstance(word, str):
            return method(word)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return _compared(node.ops[0], _value(node.left, given), _value(node.comparators[0], given))
    raise _Open


def _compared(operator: ast.cmpop, left: object, right: object) -> bool:
    if isinstance(operator, ast.Eq | ast.Is):
        return left == right
    if isinstance(operator, ast.NotEq | ast.IsNot):
        return left != right
    if isinstance(operator, ast.In | ast.NotIn) and isinstance(right, list | str):
        return (left in right) is isinstance(operator, ast.In)
    raise _Open
