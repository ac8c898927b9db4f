"""Strings of newer Pythons in terms of 3.11, with every line and column where it was.

PEP 701 f-strings that 3.11 refuses, and PEP 750 t-strings, become tuples of the expressions in them. LibCST says where
these stand: it understands them whatever Python it runs on.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

_STRINGS = (cst.FormattedString, cst.TemplatedString)
_EXPRESSIONS = (cst.FormattedStringExpression, cst.TemplatedStringExpression)
Positions = Mapping[cst.CSTNode, CodeRange]


def rewrite(text: str) -> str:
    """The text in older syntax; SyntaxError with the line where LibCST does not understand it either."""
    try:
        wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
    except cst.ParserSyntaxError as error:
        raise SyntaxError("invalid syntax", ("", error.raw_line, error.raw_column, "")) from None
    positions: Positions = wrapper.resolve(PositionProvider)
    grid = [list(line) for line in re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)]
    for node, place in positions.items():
        if isinstance(node, cst.TypeParameters):
            _blank(grid, place)
            for line in range(place.start.line - 1, place.end.line - 1):
                grid[line][len("".join(grid[line]).rstrip("\r\n")) - 1] = "\\"
        elif isinstance(node, (*_STRINGS, cst.ConcatenatedString)) and not _is_known(_source(grid, place)):
            _tuple_of(grid, node, place, positions)
    return "".join("".join(line) for line in grid)


def _is_known(source: str) -> bool:
    """Whether the running Python accepts the string expression."""
    try:
        ast.parse(f"({source}\n)")
    except SyntaxError:
        return False
    return True


def _cells(grid: list[list[str]], place: CodeRange) -> Iterator[tuple[int, int]]:
    """Line and column, both from 0, of every character in the range."""
    start, end = place.start, place.end
    for line in range(start.line - 1, end.line):
        first = start.column if line == start.line - 1 else 0
        last = end.column if line == end.line - 1 else len(grid[line])
        for column in range(first, last):
            yield line, column


def _source(grid: list[list[str]], place: CodeRange) -> str:
    return "".join(grid[line][column] for line, column in _cells(grid, place))


def _blank(grid: list[list[str]], place: CodeRange, keep: frozenset[tuple[int, int]] = frozenset()) -> None:
    for line, column in _cells(grid, place):
        if (line, column) not in keep and grid[line][column] not in "\r\n":
            grid[line][column] = " "


def _tuple_of(grid: list[list[str]], node: cst.CSTNode, place: CodeRange, positions: Positions) -> None:
    """`f"a{x!r} b{y}"` -> `(  x,     y,)`."""
    keep: set[tuple[int, int]] = set()
    commas: list[tuple[int, int]] = []
    for part in _parts(node):
        around, inside = positions[part], positions[part.expression]
        keep.update(_cells(grid, CodeRange(around.start, inside.end)))
        keep.discard((around.start.line - 1, around.start.column))
        closing = len(part.expression.rpar) if isinstance(part.expression, cst.BaseExpression) else 0
        for cell in _cells(grid, CodeRange(inside.end, around.end)):
            if grid[cell[0]][cell[1]] == ")" and closing:
                closing -= 1
                keep.add(cell)
        commas.append((around.end.line - 1, around.end.column - 1))
    _blank(grid, place, frozenset(keep))
    for line, column in commas:
        grid[line][column] = ","
    grid[place.start.line - 1][place.start.column] = "("
    grid[place.end.line - 1][place.end.column - 1] = ")"


def _parts(node: cst.CSTNode) -> Iterator[cst.FormattedStringExpression | cst.TemplatedStringExpression]:
    """The replacement fields of a string, or of all strings of a concatenation."""
    if isinstance(node, cst.ConcatenatedString):
        yield from _parts(node.left)
        yield from _parts(node.right)
    elif isinstance(node, _STRINGS):
        for part in node.parts:
            if isinstance(part, _EXPRESSIONS):
                yield part
