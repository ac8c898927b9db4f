"""Columns of data frames that are read as a whole: what a loop fills cell by cell.

`df["text"].isna()` and `df[df["text"] != ""]` read what `df.at[row, "text"] = ...` writes; `df["text"][row]` reads one
cell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from batchlint.codemod.access import ANY, CELL, CELLS, OWN, PLACES, Access, Frame, touches

if TYPE_CHECKING:
    from batchlint.codemod.paths import Paths

_BY_ROW = PLACES | {"values"}


def read(paths: Paths, place: ast.expr, frame: Frame) -> list[Access]:
    """The cells that the expression reads, if what it begins with is a frame."""
    found: list[Access] = []
    outer: list[ast.expr] = []
    for node in _steps(place):
        base = node.value
        is_frame = not isinstance(base, ast.Attribute) or base.attr not in PLACES
        columns = _columns(node, paths, frame) if is_frame else None
        roots = paths.path(base, frame) if columns is not None else ()
        if columns is not None and roots:
            row = _row(outer)
            step = OWN if row is not None and paths.is_own(row, frame) else ANY
            for column in columns:
                key = ast.Tuple([row, ast.Constant(column)], ast.Load()) if row is not None and column else None
                text = paths.key_text(key, frame) if key is not None else None
                means = paths.meaning(key, frame) if key is not None and text else None
                inside = (step, CELL + column) if column else (step,)
                found += touches({(*r, CELLS, *inside) for r in roots}, "read", node.lineno, text, means, frame.number)
        outer.append(node)
    return found


def _steps(node: ast.expr) -> Iterator[ast.Attribute | ast.Subscript]:
    while isinstance(node, ast.Attribute | ast.Subscript):
        yield node
        node = node.value


def _columns(node: ast.Attribute | ast.Subscript, paths: Paths, frame: Frame) -> list[str] | None:
    """The columns that it takes of a frame, an empty text for all; None where it takes none."""
    if isinstance(node, ast.Attribute):
        return [node.attr] if node.attr not in PLACES else None
    key = node.slice
    if isinstance(key, ast.Constant):
        return [key.value] if isinstance(key.value, str) else None
    if isinstance(key, ast.List):
        names = [each.value for each in key.elts if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        return names if len(names) == len(key.elts) else [""]
    return None if paths.is_own(key, frame) else [""]


def _row(outer: list[ast.expr]) -> ast.expr | None:
    """The row of which one cell of the column is taken: `[row]`, `.iloc[row]`."""
    if outer and isinstance(outer[-1], ast.Attribute) and outer[-1].attr in _BY_ROW:
        outer = outer[:-1]
    last = outer[-1] if outer else None
    return last.slice if isinstance(last, ast.Subscript) else None
