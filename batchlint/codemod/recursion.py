"""Functions that call themselves: what such a call hands over is what its parameters hold from then on.

`brief(ship, half)` in `brief` is read as a loop that gives `text` another value; `ship` stays what it was.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from batchlint.facts import FunctionFacts, FunctionId
from batchlint.symbols import last_name
from batchlint.trees import spreads
from batchlint.values import Cls, Fn

if TYPE_CHECKING:
    from batchlint.codemod.access import Frame
    from batchlint.codemod.paths import Paths

Handed = tuple[ast.expr, ast.expr, bool]
"""A parameter, what it is given, and whether that is an element of it."""


class Recursion:
    """Finds what they hand themselves."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._calls: dict[FunctionId, list[tuple[Fn, ast.Call]]] = {}
        self._handed: dict[FunctionId, list[Handed]] = {}

    def calls(self, function: FunctionFacts) -> list[tuple[Fn, ast.Call]]:
        """The calls by which the function enters itself."""
        if function.id not in self._calls:
            eval = self._paths.program.eval
            named = [call.node for call in function.calls if last_name(call.node.func) == function.name]
            entered = ((value, call) for call in named for value in eval(function.id, call.func))
            self._calls[function.id] = [(v, c) for v, c in entered if isinstance(v, Fn) and v.id == function.id]
        return self._calls[function.id]

    def handed(self, function: FunctionFacts) -> list[Handed]:
        """What the parameters get that another call of the function leaves with another value."""
        if function.id not in self._handed:
            found = [each for target, call in self.calls(function) for each in self._given(function, target, call)]
            self._handed[function.id] = found
        return self._handed[function.id]

    def changed(self, function: FunctionFacts) -> frozenset[str]:
        """The names of these parameters."""
        return frozenset(target.id for target, _, _ in self.handed(function) if isinstance(target, ast.Name))

    def is_followed(self, target: Fn, call: ast.Call, frame: Frame) -> bool:
        """Whether the call enters what the frame shows: the same object's method, with the same functions to call."""
        function, changed = frame.function, self.changed(frame.function)
        if spreads(call) or _own(function, target) in changed:
            return False
        if any(isinstance(each.node.func, ast.Name) and each.node.func.id in changed for each in function.calls):
            return False
        handed = [(function, value) for _, value, _ in self.handed(function)]
        if frame.caller is not None:
            handed += [(frame.caller.function, frame.given[name]) for name in changed & frame.given.keys()]
        return not any(self._may_be_called(scope, value) for scope, value in handed)

    def _may_be_called(self, function: FunctionFacts, value: ast.expr) -> bool:
        values = self._paths.program.eval(function.id, value)
        is_made = isinstance(value, ast.Lambda) or (isinstance(value, ast.Call) and last_name(value.func) == "partial")
        return is_made or any(isinstance(v, Fn | Cls) for v in values)

    def _given(self, function: FunctionFacts, target: Fn, call: ast.Call) -> Iterator[Handed]:
        from batchlint.codemod.paths import receiver_of

        given = dict(self._paths.passed(target, call))
        own, receiver = _own(function, target), receiver_of(target, call)
        if own and receiver is not None and not _is_super(receiver):
            given[own] = receiver
        more = [a.value for a in call.args if isinstance(a, ast.Starred)]
        more += [keyword.value for keyword in call.keywords if keyword.arg is None]
        for name in sorted(function.parameter_names):
            value = given.get(name)
            if value is None and name != own:
                yield from ((_name(name, call), each, True) for each in more)
                value = function.default(name)
            if value is not None and not (isinstance(value, ast.Name) and value.id == name):
                yield _name(name, call), value, False


def _own(function: FunctionFacts, target: Fn) -> str:
    """The name of the object whose method it is."""
    return function.parameters[0].arg if target.owner is not None and function.parameters else ""


def _is_super(receiver: ast.expr) -> bool:
    return isinstance(receiver, ast.Call) and last_name(receiver.func) == "super"


def _name(name: str, call: ast.Call) -> ast.Name:
    return ast.copy_location(ast.Name(name, ast.Store()), call)
