"""Limits that the project has written itself: context managers that take a place, or a lock, while they run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from batchlint.codemod.paths import function_body
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.symbols import Program
from batchlint.symbols.members import MANAGERS, decorators
from batchlint.trees import walk
from batchlint.values import Ext, Fn, Inst, ordered

SEMAPHORES = re.compile(
    r"((asyncio\.(locks\.)?|threading\.|anyio\.)(Bounded)?Semaphore|aiolimiter\.(.*\.)?AsyncLimiter)\(\)$"
)
LOCKS = re.compile(r"(asyncio\.(locks\.)?(Lock|Condition)|threading\.(Lock|RLock|Condition)|anyio\.Lock)\(\)$")
_PAUSES = frozenset({"time.sleep", "asyncio.sleep"})
_BY_HAND = frozenset({"acquire", "release"})
_ENTERING, _LEAVING = ("__enter__", "__aenter__"), ("__exit__", "__aexit__")
_MAX_DEPTH = 3


@dataclass(slots=True)
class Taken:
    """What a context manager takes while its block runs. `is_all`: whether it does nothing else but pause."""

    places: list[ast.expr] = field(default_factory=list)
    locks: list[ast.expr] = field(default_factory=list)
    is_all: bool = True


class OwnLimits:
    """Finds them."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def taken(self, function: FunctionFacts, manager: ast.expr, depth: int = 0) -> Taken:
        """What the context manager, of the project or made by the standard library, takes."""
        found = Taken()
        paths = self._paths(function.id, manager)
        if any(map(SEMAPHORES.match, paths)):
            found.places.append(manager)
        elif any(map(LOCKS.match, paths)):
            found.locks.append(manager)
        for below, body in self._bodies(function, manager) if depth < _MAX_DEPTH else ():
            self._read(found, below, body, depth)
        if isinstance(manager, ast.Call) and found.places:
            given = [*manager.args, *(keyword.value for keyword in manager.keywords)]
            found.is_all &= all(isinstance(each, ast.Name | ast.Attribute | ast.Constant) for each in given)
        return found

    def _bodies(self, function: FunctionFacts, manager: ast.expr) -> Iterator[tuple[FunctionFacts, list[ast.stmt]]]:
        """The functions of the project that run when the block begins and ends."""
        if isinstance(manager, ast.Call):
            for value in ordered(self._program.eval(function.id, manager.func)):
                made = self._program.functions[value.id] if isinstance(value, Fn) else None
                if made is not None and decorators(made) & MANAGERS:
                    yield made, function_body(made)
        for value in ordered(self._program.eval(function.id, manager)):
            for name in (*_ENTERING, *_LEAVING) if isinstance(value, Inst) else ():
                for method in self._program.attribute(value, name):
                    if isinstance(method, Fn):
                        below = self._program.functions[method.id]
                        yield below, function_body(below)

    def _read(self, found: Taken, function: FunctionFacts, body: Iterable[ast.stmt], depth: int) -> None:
        for statement in body:
            if isinstance(statement, ast.With | ast.AsyncWith):
                self._read_block(found, function, statement, depth)
            elif isinstance(statement, ast.Try) and not statement.handlers and not statement.orelse:
                self._read(found, function, [*statement.body, *statement.finalbody], depth)
            elif not self._is_taking(found, function, statement) and not self._is_idle(function, statement):
                found.is_all = False
                for node in walk(statement):
                    if isinstance(node, ast.With | ast.AsyncWith):
                        self._read_block(found, function, node, depth)
                    elif isinstance(node, ast.Expr):
                        self._is_taking(found, function, node)

    def _read_block(self, found: Taken, function: FunctionFacts, node: ast.With | ast.AsyncWith, depth: int) -> None:
        """Note what the block takes, if the one around the requests runs within it."""
        if not any(isinstance(each, ast.Yield) for statement in node.body for each in walk(statement)):
            found.is_all = False
            return
        for item in node.items:
            inner = self.taken(function, item.context_expr, depth + 1)
            found.places += inner.places
            found.locks += inner.locks
            found.is_all &= inner.is_all and bool(inner.places) and item.optional_vars is None
        self._read(found, function, node.body, depth)

    def _is_taking(self, found: Taken, function: FunctionFacts, statement: ast.stmt) -> bool:
        """Whether the statement takes a place, or gives it back."""
        call = _called(statement)
        if call is None or not isinstance(call.func, ast.Attribute) or call.func.attr not in _BY_HAND:
            return False
        paths = self._paths(function.id, call.func.value)
        is_place, is_lock = any(map(SEMAPHORES.match, paths)), any(map(LOCKS.match, paths))
        if call.func.attr == "acquire":
            found.places += [call.func.value] if is_place else []
            found.locks += [call.func.value] if is_lock else []
        return is_place and not call.args and not call.keywords

    def _is_idle(self, function: FunctionFacts, statement: ast.stmt) -> bool:
        """Whether the statement only lets the block run, pauses, or ends."""
        if isinstance(statement, ast.Pass):
            return True
        if isinstance(statement, ast.Return):
            value = statement.value
            return value is None or isinstance(value, ast.Name) or (isinstance(value, ast.Constant) and not value.value)
        value = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(value, ast.Constant):
            return True
        if isinstance(value, ast.Yield):
            return value.value is None
        call = _called(statement)
        is_pause = call is not None and bool(self._paths(function.id, call.func) & _PAUSES)
        return is_pause and call is not None and not any(isinstance(n, ast.Call) for a in call.args for n in walk(a))

    def _paths(self, scope: FunctionId, node: ast.expr) -> set[str]:
        """What the value is of, also where a class of the project has it as its base."""
        values = self._program.eval(scope, node)
        bases = (base for v in values if isinstance(v, Inst) for base in self._program.mro(v.id)[1])
        return {v.path for v in values if isinstance(v, Ext)} | {f"{base.path}()" for base in bases}


def _called(statement: ast.stmt) -> ast.Call | None:
    """The call, or the awaited one, that is all of the statement."""
    value = statement.value if isinstance(statement, ast.Expr) else None
    value = value.value if isinstance(value, ast.Await) else value
    return value if isinstance(value, ast.Call) else None
