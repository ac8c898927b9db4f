"""What the rewritten code has no use for any more: event loops, pools, limits on how many calls run, their imports."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from batchlint.codemod import scopes
from batchlint.sources.syntax import parse
from batchlint.symbols import last_name
from batchlint.trees import SCOPES, walk

_MADE = frozenset(
    {"get_event_loop", "get_running_loop", "ThreadPoolExecutor"}
    | {"Semaphore", "BoundedSemaphore", "AsyncLimiter", "CapacityLimiter"}
)
"""What only serves those who use it: to make it has no effect."""


def drop(before: str, after: str, is_shared: Callable[[str], bool]) -> str:
    """The text without assignments of such objects that were used before and are used no longer.

    `is_shared`: whether other files may use a name of the module.
    """
    tree = parse(after)
    used, uses = _loads(parse(before)), _loads(tree)
    lines: set[int] = set()
    for scope in [n for n in walk(tree) if isinstance(n, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef)]:
        for statement in _statements(scope.body):
            name = _made(statement) or (None if isinstance(scope, ast.Module) else _imported(statement))
            if name is None or used[name] <= uses[name] or _loads(scope)[name] or name in scopes.declared(walk(scope)):
                continue
            if not isinstance(scope, ast.Module) or not is_shared(name):
                lines.add(statement.lineno)
    left = MetadataWrapper(cst.parse_module(after)).visit(_Drop(lines)).code if lines else after
    return drop(before, left, is_shared) if left != after else after  # what served only those goes next


def _statements(block: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a block and of those in it that need not stay for the block to have any."""
    for statement in block:
        if len(block) > 1:
            yield statement
        if isinstance(statement, SCOPES):
            continue
        for name in ("body", "orelse", "finalbody"):
            yield from _statements(getattr(statement, name, []))


def _loads(tree: ast.AST) -> Counter[str]:
    return Counter(n.id for n in walk(tree) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Store))


def _made(statement: ast.stmt) -> str | None:
    """The variable that the statement puts such an object in."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.value, ast.Call):
        target = statement.targets[0]
        return target.id if isinstance(target, ast.Name) and last_name(statement.value.func) in _MADE else None
    return None


def _imported(statement: ast.stmt) -> str | None:
    """The one name that the statement imports."""
    names = statement.names if isinstance(statement, ast.Import | ast.ImportFrom) else []
    return (names[0].asname or names[0].name).partition(".")[0] if len(names) == 1 else None


class _Drop(cst.CSTTransformer):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, lines: set[int]) -> None:
        super().__init__()
        self.lines = lines

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        return updated_node.with_changes(body=self._kept(original_node.body, updated_node.body))

    def leave_Module(self, original_node: cst.Module, updated_node: cst.Module) -> cst.Module:
        return updated_node.with_changes(body=self._kept(original_node.body, updated_node.body))

    def _kept(self, original: Sequence[cst.BaseStatement], updated: Sequence[Any]) -> list[Any]:
        """The statements that stay; what follows one that goes is as far from what stands before it."""
        kept: list[Any] = []
        gap: Sequence[cst.EmptyLine] = ()
        is_first = False  # whether what went stood on top of the block
        for before, statement in zip(original, updated, strict=True):
            if self._goes(before):
                gap = gap or statement.leading_lines
                is_first = not kept
                continue
            is_led = any(line.comment for line in statement.leading_lines)
            if any(line.comment for line in gap):  # it may be about more than what goes
                statement = statement.with_changes(leading_lines=[*gap, *statement.leading_lines])
            elif (is_first and not is_led) or (gap and not statement.leading_lines):
                statement = statement.with_changes(leading_lines=gap)
            kept.append(statement)
            gap, is_first = (), False
        return kept

    def _goes(self, statement: cst.BaseStatement) -> bool:
        if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) > 1:
            return False
        is_commented = statement.trailing_whitespace.comment is not None
        return not is_commented and self.get_metadata(PositionProvider, statement).start.line in self.lines
