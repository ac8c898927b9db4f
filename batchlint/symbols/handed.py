"""Calls of parameters: what a function is handed and calls, as `retry(rows, ask)` does with its `call`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from batchlint.facts import FunctionFacts, FunctionId
from batchlint.symbols.names import is_partial, last_name
from batchlint.values import Fn, ordered

if TYPE_CHECKING:
    from batchlint.symbols import Program

Site = tuple[FunctionId, ast.Call, int]
"""The caller, the call, how many parameters are filled before its first argument."""
_MAX_CALLS = 400
_MAX_DEPTH = 3
"""How many functions may hand on what they are handed."""
_CHOOSING = (ast.Subscript, ast.Call, ast.IfExp, ast.BoolOp)


class _Given(NamedTuple):
    """A call that hands something over: what, how many arguments are bound to it, and the call's callee."""

    caller: FunctionId
    call: ast.Call
    place: int | str
    what: ast.expr
    bound: int


class Handed:
    """Asked through `Callers`; what is handed over is looked up by its name, so nothing else is worked out."""

    def __init__(self, program: Program, resting: frozenset[str]) -> None:
        self._program = program
        self._resting = resting
        self._calling: dict[FunctionId, dict[str, list[Site]]] = {}
        """The calls of their own parameters that functions make, those of the functions in them included."""
        self._by_name: dict[str, list[_Given]] | None = None
        self._lambdas: dict[tuple[str, int, int], list[_Given]] = {}
        self._open: list[_Given] = []
        """What a table, a condition or a function gives."""
        self._chosen: dict[FunctionId, list[tuple[_Given, Fn]]] = {}
        self._sites: dict[FunctionId, list[Site]] = {}
        self._noted: set[tuple[int, int]] = set()

    def sites(self, function: FunctionFacts) -> list[Site]:
        """The calls of parameters that the function is handed over for."""
        known = self._sites.get(function.id)
        if known is None:
            self._sites[function.id] = []
            known = self._sites[function.id] = list(dict.fromkeys(self._find(function)))
        return known

    def find_choices(self) -> bool:
        """Note which functions tables and conditions hand over; whether one was asked for its callers before."""
        self._index()
        for given in self._open:
            for value in ordered(self._program.eval(given.caller, given.what)):
                if isinstance(value, Fn):
                    self._chosen.setdefault(value.id, []).append((given, value))
        return not self._chosen.keys().isdisjoint(self._sites)

    def forget(self) -> None:
        """Drop the calls that were found so far."""
        self._sites.clear()

    def _find(self, function: FunctionFacts) -> Iterator[Site]:
        for given in self._rows(function):
            for value in self._program.eval(given.caller, given.what):
                if isinstance(value, Fn) and value.id == function.id:
                    yield from self._runs(given, _filled(value))
        for given, value in self._chosen.get(function.id, ()):
            yield from self._runs(given, _filled(value))

    def _rows(self, function: FunctionFacts) -> list[_Given]:
        by_name = self._index()
        node = function.node
        if isinstance(node, ast.Lambda):
            return self._lambdas.get((function.id.path, node.lineno, node.col_offset), [])
        names = (function.name, *sorted(self._program.aliases.get(function.name, ())))
        return [given for name in names for given in by_name.get(name, ())]

    def _runs(self, given: _Given, filled: int, depth: int = 0) -> Iterator[Site]:
        """The calls of the parameter that takes what is given, also further down."""
        for value in ordered(self._program.eval(given.caller, given.call.func)):
            if not isinstance(value, Fn):
                continue
            callee = self._program.functions[value.id]
            name = _parameter(callee, given.place, _filled(value))
            if name is None:
                continue
            filled_by_now = filled + given.bound
            for caller, call, shift in self._calling.get(callee.id, {}).get(name, ()):
                yield caller, call, shift + filled_by_now
            for inner in self._index().get(name, ()) if depth < _MAX_DEPTH else ():
                if self._is_own(inner, callee):
                    yield from self._runs(inner, filled_by_now, depth + 1)

    def _is_own(self, given: _Given, function: FunctionFacts) -> bool:
        """Whether what is given is the function's own parameter."""
        return self._owner(self._program.functions[given.caller], given.what) is function

    # -- the index
    def _index(self) -> dict[str, list[_Given]]:
        if self._by_name is None:
            self._by_name = {}
            queue = list(self._called())
            seen: set[tuple[FunctionId, str]] = set()
            while queue:
                function, name = queue.pop()
                if (function.id, name) not in seen:
                    seen.add((function.id, name))
                    queue += self._given_to(function, name)
        return self._by_name

    def _called(self) -> Iterator[tuple[FunctionFacts, str]]:
        """The functions that call a parameter, or hand it to a pool, and the parameter."""
        program = self._program
        parameters = frozenset().union(*(function.parameter_names for function in program.functions.values()))
        for name, calls in program.calls_by_name.items():
            resting = name in self._resting
            for caller, call in calls if resting or name in parameters else ():
                func = call.node.func
                called: list[tuple[ast.expr, int]] = [(func, 0)] if isinstance(func, ast.Name) else []
                if resting:
                    called += [(each, -place) for place, each in enumerate(call.node.args[:2], 1)]
                for node, shift in called:
                    owner = self._owner(caller, node)
                    if owner is not None and isinstance(node, ast.Name):
                        sites = self._calling.setdefault(owner.id, {}).setdefault(node.id, [])
                        sites.append((caller.id, call.node, shift))
                        yield owner, node.id

    def _given_to(self, function: FunctionFacts, name: str) -> Iterator[tuple[FunctionFacts, str]]:
        """Note what calls of the function's name give for the parameter; the parameters among that."""
        place = _place(function, name)
        for caller, call in self._program.calls_by_name.get(function.name, ())[:_MAX_CALLS]:
            what = argument_for(call.node, name, place)
            key = (id(call.node), id(what))
            if what is None or key in self._noted:
                continue
            self._noted.add(key)
            self._note(caller, call.node, name if place is None or what not in call.node.args else place, what)
            owner = self._owner(caller, what)
            if owner is not None and isinstance(what, ast.Name):
                yield owner, what.id

    def _note(self, caller: FunctionFacts, call: ast.Call, place: int | str, what: ast.expr) -> None:
        """Put what is given under its name; what only its value tells goes to the open ones."""
        if isinstance(what, ast.Lambda):
            key = (caller.id.path, what.lineno, what.col_offset)
            self._lambdas.setdefault(key, []).append(_Given(caller.id, call, place, what, 0))
            return
        made = _bound(caller, what)
        bound = 0
        if is_partial(made):
            what, bound = made.args[0], len(made.args) - 1
            made = what
        given = _Given(caller.id, call, place, what, bound)
        if isinstance(made, _CHOOSING) or made is None:
            self._open.append(given)
        elif self._by_name is not None and (name := last_name(what)):
            self._by_name.setdefault(name, []).append(given)

    def _owner(self, scope: FunctionFacts, node: ast.expr) -> FunctionFacts | None:
        """The function whose parameter the node names."""
        if not isinstance(node, ast.Name) or (scope.parent is None and node.id not in scope.parameter_names):
            return None
        return self._program.callers.owner(scope, node.id)


