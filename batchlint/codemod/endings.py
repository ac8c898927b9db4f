"""What ends a loop from anywhere, and is no error: `sys.exit()`, `raise Found(item)`, a function that does so."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from batchlint.codemod.paths import function_body
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.symbols import Program, last_name
from batchlint.trees import children, walk_own
from batchlint.values import Cls, Ext, Fn, Value

MAX_DEPTH = 4
"""Through how many functions an end is looked for."""
EXITS = frozenset({"exit", "quit", "_exit", "sys.exit", "os._exit", "builtins.exit", "builtins.quit"})
"""Calls that end the program, by their names and paths."""
_ENDS = frozenset({"SystemExit", "Exit"})
"""Exceptions that end the program, with its exit code."""
_ERROR = re.compile(r"Err(or)?|Exception|Exc$|Fail|Invalid|Warning|Timeout|Refus|Denied|Missing|NotFound|Unknown|Abort")
"""Names of exceptions by which something has gone wrong."""
_NO_ERRORS = frozenset({"StopIteration", "StopAsyncIteration", "KeyboardInterrupt", "EOFError", "SystemExit"})
"""Python's own exceptions that say that something has come to its end."""

_LOGGED_ERRORS = frozenset({"error", "critical", "exception", "fatal"})
"""Methods of loggers by which something has gone wrong."""


class End(NamedTuple):
    """A statement that ends a loop from anywhere, and where it stands."""

    node: ast.stmt
    place: str


class Endings:
    """Asked for each node that is evaluated; what a function does is found once."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: dict[FunctionId, End | None] = {}
        self._handling: dict[FunctionId, set[int]] = {}
        self._told: dict[FunctionId, set[int]] = {}

    def of(self, function: FunctionFacts, node: ast.AST, is_apart: Callable[[ast.Call], bool]) -> End | None:
        """The end that the expression or simple statement is, or that a function has which it calls.

        What is behind calls that are apart is looked at elsewhere.
        """
        if isinstance(node, ast.stmt) and self._is_one(function, node):
            return End(node, f"line {node.lineno}")
        return next(
            (end for call in _calls(node) if not is_apart(call) for end in self._behind(function, call, 0)), None
        )

    def _behind(self, function: FunctionFacts, call: ast.Call, depth: int) -> Iterator[End]:
        for value in self._program.eval(function.id, call.func) if depth < MAX_DEPTH else ():
            end = self._in(self._program.functions[value.id], depth + 1) if isinstance(value, Fn) else None
            if end is not None:
                yield end

    def _in(self, function: FunctionFacts, depth: int) -> End | None:
        if function.id not in self._known:
            self._known[function.id] = None  # where it comes back to itself
            self._known[function.id] = next(self._ends(function, depth), None)
        return self._known[function.id]

    def _ends(self, function: FunctionFacts, depth: int) -> Iterator[End]:
        for statement in _uncaught(function_body(function)):
            if self._is_one(function, statement):
                yield End(statement, f"line {statement.lineno} of {function.id.path}")
            for call in _calls(statement):
                yield from self._behind(function, call, depth)

    def _is_one(self, function: FunctionFacts, node: ast.stmt) -> bool:
        """Whether the statement ends the program well, or raises what is no error."""
        if id(node) in self._handling_errors(function):
            return False
        if isinstance(node, ast.Expr) and id(node) in self._behind_messages(function) and _is_bare(node):
            return False
        if isinstance(node, ast.Raise) and node.exc is not None:
            raised = _raised(node.exc)
            if last_name(raised) in _ENDS:
                return _is_good(node.exc)
            classes = {value for value in self._program.eval(function.id, raised) if isinstance(value, Cls)}
            return not _ERROR.search(last_name(raised)) and bool(classes) and self._errors.isdisjoint(classes)
        call = node.value if isinstance(node, ast.Expr) else None
        if not isinstance(call, ast.Call) or last_name(call.func) not in EXITS:
            return False
        paths = {v.path for v in self._program.eval(function.id, call.func) if isinstance(v, Ext)}
        return bool(paths & EXITS) and _is_good(call)

    @cached_property
    def _errors(self) -> set[Value]:
        """The classes that some handler of an error raises in its place."""
        found: set[Value] = set()
        for function in self._program.functions.values():
            handling = self._handling_errors(function)
            raising = (n.exc for n in walk_own(function.node) if isinstance(n, ast.Raise) and id(n) in handling)
            for exception in filter(None, raising):
                found |= self._program.eval(function.id, _raised(exception))
        return found

    def _handling_errors(self, function: FunctionFacts) -> set[int]:
        """The statements, by identity, that run where something has gone wrong."""
        if function.id not in self._handling:
            handlers = (n for n in walk_own(function.node) if isinstance(n, ast.ExceptHandler))
            found = (node for each in handlers if self._is_for_errors(function, each) for node in walk_own(each))
            self._handling[function.id] = {id(node) for node in found if isinstance(node, ast.stmt)}
        return self._handling[function.id]

    def _behind_messages(self, function: FunctionFacts) -> set[int]:
        """The statements, by identity, right behind a message of an error: `logger.error("no such model")`."""
        if function.id not in self._told:
            nodes, found = walk_own(function.node), set[int]()
            for block in (getattr(each, name, []) for each in nodes for name in ("body", "orelse", "finalbody")):
                if isinstance(block, list):
                    found |= {id(after) for before, after in pairwise(block) if _tells_an_error(before)}
            self._told[function.id] = found
        return self._told[function.id]

    def _is_for_errors(self, function: FunctionFacts, handler: ast.ExceptHandler) -> bool:
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type] if handler.type else []
        return all(self._is_error(function, kind) for kind in kinds)

    def _is_error(self, function: FunctionFacts, kind: ast.expr) -> bool:
        name = last_name(kind)
        is_own = any(isinstance(value, Cls) for value in self._program.eval(function.id, kind))
        return name not in _NO_ERRORS and (bool(_ERROR.search(name)) or not is_own)


def _tells_an_error(statement: ast.stmt) -> bool:
    call = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _LOGGED_ERRORS


def _is_bare(statement: ast.Expr) -> bool:
    """Whether the call gives no exit code: who ends a program well says so."""
    return isinstance(statement.value, ast.Call) and not statement.value.args and not statement.value.keywords


def _raised(exception: ast.expr) -> ast.expr:
    """The class of an exception that is raised."""
    return exception.func if isinstance(exception, ast.Call) else exception


def _uncaught(statements: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements, and those in them, whose exceptions leave the function."""
    for statement in statements:
        yield statement
        if isinstance(statement, ast.Try | ast.TryStar):
            parts = [statement.finalbody, *(handler.body for handler in statement.handlers)]
            if not statement.handlers:
                parts.append(statement.body)
        else:
            parts = [getattr(statement, name, []) for name in ("body", "orelse")]
            parts += [case.body for case in getattr(statement, "cases", [])]
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for part in parts:
                yield from _uncaught(part)


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    """The calls of a statement or expression, without those of the statements in it."""
    parts = [node]
    if isinstance(node, ast.stmt):
        apart = (ast.stmt, ast.ExceptHandler, ast.match_case)
        parts = [child for child in children(node) if not isinstance(child, apart)]
    for part in parts:
        yield from (node for node in walk_own(part) if isinstance(node, ast.Call))


def _is_good(end: ast.expr) -> bool:
    """Whether the program ends with the exit code 0."""
    given = [*end.args, *(keyword.value for keyword in end.keywords)] if isinstance(end, ast.Call) else []
    return all(isinstance(code, ast.Constant) and not code.value for code in given)
