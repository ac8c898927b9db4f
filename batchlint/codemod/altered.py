"""Whether a function changes objects that a list holds: those which it draws from it, or hands to another function."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Set
from functools import partial
from typing import TYPE_CHECKING

from batchlint.codemod.effects import MUTATORS
from batchlint.facts import FunctionFacts
from batchlint.trees import walk
from batchlint.values import Fn

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_MAX_DEPTH = 3
_Is = Callable[[ast.expr | None], bool]


def alters(planner: Planner, function: FunctionFacts, is_it: _Is, depth: int = 0) -> bool:
    """Whether the function changes what is in the list that expressions are by `is_it`, or in what is drawn from it."""
    nodes = list(walk(function.node))
    held = _drawn(nodes, is_it)

    def is_held(node: ast.expr) -> bool:
        while isinstance(node, ast.Attribute | ast.Subscript) and not is_it(node):
            node = node.value
        return is_it(node) or (isinstance(node, ast.Name) and node.id in held)

    for node in nodes:
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            if is_held(node.value) and not is_it(node.value):
                return True
        elif isinstance(node, ast.Call):
            func = node.func
            if isinstance(func, ast.Attribute) and func.attr in MUTATORS and is_held(func.value):
                if not is_it(func.value):
                    return True
            elif _hands_on(planner, function, node, is_held, depth):
                return True
    return False


def _drawn(nodes: list[ast.AST], is_it: _Is) -> set[str]:
    """The variables that may hold what the list holds."""
    pairs = list(_pairs(nodes))
    found: set[str] = set()
    while True:
        more = {
            name.id
            for target, value in pairs
            if any(
                isinstance(n, ast.expr) and (is_it(n) or (isinstance(n, ast.Name) and n.id in found))
                for n in walk(value)
            )
            for name in walk(target)
            if isinstance(name, ast.Name)
        }
        if more <= found:
            return found
        found |= more


def _pairs(nodes: list[ast.AST]) -> Iterator[tuple[ast.expr, ast.expr]]:
    """The targets with what they are bound to, or drawn from."""
    for node in nodes:
        if isinstance(node, ast.Assign):
            yield from ((target, node.value) for target in node.targets if isinstance(target, ast.Name | ast.Tuple))
        elif isinstance(node, ast.For | ast.comprehension):
            yield node.target, node.iter
        elif isinstance(node, ast.NamedExpr):
            yield node.target, node.value


def _hands_on(
    planner: Planner, function: FunctionFacts, call: ast.Call, is_held: Callable[[ast.expr], bool], depth: int
) -> bool:
    """Whether a function of the project is given something of it, and changes that."""
    if not any(is_held(each) for each in [*call.args, *(k.value for k in call.keywords)]):
        return False
    for value in planner.program.eval(function.id, call.func):
        if isinstance(value, Fn):
            inner = planner.program.functions[value.id]
            given = {name for name, argument in planner.reader.passed(value, call) if is_held(argument)}
            if not given or depth > _MAX_DEPTH or _changes(planner, inner, partial(_is_one_of, given), depth):
                return True
    return False


def _is_one_of(names: Set[str], node: ast.expr | None) -> bool:
    return isinstance(node, ast.Name) and node.id in names


def _changes(planner: Planner, function: FunctionFacts, own: _Is, depth: int) -> bool:
    """Whether the function changes what it is given, or something in it."""
    for node in walk(function.node):
        stored = isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load)
        if stored and own(node.value):  # type: ignore[attr-defined]
            return True
        func = node.func if isinstance(node, ast.Call) else None
        if isinstance(func, ast.Attribute) and func.attr in MUTATORS and own(func.value):
            return True
    return alters(planner, function, own, depth + 1)