def _filled(function: Fn) -> int:
    return 1 if function.owner is not None else 0


def _bound(caller: FunctionFacts, what: ast.expr) -> ast.expr | None:
    """What a variable of the caller stands for, the node itself where it is none; None where that is not one thing."""
    bindings = caller.bindings.get(what.id, ()) if isinstance(what, ast.Name) else ()
    if all(binding.how in {"function", "import", "class"} for binding in bindings):
        return what
    return caller.only_value(what.id) if isinstance(what, ast.Name) else None


def _place(function: FunctionFacts, name: str) -> int | None:
    """Which positional argument of a call the parameter takes; None for those that only have a name."""
    names = [each.arg for each in function.positional]
    if name not in names:
        return None
    return names.index(name) - (1 if function.owner is not None and names[0] in {"self", "cls"} else 0)


def argument_for(call: ast.Call, name: str, place: int | None) -> ast.expr | None:
    """What the call gives for the parameter."""
    keyword = next((keyword.value for keyword in call.keywords if keyword.arg == name), None)
    if keyword is not None or place is None or not 0 <= place < len(call.args):
        return keyword
    is_spread = any(isinstance(each, ast.Starred) for each in call.args[: place + 1])
    return None if is_spread else call.args[place]


def _parameter(function: FunctionFacts, place: int | str, filled: int) -> str | None:
    """The name of the parameter that takes the argument at the place."""
    if isinstance(place, str):
        return place if place in function.parameter_names else None
    names = [each.arg for each in function.positional]
    return names[place + filled] if place + filled < len(names) else None
