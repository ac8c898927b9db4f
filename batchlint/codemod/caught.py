"""Answers that end a loop by an error which the program expects: `with suppress(ValueError):` around it."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Iterator

from batchlint.codemod import scopes
from batchlint.codemod.refusals import Refused
from batchlint.facts import FunctionFacts
from batchlint.symbols import last_name

_OF_DATA = frozenset(
    [
        "ArithmeticError", "AssertionError", "AttributeError", "IndexError", "JSONDecodeError", "KeyError",
        "LookupError", "StopIteration", "TypeError", "UnicodeDecodeError", "ValidationError", "ValueError",
        "ZeroDivisionError",
    ]
)  # fmt: skip
"""Errors by what an answer says, and not by how it came."""
_CATCHING = frozenset({"StopIteration", "Exception", "BaseException"})
_LEAVING = frozenset({"exit", "_exit", "quit", "abort"})


def check(scope: ast.AST, node: ast.stmt | ast.expr) -> None:
    """Refuse a loop or comprehension that such an error leaves, where the program goes on behind it."""
    trail = [*scopes.path_to(scope, node), node]
    for around, inner in itertools.pairwise(trail):
        for caught in _caught(around, inner):
            name = last_name(caught)
            if name in _OF_DATA:
                what = f"an answer that leads to `{name}` ends the loop (line {caught.lineno})"
                raise Refused("early-stop", what, "catch the error within the loop, or after all answers have come")


def check_mapped(functions: Iterable[FunctionFacts]) -> None:
    """Refuse a `map` whose function, with these in it, lets a StopIteration out: the map ends there without a word."""
    for function in functions:
        for call in function.calls:
            is_bare = isinstance(call.node.func, ast.Name) and call.node.func.id == "next" and len(call.node.args) == 1
            if is_bare and not _is_guarded(function.node, call.node):
                what = f"`next` ends the list where it finds nothing (line {call.node.lineno})"
                raise Refused("early-stop", what, "give it a default, or catch its StopIteration there")


def _is_guarded(function: ast.AST, node: ast.expr) -> bool:
    """Whether a StopIteration of the expression is caught in the function."""
    trail = [*scopes.path_to(function, node), node]
    tries = [a for a, inner in itertools.pairwise(trail) if isinstance(a, ast.Try) and inner in a.body]
    types = [handler.type for each in tries for handler in each.handlers]
    named = {last_name(each) for kind in types if kind is not None for each in _classes(kind)}
    return None in types or not named.isdisjoint(_CATCHING)


def _caught(around: ast.AST, inner: ast.AST) -> Iterator[ast.expr]:
    """The classes of errors that the statement catches in the part of it which `inner` is, and does not hand on."""
    if isinstance(around, ast.Try | ast.TryStar) and inner in around.body:
        for handler in around.handlers:
            if handler.type is not None and not _leaves(handler.body):
                yield from _classes(handler.type)
    elif isinstance(around, ast.With) and inner in around.body:
        for item in around.items:
            context = item.context_expr
            if isinstance(context, ast.Call) and last_name(context.func) == "suppress":
                yield from context.args


def _classes(kind: ast.expr) -> list[ast.expr]:
    return kind.elts if isinstance(kind, ast.Tuple) else [kind]


def _leaves(body: list[ast.stmt]) -> bool:
    """Whether the statements end with the error, or with the program."""
    last = body[-1]
    call = last.value if isinstance(last, ast.Expr) else None
    return isinstance(last, ast.Raise) or (isinstance(call, ast.Call) and last_name(call.func) in _LEAVING)
