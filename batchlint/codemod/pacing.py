"""What keeps time in a loop: pauses that only pace the requests go, and what measures them is named."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from batchlint import timing
from batchlint.codemod.changes import Fanout
from batchlint.codemod.effects import LOG_RECEIVERS, MUTATORS, QUIET, READERS
from batchlint.codemod.paths import function_body
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.symbols import last_name
from batchlint.values import Ext, Fn

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_LOCAL = re.compile(
    r"(builtins|json|csv|re|os|pathlib|math|random|collections|itertools|functools|datetime|time|string|textwrap|copy"
    r"|hashlib|io|shutil|sqlite3|pickle|base64|html|uuid|statistics|unicodedata|pandas|numpy|tiktoken|pydantic"
    r"|concurrent\.futures|multiprocessing|multiprocess|asyncio\.(gather|sleep|as_completed|wait|wait_for|create_task|ensure_future|timeout|Semaphore|to_thread))\b"
)
"""Packages of which no call has to be paced."""
_TELLING = re.compile(r"\b(wait|sleep|paus|delay|rate.?limit|throttl|cool)", re.IGNORECASE)
"""What a message says that tells of a pause."""
_SDKS = re.compile(r"(openai|anthropic|google\.genai|mistralai)\b")

_SAFE = (
    ast.Name, ast.Constant, ast.Call, ast.BoolOp, ast.Compare, ast.UnaryOp, ast.BinOp, ast.boolop, ast.unaryop,
    ast.operator, ast.Eq, ast.NotEq, ast.Gt, ast.GtE, ast.Lt, ast.LtE, ast.Is, ast.IsNot, ast.expr_context,
)  # fmt: skip
"""Parts of tests that give no error."""


class Pacing:
    """Plans them."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner

    def plan(self, fanout: Fanout, function: FunctionFacts, body: list[ast.stmt]) -> None:
        """Plan that the pauses of the loop's body go, where they can pace nothing but what asks."""
        path = function.id.path
        told = _told(body)
        for pause in self._pacing(function, body):
            if self._is_explained(path, pause, told):
                where = f"{path}:{pause.lineno}"
                fanout.notes.append(f"the pause in {where} stays for what is written about it; the batch needs none")
            else:
                fanout.file(path).dropped.add(self.planner.place(path, pause))

    def untimely(self, function: FunctionFacts, body: list[ast.stmt]) -> list[ast.stmt]:
        """Those of which it does not matter what their tests find: they go, or are made or not without harm.

        `if answers: time.sleep(1)` finds no answers where all come at once.
        """
        path, told = function.id.path, _told(body)
        return [
            pause
            for pause in self._pacing(function, body)
            if isinstance(pause, ast.If) and (not self._is_explained(path, pause, told) or _is_safe(pause.test))
        ]

    def _pacing(self, function: FunctionFacts, body: list[ast.stmt]) -> list[ast.stmt]:
        """The pauses of the body, where they can pace nothing but what asks."""
        pauses = [*self._pauses(function, body)]
        return pauses if pauses and not self._others(function, body, set()) else []

    def _is_explained(self, path: str, pause: ast.stmt, told: set[int]) -> bool:
        """Whether a comment, or a message in one of the lines, tells of the pause."""
        return self.has_comment(path, pause) or bool({pause.lineno - 1, (pause.end_lineno or 0) + 1} & told)

    def note(self, fanout: Fanout, function: FunctionFacts, body: Iterable[ast.stmt]) -> None:
        """Note what measures how long an answer takes."""
        for node in timing.measured(self.planner.program, function, body):
            where = f"{function.id.path}:{node.lineno}"
            fanout.notes.append(f"the time that {where} measures is from now on that of the whole batch")
            return

    def _pauses(self, function: FunctionFacts, body: list[ast.stmt]) -> Iterator[ast.stmt]:
        """Those in the statements and their blocks, without loops in them and what handles errors."""
        for statement in body:
            if self._is_pause(function, statement):
                yield statement
            elif isinstance(statement, ast.If):
                if not statement.orelse and all(self._is_pause(function, each) for each in statement.body):
                    if all(_is_free(node) for node in ast.walk(statement.test)):
                        yield statement
                    continue
                for block in (statement.body, statement.orelse):
                    yield from self._among(function, block)
            elif isinstance(statement, ast.Try | ast.With):
                yield from self._among(function, statement.body)

    def _among(self, function: FunctionFacts, block: list[ast.stmt]) -> Iterator[ast.stmt]:
        """The pauses of a block in which something else stands too."""
        found = [*self._pauses(function, block)]
        if not all(statement in found for statement in block):
            yield from found

    def _is_pause(self, function: FunctionFacts, statement: ast.stmt) -> bool:
        call = statement.value if isinstance(statement, ast.Expr) else None
        call = call.value if isinstance(call, ast.Await) else call
        if not isinstance(call, ast.Call) or any(isinstance(n, ast.Call) for a in call.args for n in ast.walk(a)):
            return False
        values = self.planner.program.eval(function.id, call.func)
        paths = {value.path for value in values if isinstance(value, Ext)}
        # `asyncio.sleep(0)` takes no time: it gives others a turn.
        is_turn = any(isinstance(a, ast.Constant) and not a.value for a in call.args)
        return "time.sleep" in paths or ("asyncio.sleep" in paths and not is_turn)

    def has_comment(self, path: str, statement: ast.stmt) -> bool:
        """Whether something is written about the statement, or in its line."""
        lines = self.planner.graph.modules[path].lines
        first, last = statement.lineno - 1, statement.end_lineno or statement.lineno
        is_led = first > 0 and lines[first - 1].lstrip().startswith("#")
        return is_led or any("#" in line or ";" in line for line in lines[first:last])

    def _others(self, function: FunctionFacts, body: Iterable[ast.stmt], seen: set[FunctionId]) -> bool:
        """Whether the statements call anything else that a pause may be for, also further down."""
        for call in (n for statement in body for n in ast.walk(statement) if isinstance(n, ast.Call)):
            values = self.planner.program.eval(function.id, call.func)
            for value in values:
                if isinstance(value, Fn) and value.id not in seen:
                    seen.add(value.id)
                    below = self.planner.program.functions[value.id]
                    if self._others(below, function_body(below), seen):
                        return True
            paths = [value.path.replace("()", "") for value in values if isinstance(value, Ext)]
            if any(not self._is_local(function, call, path) for path in paths):
                return True
            if not values and not _is_plain_method(call):
                return True
        return False

    def _is_local(self, function: FunctionFacts, call: ast.Call, path: str) -> bool:
        """Whether the call has to be paced by nothing but what paces the requests."""
        if QUIET.match(path) or _LOCAL.match(path):
            return True
        is_made = last_name(call.func)[:1].isupper() or _is_plain_method(call)
        support = self.planner.support
        is_asking = support.model(call) is not None and support.reaches(function.id, call)
        return is_asking or (bool(_SDKS.match(path)) and is_made)


