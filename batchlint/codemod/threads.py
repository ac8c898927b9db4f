"""Calls that a coroutine has a thread make: `asyncio.to_thread(f, x)` makes the call `f(x)`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from batchlint.symbols import CallRef, Program, last_name
from batchlint.values import Ext

THREADS = ("to_thread", "run_in_executor", "run_in_threadpool")
"""How a coroutine has a thread make a call."""
_RUNNERS = (
    (re.compile(r"asyncio\.to_thread$"), 0),
    (re.compile(r"asyncio\..*\.run_in_executor$"), 1),
    (re.compile(r"(starlette|fastapi)\.concurrency\.run_in_threadpool$"), 0),
)
"""What hands a call to a thread, with the place of the function among its arguments."""


class Threads:
    """Finds them in one program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._made: dict[int, ast.Call] = {}
        self._handed: dict[int, ast.expr] = {}
        self._outer: dict[int, ast.Call] = {}
        for name in THREADS:
            for reference in program.calls_by_name.get(name, ()):
                self._note(reference)

    def made(self, call: ast.expr) -> ast.Call | None:
        """The call that the thread makes, its parts those of `call`; None for any other call."""
        return self._made.get(id(call))

    def plain(self, call: ast.Call) -> ast.Call:
        """The call that the thread makes, or the call itself."""
        return self._made.get(id(call), call)

    def handed(self, call: ast.Call) -> ast.expr:
        """What the thread is given to call: a function, a `partial` or a lambda."""
        return self._handed[id(call)]

    def outer(self, node: ast.expr) -> ast.expr:
        """The call that has a thread make the call `node`, or `node` itself."""
        return self._outer.get(id(node), node)

    def awaited(self, nodes: Iterable[ast.AST]) -> set[int]:
        """What threads are given to call whose end is awaited at once, by identity."""
        found = (n.value for node in nodes for n in ast.walk(node) if isinstance(n, ast.Await))
        return {id(self._handed[id(call)]) for call in found if id(call) in self._handed}

    def _note(self, reference: CallRef) -> None:
        call = reference.call.node
        paths = [v.path for v in self.program.eval(reference.caller.id, call.func) if isinstance(v, Ext)]
        position = next((place for pattern, place in _RUNNERS for path in paths if pattern.match(path)), None)
        if position is None or len(call.args) <= position:
            return
        if any(isinstance(argument, ast.Starred) for argument in call.args[: position + 1]):
            return
        handed = call.args[position]
        made = _made(call, handed, call.args[position + 1 :])
        if made is not None:
            self._made[id(call)], self._handed[id(call)] = made, handed
            self._outer |= {id(made): call, id(handed): call}


def _made(call: ast.Call, handed: ast.expr, arguments: list[ast.expr]) -> ast.Call | None:
    keywords = call.keywords
    if isinstance(handed, ast.Lambda):
        has_parameters = any(isinstance(n, ast.arg) for n in ast.walk(handed.args))
        return handed.body if isinstance(handed.body, ast.Call) and not has_parameters else None
    if isinstance(handed, ast.Call):
        if last_name(handed.func) != "partial" or not handed.args:
            return None
        arguments, keywords = [*handed.args[1:], *arguments], [*handed.keywords, *keywords]
        handed = handed.args[0]
    return ast.copy_location(ast.Call(handed, arguments, keywords), call)
