"""Items that are drawn right in front of a call: what else has such a name does not come to the call.

`name = done.pop()` is another thing than `name` in `name = queue.pop(); ask(name)`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence

from batchlint.trees import children, stands_in, walk

Reads = Callable[[ast.AST], set[str]]
_DRAWS = frozenset({"pop", "popleft", "popitem", "next", "get_nowait"})
"""Calls that take an item away, so that what becomes of it stays in its own turn."""
_PARTS = (ast.ExceptHandler, ast.match_case)


def traced(body: Sequence[ast.stmt], call: ast.Call, wanted: set[str], reads: Reads) -> set[str]:
    """The wanted names, those of items that such a statement draws replaced by what it `reads`.

    Only as far as nothing between it and the call has to do with one of them.
    """
    for statement in reversed(_in_front(body, call)):
        given = _given(statement)
        if isinstance(statement, ast.Assign) and given and not wanted.isdisjoint(given):
            wanted = (wanted - given) | reads(statement.value)
        elif not {each.partition(".")[0] for each in wanted}.isdisjoint(_mentioned(statement)):
            break
    return wanted


def _in_front(block: Sequence[ast.stmt], call: ast.Call) -> Sequence[ast.stmt]:
    """The statements in front of the call's in the innermost block that it stands in."""
    for at, statement in enumerate(block):
        if stands_in(call, statement):
            inner = next((each for each in _blocks(statement) if any(stands_in(call, node) for node in each)), None)
            if inner is not None:
                return _in_front(inner, call)
            return () if isinstance(statement, ast.While) else block[:at]
    return ()


def _blocks(statement: ast.stmt) -> Iterable[Sequence[ast.stmt]]:
    """The blocks of a compound statement."""
    for part in (statement, *(each for each in children(statement) if isinstance(each, _PARTS))):
        for field in ("body", "orelse", "finalbody"):
            if block := getattr(part, field, None):
                yield block


def _given(statement: ast.stmt) -> set[str]:
    """The names of the item that an assignment draws; nothing where that also goes elsewhere."""
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Call):
        return set()
    func = statement.value.func
    if (func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")) not in _DRAWS:
        return set()
    nodes = [each for target in statement.targets for each in _elements(target)]
    names = {each.id for each in nodes if isinstance(each, ast.Name)}
    return names if len(names) == len(nodes) else set()


def _elements(target: ast.expr) -> list[ast.expr]:
    if isinstance(target, ast.Tuple | ast.List):
        return [each for element in target.elts for each in _elements(element)]
    return [target]


def _mentioned(statement: ast.stmt) -> set[str]:
    return {node.id for node in walk(statement) if isinstance(node, ast.Name)}
