"""Iterables that go on working while their items are handled: a running query, files that are rewritten in place."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batchlint.codemod import lazily
from batchlint.codemod.access import Access, Frame
from batchlint.codemod.reader import Reader
from batchlint.codemod.refusals import Refused
from batchlint.codemod.statements import EXECUTING
from batchlint.codemod.tables import rows, sql_accesses
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.trees import walk
from batchlint.values import Ext, Text

_EXECUTED, _CURSOR = ".execute()", ".cursor()"
_FILES = frozenset({"fileinput.input()", "fileinput.FileInput()"})


def drawing(reader: Reader, part: ast.expr, frame: Frame) -> list[Access]:
    """What a query of SQLite reads when the iterable gives its next row: it comes to those, too, that are new."""
    program, scope = reader.program, frame.function.id
    paths = (path for path in _paths(reader, scope, part) if path.endswith((_EXECUTED, _CURSOR)))
    if not any(path.startswith("sqlite3.") for path in paths):
        return []
    queries = [part] if isinstance(part, ast.Call) else list(_executing(frame.function.node, ast.unparse(part)))
    values = (value for call in queries for each in call.args[:1] for value in program.eval(scope, each))
    read = (channel for value in values if isinstance(value, Text) for channel, how in sql_accesses(value.text))
    return [Access(rows(channel[1]), "read", part.lineno) for channel in read if len(channel) > 1]


def gives_rows(reader: Reader, function: FunctionFacts, name: ast.Name) -> bool:
    """Whether the name is that of a query's rows, or of the cursor that has them."""
    paths = _paths(reader, function.id, name)
    return bool(paths) and all(path.endswith((_EXECUTED, _CURSOR)) for path in paths)


def check(reader: Reader, function: FunctionFacts, loop: ast.For | ast.AsyncFor) -> None:
    """Refused where the body ends the query that the loop reads, or prints into the files that it reads."""
    for part in lazily.parts(loop.iter):
        cursor = _cursor(reader, function, part)
        again = [call for statement in loop.body if cursor for call in _executing(statement, cursor)]
        if again:
            what = f"`{cursor}` executes another statement (line {again[0].lineno}) while its rows are read"
            raise Refused("dependent-iterations", what)
        if not _FILES.isdisjoint(_paths(reader, function.id, part)) and _is_in_place(reader):
            what = f"what is printed while `{ast.unparse(part)}` is read goes into its files (line {part.lineno})"
            raise Refused("external-read-back", what)


def _paths(reader: Reader, scope: FunctionId, node: ast.expr) -> list[str]:
    return [value.path for value in reader.program.eval(scope, node) if isinstance(value, Ext)]


def _cursor(reader: Reader, function: FunctionFacts, part: ast.expr) -> str | None:
    """How the cursor is named of which the iterable gives the rows."""
    bound = function.bindings.get(part.id, ()) if isinstance(part, ast.Name) else ()
    for node in [part, *(each.value for each in bound if each.value is not None)]:
        func = node.func if isinstance(node, ast.Call) else None
        held = func.value if isinstance(func, ast.Attribute) and func.attr == "execute" else node
        if any(path.endswith(_CURSOR) for path in _paths(reader, function.id, held)):
            return ast.unparse(held)
    return None


def _executing(node: ast.AST, cursor: str) -> Iterator[ast.Call]:
    """The calls in which the cursor executes a statement."""
    for each in walk(node):
        func = each.func if isinstance(each, ast.Call) else None
        is_executing = isinstance(func, ast.Attribute) and func.attr in EXECUTING and ast.unparse(func.value) == cursor
        if isinstance(each, ast.Call) and is_executing:
            yield each


def _is_in_place(reader: Reader) -> bool:
    """Whether the program has what it prints go into the files that it reads."""
    calls = (each.call.node for name in ("input", "FileInput") for each in reader.program.calls_by_name.get(name, ()))
    given = (keyword.value for call in calls for keyword in call.keywords if keyword.arg == "inplace")
    return any(not isinstance(value, ast.Constant) or value.value for value in given)
