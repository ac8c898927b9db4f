"""Connections and transactions that an item would hold while it waits for its answer: a pool has few, for all items."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from batchlint.codemod.access import Frame
from batchlint.codemod.refusals import Refused
from batchlint.codemod.steps import Step
from batchlint.codemod.store_kinds import paths_of
from batchlint.symbols import Program
from batchlint.trees import walk
from batchlint.values import Ext

if TYPE_CHECKING:
    from batchlint.codemod.phases import Phases


def check(program: Program, phases: Phases) -> None:
    """Refused for an iteration that opens a session or a connection in front of a request and closes it behind."""
    early = [step for step in phases.steps if step.ahead and step.statement is not None and not step.is_end]
    closed = {name for step in early for name in _closed(step.statement)}
    for step in early:
        statement = step.statement
        if isinstance(statement, ast.With | ast.AsyncWith) and phases.waits_inside(step.frame, statement):
            opened: Iterable[ast.expr] = [
                part
                for item in statement.items
                for part in (item.context_expr, item.optional_vars)
                if isinstance(part, ast.Call | ast.Name)
            ]
        elif isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call):
            target = statement.targets[0]
            is_kept = isinstance(target, ast.Name) and target.id in step.frame.local and target.id not in closed
            opened = [statement.value] if is_kept else []
        else:
            continue
        held = next((part for part in opened if _holds(program, step.frame, part)), None)
        if held is not None:
            what = f"`{ast.unparse(held)}` (line {held.lineno}) holds a connection to the database while an item waits"
            raise Refused("unsupported-shape", f"{what}, and a pool has few; open it anew behind the answer")
    for step in early:
        if isinstance(step.statement, ast.With | ast.AsyncWith) and phases.waits_inside(step.frame, step.statement):
            _check_transaction(program, step.frame, step.statement, early)


def _check_transaction(program: Program, frame: Frame, opened: ast.With | ast.AsyncWith, early: Iterable[Step]) -> None:
    """Refused for a transaction in which an item has written before it waits."""
    values = (v for item in opened.items for v in program.eval(frame.function.id, item.context_expr))
    if not any(isinstance(v, Ext) and paths_of("transactions").fullmatch(v.path) for v in values):
        return
    inside = {id(node) for node in walk(opened) if isinstance(node, ast.stmt)}
    written = (a for s in early if id(s.statement) in inside for a in s.accesses if a.how == "write")
    access = next((a for a in written if a.channel[0] == "sql"), None)
    if access is not None:
        what = f"{access.name} is written (line {access.line}) in a transaction that stands open while an item waits"
        raise Refused("unsupported-shape", f"{what}; commit it before the request")


def _holds(program: Program, frame: Frame, node: ast.expr) -> bool:
    sessions = program.registry.mapper.sessions
    values = program.eval(frame.function.id, node)
    holding = paths_of("holding")
    return any(isinstance(v, Ext) and bool(sessions.find(v.path) or holding.fullmatch(v.path)) for v in values)


def _closed(statement: ast.stmt | None) -> Iterator[str]:
    """The variable that the statement closes."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    call = call.value if isinstance(call, ast.Await) else call
    func = call.func if isinstance(call, ast.Call) else None
    if isinstance(func, ast.Attribute) and func.attr in {"close", "aclose"} and isinstance(func.value, ast.Name):
        yield func.value.id
