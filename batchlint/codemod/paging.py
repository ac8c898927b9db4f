"""Loops that read a part of a query by its number: what answers change moves the parts behind them."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from batchlint.codemod import scopes
from batchlint.codemod.blocks import Loop
from batchlint.codemod.changes import Fanout
from batchlint.codemod.refusals import Refused
from batchlint.facts import FunctionFacts
from batchlint.symbols import last_name

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_QUERY = re.compile(r"\.(objects|query|order_by|select_related|prefetch_related)\b")
"""What makes a query that is only asked when its rows are read: Django's and SQLAlchemy's."""


def check(planner: Planner, fanout: Fanout, function: FunctionFacts, loop: Loop, targets: list[str]) -> None:
    """Refuse a loop that reads the rows of a query by their numbers, which its own changes may move."""
    for node in (n for statement in loop.body for n in ast.walk(statement)):
        if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Slice):
            continue
        if not scopes.read(node.slice) & {*targets} or not _is_lazy(function, node.value):
            continue
        rows = ast.unparse(node.value)
        text = f"`{rows}` is read part by part (line {node.lineno}), and what answers change may move its rows"
        if not planner.unsafe:
            raise Refused("external-read-back", f"{text}; read it into a list before the loop")
        fanout.notes.append(f"allowed by --unsafe-fixes: {text}")


def _is_lazy(function: FunctionFacts, node: ast.expr) -> bool:
    """Whether the expression is a query of which each part is asked for anew."""
    while isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
        if isinstance(node, ast.Call) and last_name(node.func) in {"list", "tuple", "sorted"}:
            return False
        if _QUERY.search(ast.unparse(node)):
            return True
        node = node.func if isinstance(node, ast.Call) else node.value
    if not isinstance(node, ast.Name):
        return False
    made = [b.value for b in function.bindings.get(node.id, ()) if b.how == "value" and b.value is not None]
    return any(_is_lazy(function, value) for value in made if not _names(value, node.id))


def _names(value: ast.expr, name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(value))
