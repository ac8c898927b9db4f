"""What the first item to come by sets, for all of them: a client that is made when it is first needed."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from batchlint.codemod import scopes
from batchlint.codemod.access import Access, Frame, is_element
from batchlint.codemod.callbacks import Callbacks
from batchlint.codemod.paths import Paths, function_body
from batchlint.codemod.refusals import Refused
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.trees import is_none, walk

_DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_ENDS = ast.Return | ast.Raise | ast.Continue | ast.Break


class Guarded(NamedTuple):
    """A place that is set where nothing is in it yet, and the statements that do so."""

    place: ast.expr
    body: tuple[ast.stmt, ...]


class Once:
    """Finds such places, function by function: it makes no difference which item sets them."""

    def __init__(self, paths: Paths, callbacks: Callbacks) -> None:
        self.paths = paths
        self.callbacks = callbacks
        self._known: dict[FunctionId, dict[int, Guarded]] = {}

    def marks(self, function: FunctionFacts) -> dict[int, Guarded]:
        """By identity, the expressions that test, set or name a place that is set by then."""
        if function.id not in self._known:
            found: dict[int, Guarded] = {}
            for block in _blocks(function_body(function)):
                for index, statement in enumerate(block):
                    _mark(block, index, statement, found)
            self._known[function.id] = found
        return self._known[function.id]

    def told(self, nodes: Iterable[ast.AST], accesses: list[Access], frame: Frame) -> list[Access]:
        """The accesses of a node (or of one of `nodes` within it), marked where they find the same for every item."""
        marks = self.marks(frame.function)
        guarded = next((marks[id(node)] for node in nodes if id(node) in marks), None) if marks else None
        name = self._name(guarded, frame) if guarded is not None else None
        if guarded is None or name is None:
            return accesses
        places = self.paths.path(guarded.place, frame)
        return [a._replace(once=name) if any(a.channel[: len(p)] == p for p in places) else a for a in accesses]

    def _name(self, guarded: Guarded, frame: Frame) -> str | None:
        """What tells it from others: where it is set, and what is handed in for it; None where items differ in that."""
        own = scopes.read(guarded.place)
        if any(n in frame.local and n not in frame.stable for n in own):
            return None
        needed = (self.paths.exposure.exposed(list(guarded.body)) & frame.local) - own
        is_steady = all(self._is_same(name, frame) for name in needed)
        if not is_steady or any(self._asks(statement, frame) for statement in guarded.body):
            return None
        handed = [self.paths.meaning(ast.Name(name, ast.Load()), frame) for name in sorted(needed)]
        return f"{frame.function.id}:{guarded.body[0].lineno}:{handed}"

    def _asks(self, node: ast.AST, frame: Frame) -> bool:
        """Whether a request is made in it, so that an answer may decide."""
        try:
            calls = (n for n in walk(node) if isinstance(n, ast.Call))
            return any(self.callbacks.support.converts(frame.function.id, call) is not None for call in calls)
        except Refused:
            return True

    def _is_same(self, name: str, frame: Frame, seen: frozenset[tuple[int, str]] = frozenset()) -> bool:
        """Whether the frame's own name means the same for every item.

        `seen`: what hangs on that, by frame. In `key = key or KEY` it is what was handed in.
        """
        function, here = frame.function, (id(frame), name)
        if name not in frame.stable:
            return False
        if name in frame.definitions and here not in seen:
            return self._is_steady(frame.definitions[name], frame, seen | {here})
        if name in frame.given and frame.caller is not None:
            return self._is_steady(frame.given[name], frame.caller, seen)
        if function.owner and function.parameters and function.parameters[0].arg == name:
            paths = frame.aliases.get(name, set())
            return bool(paths) and not any(is_element(step) for path in paths for step in path)
        return _takes_default(name, frame)

    def _is_steady(self, value: ast.expr, frame: Frame, seen: frozenset[tuple[int, str]]) -> bool:
        names = scopes.read(value) & frame.local
        return not self._asks(value, frame) and all(self._is_same(name, frame, seen) for name in names)


def _takes_default(name: str, frame: Frame) -> bool:
    """Whether the call leaves it to the parameter's default, which was there before all items."""
    call = frame.entry
    if call is None or frame.function.default(name) is None:
        return False
    return not any(isinstance(a, ast.Starred) for a in call.args) and all(k.arg for k in call.keywords)