def _told(body: list[ast.stmt]) -> set[int]:
    """The lines that tell of a pause."""
    return {n.lineno for s in body for n in ast.walk(s) if isinstance(n, ast.Expr) and _tells_of_pause(n)}


def _tells_of_pause(statement: ast.Expr) -> bool:
    """Whether the statement is a call that prints or logs of a pause."""
    texts = (n.value for n in ast.walk(statement) if isinstance(n, ast.Constant) and isinstance(n.value, str))
    return isinstance(statement.value, ast.Call) and any(map(_TELLING.search, texts))


def _is_free(node: ast.AST) -> bool:
    """Whether leaving the expression out changes nothing."""
    if isinstance(node, ast.Call):
        return last_name(node.func) == "len"
    return not isinstance(node, ast.NamedExpr | ast.Await | ast.Yield)


def _is_safe(test: ast.expr) -> bool:
    """Whether the expression gives no error, whatever its variables hold by then."""
    nodes = list(ast.walk(test))
    divided = (n.right for n in nodes if isinstance(n, ast.BinOp))
    return all(isinstance(node, _SAFE) for node in nodes) and all(isinstance(each, ast.Constant) for each in divided)


def _is_plain_method(call: ast.Call) -> bool:
    """Whether the call, of which nothing else is known, is one of a list's, a text's, a file's or a log's methods."""
    if not isinstance(call.func, ast.Attribute):
        return False
    is_log = bool(LOG_RECEIVERS.search(ast.unparse(call.func.value)))
    return is_log or call.func.attr in READERS or call.func.attr in MUTATORS - {"send", "save", "upsert", "put"}
