"""Cells of sheets that are named by row and column: `sheet.cell(row=r, column=7)`, `sheet[f"G{r}"]`, `sheet["G7"]`.

Each is the item `sheet[r, 7]`. Which cells there are, how the names are spelt: data/sheets.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from batchlint.codemod.access import Access, Channel, Frame, touches
from batchlint.codemod.scalars import counts, is_number
from batchlint.datafiles import documents
from batchlint.symbols import Program, last_name

if TYPE_CHECKING:
    from batchlint.codemod.paths import Paths

_ADDRESS = re.compile(r"([A-Z]{1,3})([1-9]\d*)?")
_RANGE = re.compile(r"[A-Z]{0,3}\d*:[A-Z]{0,3}\d*")
_FIRST = ord("A") - 1


class Sheets(NamedTuple):
    cells: dict[str, dict[str, str]]
    """The parameters that name a cell, `row` and `column`, and that are put into it, `value`, by method."""
    rows: frozenset[str]
    columns: frozenset[str]
    views: frozenset[str]
    current: frozenset[str]
    makers: frozenset[str]
    neighbours: frozenset[str]


@cache
def known() -> Sheets:
    """What the data says of all libraries."""
    found = documents("sheets")

    def named(key: str) -> frozenset[str]:
        return frozenset(name for each in found for name in each.get(key, ()))

    cells = {cell["name"]: cell for each in found for cell in each["cells"]}
    return Sheets(cells, *map(named, ("rows", "columns", "views", "sheets", "makers", "neighbours")))


def item(node: ast.expr) -> ast.Subscript | None:
    """`sheet[row, column]` for `sheet.cell(row, column)`; None for other expressions."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    row, column = _argument(node, "row", 0), _argument(node, "column", 1)
    if row is None or column is None:
        return None
    key = ast.Tuple([row, column], ast.Load())
    return ast.copy_location(ast.Subscript(node.func.value, ast.copy_location(key, node), ast.Load()), node)


def names_column(cell: ast.Subscript) -> bool:
    """Whether the column of the item is written out."""
    return isinstance(cell.slice, ast.Tuple) and isinstance(cell.slice.elts[1], ast.Constant)


def filled(call: ast.Call) -> ast.expr | None:
    """What the call that gives a cell puts into it."""
    return _argument(call, "value", 2)


def _argument(call: ast.Call, role: str, place: int) -> ast.expr | None:
    cell = known().cells.get(last_name(call.func))
    if cell is None:
        return None
    given = next((k.value for k in call.keywords if k.arg == cell[role]), None)
    if given is None and len(call.args) > place and not any(isinstance(a, ast.Starred) for a in call.args):
        given = call.args[place]
    return given


def is_cell(node: ast.expr) -> bool:
    """Whether the expression says by its address which cell it is."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant | ast.JoinedStr):
        return _ADDRESS.fullmatch(_shown(node.slice)) is not None
    return item(node) is not None


def split(key: ast.expr, frame: Frame) -> ast.Tuple | None:
    """Row and column of a key that writes them together: `(r, 7)` for `f"G{r}"`; None for other keys.

    The row of a constant, `"G7"`, is the text "7". A row that may be no number could begin with letters of its own.
    """
    if not isinstance(key, ast.Constant | ast.JoinedStr):
        return None
    found = _ADDRESS.fullmatch(_shown(key))
    if found is None or found[2] is None:
        return None
    row: ast.expr = ast.Constant(found[2])
    if isinstance(key, ast.JoinedStr):
        parts = key.values
        last = parts[-1]
        if len(parts) != 2 or not isinstance(parts[0], ast.Constant) or not isinstance(last, ast.FormattedValue):
            return None
        if last.format_spec is not None or not is_number(last.value, frame):
            return None
        row = last.value
    return ast.Tuple([row, ast.Constant(_number(found[1]))], ast.Load())


def is_range(key: ast.expr) -> bool:
    """Whether the key stands for several rows: `sheet["A2:G9"]`."""
    return isinstance(key, ast.Constant | ast.JoinedStr) and _RANGE.fullmatch(_shown(key)) is not None


def _shown(key: ast.Constant | ast.JoinedStr) -> str:
    """The text of the key, with a number for what is filled in."""
    if isinstance(key, ast.Constant):
        return key.value if isinstance(key.value, str) else ""
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "1" for part in key.values)


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - _FIRST
    return number


def is_of_book(program: Program, node: ast.Attribute, frame: Frame) -> bool:
    """Whether the attribute is one of the sheets of a book, which has other names too."""
    if node.attr not in known().current:
        return False
    libraries = tuple(f"{each['library']}." for each in documents("sheets"))
    values = program.eval(frame.function.id, node.value)
    return any(getattr(value, "path", "").startswith(libraries) for value in values)


def shown(paths: Paths, cell: ast.expr, frame: Frame) -> list[Access]:
    """The touches of what shows, besides the cell, that it was filled."""
    key = cell.slice if isinstance(cell, ast.Subscript) else None
    item = paths.cell(cell, frame)
    place = item.slice if item is not None else split(key, frame) if key is not None else None
    holder = item.value if item is not None else cell.value if isinstance(cell, ast.Subscript) else None
    if not isinstance(place, ast.Tuple) or holder is None:
        return []
    row, column = place.elts
    names = set(known().views)
    names |= known().rows if not _is_drawn(row, frame) else set()
    names |= known().columns if not _is_drawn(column, frame) else set()
    seen: set[Channel] = {(*sheet, name) for sheet in paths.path(holder, frame) for name in names}
    return touches(seen, "sum", cell.lineno)


def _is_drawn(node: ast.expr, frame: Frame) -> bool:
    """Whether a loop draws it from numbers that there were before."""
    if not isinstance(node, ast.Name):
        return False
    if node.id in frame.given and frame.caller is not None:
        return _is_drawn(frame.given[node.id], frame.caller)
    bindings = frame.function.bindings.get(node.id, ())
    return bool(bindings) and all(map(counts, bindings))
