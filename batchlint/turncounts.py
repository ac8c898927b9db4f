"""What the turns of a loop count that says nothing of the answers: how many there were, how often there was none."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Set

from batchlint.trees import walk

_ADDS = frozenset({"append", "appendleft"})
_CHANGES = frozenset(
    {"add", "append", "appendleft", "clear", "extend", "insert", "pop", "popleft", "remove", "setdefault", "update"}
)


def one_a_turn(body: list[ast.stmt], call: ast.Call) -> set[str]:
    """The names of collections that grow by one in every turn that makes the call, and in no other way."""
    found: set[str] = set()
    is_asked = False
    for statement in body:
        nodes = list(walk(statement))
        if is_asked and any(isinstance(node, ast.Continue) for node in nodes):
            break
        is_asked = is_asked or any(node is call for node in nodes)
        name = _grown(statement) if is_asked else None
        if name is not None:
            found.add(name)
    changed = [name for statement in body for node in walk(statement) for name in _changed(node)]
    return {name for name in found if changed.count(name) == 1}


def failures(body: list[ast.stmt], fails: Callable[[ast.expr, bool], bool]) -> set[str]:
    """The names of counters that only go up where no answer came, and are set back to a number.

    `fails` tells whether a test turns out so where there is none.
    """
    nodes = [node for statement in body for node in walk(statement)]
    raised = [node for node in nodes if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)]
    if not raised:
        return set()
    without: set[int] = set()
    for node in nodes:
        blocks = [node.body] if isinstance(node, ast.ExceptHandler) else []
        if isinstance(node, ast.If):
            blocks = [block for holds, block in ((True, node.body), (False, node.orelse)) if fails(node.test, holds)]
        without.update(id(inner) for block in blocks for statement in block for inner in walk(statement))
    kept = {id(node.target) for node in raised if id(node) in without}
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            kept.update(map(id, node.targets))
    stored = [node for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    names = {node.target.id for node in raised if isinstance(node.target, ast.Name)}
    return names - {node.id for node in stored if id(node) not in kept}


def without_lengths(test: ast.expr, names: Set[str]) -> Iterator[ast.expr]:
    """The smallest parts of the test, without `len(name)` for those names."""
    if _is_length(test, names):
        return
    parts = [part for part in ast.iter_child_nodes(test) if isinstance(part, ast.expr)] if _holds_length(test) else []
    for part in parts:
        yield from without_lengths(part, names)
    if not parts:
        yield test


def _holds_length(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.BinOp)


def _is_length(node: ast.expr, names: Set[str]) -> bool:
    if not isinstance(node, ast.Call) or len(node.args) != 1 or not isinstance(node.func, ast.Name):
        return False
    return node.func.id == "len" and isinstance(node.args[0], ast.Name) and node.args[0].id in names


def _grown(statement: ast.stmt) -> str | None:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        func = statement.value.func
        if isinstance(func, ast.Attribute) and func.attr in _ADDS and isinstance(func.value, ast.Name):
            return func.value.id
    return None


def _changed(node: ast.AST) -> Iterator[str]:
    """The names of collections that the node changes, or binds anew."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES:
        if isinstance(node.func.value, ast.Name):
            yield node.func.value.id
    elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load) and isinstance(node.value, ast.Name):
        yield node.value.id