def _mark(block: list[ast.stmt], index: int, statement: ast.stmt, found: dict[int, Guarded]) -> None:
    """Add what the statement guards: by `if x is None: x = ...`, `if x: return x` or `x = x or ...`."""
    if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.BoolOp):
        first = statement.value.values[0]
        if isinstance(statement.value.op, ast.Or) and _sets(statement, ast.dump(_loaded(first))):
            _tell(Guarded(first, (statement,)), [statement], block[index + 1 :], found)
    if not isinstance(statement, ast.If):
        return
    place, is_set = _tested(statement.test)
    if place is None:
        return
    if not is_set and _sets_in(statement.body, ast.dump(place)):
        guarded = Guarded(place, tuple(statement.body))
        _tell(guarded, [statement.test, *statement.body], [*statement.orelse, *block[index + 1 :]], found)
    elif is_set and not statement.orelse and isinstance(statement.body[-1], _ENDS):
        for end, following in enumerate(block[index + 1 :], index + 1):
            if _sets(following, ast.dump(place)):
                guarded = Guarded(place, tuple(block[index + 1 : end + 1]))
                _tell(guarded, [statement, *guarded.body], block[end + 1 :], found)
                return


def _tell(guarded: Guarded, setting: list[ast.AST], behind: list[ast.stmt], found: dict[int, Guarded]) -> None:
    """Mark what names the place: all in what sets it, and what reads it behind that."""
    wanted = ast.dump(guarded.place)
    for node in (n for part in [*setting, *behind] for n in walk(part)):
        place = _named(node)
        if place is not None and ast.dump(place) == wanted:
            found.setdefault(id(node), guarded)
    for target in (t for part in setting for n in walk(part) if isinstance(n, ast.stmt) for t in _targets(n)):
        if ast.dump(_loaded(target)) == wanted:
            found.setdefault(id(target), guarded)


def _targets(statement: ast.stmt) -> list[ast.expr]:
    if isinstance(statement, ast.Assign):
        return statement.targets
    return [statement.target] if isinstance(statement, ast.AnnAssign) and statement.value is not None else []


def _named(node: ast.AST) -> ast.expr | None:
    """The place whose value, or whether there is one, the expression tells."""
    if isinstance(node, ast.Name | ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Load):
        return node
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.In | ast.NotIn):
        return ast.Subscript(node.comparators[0], node.left, ast.Load())
    if not isinstance(node, ast.Call) or node.keywords or not node.args:
        return None
    if isinstance(node.func, ast.Attribute) and node.func.attr == "get":
        return ast.Subscript(node.func.value, node.args[0], ast.Load())
    named = node.args[-1]
    if isinstance(node.func, ast.Name) and node.func.id == "hasattr" and isinstance(named, ast.Constant):
        return ast.Attribute(node.args[0], str(named.value), ast.Load())
    return None


def _tested(test: ast.expr) -> tuple[ast.expr | None, bool]:
    """The place of which the test tells whether something is in it, and whether it is true then."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        place, is_set = _tested(test.operand)
        return place, not is_set
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        operator, against = test.ops[0], test.comparators[0]
        if isinstance(operator, ast.In | ast.NotIn):
            return _named(test), isinstance(operator, ast.In)
        if is_none(against) and isinstance(operator, ast.Is | ast.IsNot):
            return _named(test.left), isinstance(operator, ast.IsNot)
        return None, False
    return _named(test), True


def _loaded(node: ast.expr) -> ast.expr:
    """The expression as it stands where its value is taken."""
    if isinstance(node, ast.Name):
        return ast.Name(node.id, ast.Load())
    if isinstance(node, ast.Attribute):
        return ast.Attribute(node.value, node.attr, ast.Load())
    return ast.Subscript(node.value, node.slice, ast.Load()) if isinstance(node, ast.Subscript) else node


def _sets(statement: ast.stmt, wanted: str) -> bool:
    """Whether something is in the place behind the statement, whichever way that goes."""
    if isinstance(statement, ast.If):
        place, is_set = _tested(statement.test)
        is_guard = place is not None and not is_set and ast.dump(place) == wanted
        return _sets_in(statement.body, wanted) and (is_guard or _sets_in(statement.orelse, wanted))
    if isinstance(statement, ast.With | ast.AsyncWith):
        return _sets_in(statement.body, wanted)
    if isinstance(statement, ast.Try):
        left = all(isinstance(h.body[-1], _ENDS) or _sets_in(h.body, wanted) for h in statement.handlers)
        return left and _sets_in(statement.body, wanted)
    return any(ast.dump(_loaded(target)) == wanted for target in _targets(statement))


def _sets_in(block: list[ast.stmt], wanted: str) -> bool:
    return any(_sets(statement, wanted) for statement in block)


def _blocks(statements: list[ast.stmt]) -> Iterator[list[ast.stmt]]:
    """The statements and all blocks in them, those of functions and classes left out."""
    yield statements
    for statement in statements:
        if isinstance(statement, _DEFINITIONS):
            continue
        for name in ("body", "orelse", "finalbody"):
            block = getattr(statement, name, None)
            if isinstance(block, list) and block:
                yield from _blocks(block)
        for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            yield from _blocks(part.body)
