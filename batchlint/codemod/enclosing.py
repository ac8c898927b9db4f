"""Variables of a helper that functions in it read and change: an item that enters the helper has its own."""

from __future__ import annotations

import ast
from collections.abc import Callable, Set

from batchlint.codemod import scopes
from batchlint.codemod.access import Frame
from batchlint.facts import Binding, FunctionFacts, FunctionId
from batchlint.symbols import Program
from batchlint.trees import walk, walk_own
from batchlint.values import Fn


class Enclosing:
    """Finds the frame in which a function was made that does not outlive it."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._called: dict[FunctionId, bool] = {}
        self._outer: dict[FunctionId, Set[str]] = {}

    def frame(self, function: FunctionFacts, owner: FunctionFacts, caller: Frame | None) -> Frame | None:
        """The item's frame of the helper `owner`, in which the function was made that `caller` calls."""
        if function.parent != owner.id.qualname:
            return None
        while caller is not None and caller.function is not owner:
            caller = caller.caller
        is_entered = caller is not None and caller.caller is not None
        return caller if is_entered and self._is_only_called(function, owner) else None

    def told(self, function: FunctionFacts, caller: Frame) -> object:
        """What tells the calls of a function apart that was made in different frames."""
        if function.parent is None:
            return None
        around: Frame | None = caller
        while around is not None and around.function.id.qualname != function.parent:
            around = around.caller
        return around and (around.alike or around.number)

    def outer(self, function: FunctionFacts) -> Set[str]:
        """The names of the function that are not its own, or that what outlives it may change."""
        if not function.outer:
            return function.outer
        if function.id not in self._outer:
            inner = (n for n in walk(function.node) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
            kept = {n for each in inner if not self._stays(each, function) for n in scopes.declared(walk_own(each))}
            self._outer[function.id] = function.outer & kept
        return self._outer[function.id]

    def _stays(self, inner: ast.FunctionDef | ast.AsyncFunctionDef, function: FunctionFacts) -> bool:
        """Whether the helper itself makes the function, and is alone to call it."""
        made = function.bindings.get(inner.name, ()) if inner is not function.node else ()
        made_in = {b.scope for b in made if b.how == "function"}
        found = [self.program.functions[FunctionId(function.id.path, scope)] for scope in made_in if scope]
        return any(each.node is inner for each in found) and all(self._is_only_called(f, function) for f in found)

    def _is_only_called(self, function: FunctionFacts, owner: FunctionFacts) -> bool:
        """Whether the helper does nothing with the function but call it, so that it does not outlive the helper."""
        if function.id not in self._called:
            nodes = [*walk(owner.node)]
            called = {id(n.func) for n in nodes if isinstance(n, ast.Call)}
            uses = [n for n in nodes if isinstance(n, ast.Name) and n.id == function.name]
            is_named = not isinstance(function.node, ast.Lambda) and all(id(n) in called for n in uses)
            self._called[function.id] = is_named and all(map(self._only_wraps(owner), function.decorators))
        return self._called[function.id]

    def _only_wraps(self, owner: FunctionFacts) -> Callable[[ast.expr], bool]:
        """Whether a decorator gives back a function around what it decorates; others may keep what they are given."""

        def only_wraps(decorator: ast.expr) -> bool:
            name = decorator.func if isinstance(decorator, ast.Call) else decorator
            made = [v.id for v in self.program.eval(owner.id, name) if isinstance(v, Fn)]
            inner = (FunctionId(id.path, b.scope) for id in made for b in self._functions(id) if b.scope)
            return not made or any(self.program.callers.wrapped(each) for each in [*made, *inner])

        return only_wraps

    def _functions(self, id: FunctionId) -> list[Binding]:
        """The functions that a function makes."""
        bindings = self.program.functions[id].bindings.values()
        return [b for each in bindings for b in each if b.how == "function"]
