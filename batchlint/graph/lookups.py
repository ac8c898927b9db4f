"""Results that are looked up by the id of their task, and those who look up what they have enqueued themselves."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TypeGuard

from batchlint.facts import Binding, CallFacts, FunctionFacts, FunctionId
from batchlint.graph.links import Edge, Part, source
from batchlint.graph.replies import carried
from batchlint.symbols import CallRef, Program, last_name
from batchlint.trees import arguments, stands_in, walk
from batchlint.values import Ext, Fn

_BELOW = 2
"""Calls between what is handed an id and what looks the result up."""
_IDS = frozenset({"id", "task_id", "job_id"})
"""Attributes of what enqueuing gives by which the task is found again."""
_STOPS = frozenset({"revoke", "forget", "cancel", "delete", "abort"})
"""Methods of what is looked up that ask for nothing."""
_ABOVE = 3
"""Calls above the one that enqueues by which the id goes up."""


class Lookups(Part):
    def __init__(self, program: Program, is_test: Callable[[str], bool]) -> None:
        super().__init__(program)
        self._is_test = is_test
        self._known: dict[FunctionId, bool] = {}

    @cached_property
    def are_there(self) -> bool:
        """Whether something looks results up by their id."""
        kept = self.program.registry.polled.kept
        return self._are_called or any(
            not self._is_test(path) and not kept.isdisjoint(module.body.bindings)
            for path, module in self.modules.items()
        )

    @cached_property
    def _are_called(self) -> bool:
        return any(True for _ in self._calls())

    def _calls(self) -> Iterator[CallRef]:
        polled = self.program.registry.polled
        for name in sorted(polled.lookups | polled.fetches.tails):
            for reference in self.program.calls_by_name.get(name, ()):
                is_own = not self._is_test(reference.caller.id.path)
                if is_own and self._looks_up(reference.caller, reference.call.node):
                    yield reference

    def _looks_up(self, function: FunctionFacts, node: ast.Call) -> bool:
        polled = self.program.registry.polled
        name = last_name(node.func)
        if name in polled.lookups:
            return True
        values = self.program.eval(function.id, node.func) if name in polled.fetches.tails else ()
        return any(isinstance(value, Ext) and bool(polled.fetches.find(value.path)) for value in values)

    # -- by whoever enqueued
    def follow(self, edge: Edge) -> bool:
        """Whether whoever enqueues hands the id of the task on to what looks its result up, and so waits for it."""
        if not self._are_called:
            return False
        level = [(self.function(edge.caller), edge.node)]
        seen = {edge.caller}
        for _ in range(_ABOVE):
            above: list[tuple[FunctionFacts, ast.expr]] = []
            for function, node in level:
                held = _Held(function, node)
                if any(self._is_asked_with(each, held) for each in self._where(function, held)):
                    return True
                if any(held.is_in(answer) for answer in function.returns):
                    above += [(self.function(id), call) for id, call, _ in self.program.callers.call_sites(function)]
            level = [(function, node) for function, node in above if function.id not in seen]
            seen |= {function.id for function, _ in level}
        return False

    def gives_id(self, edge: Edge) -> bool:
        """Whether who enqueues answers with the task's id, in a text say, and something looks results up by it."""
        if not self.are_there:
            return False
        function = self.function(edge.caller)
        held = _Held(function, edge.node)
        func = edge.node.func if isinstance(edge.node, ast.Call) else edge.node
        if any(isinstance(value, Fn) for value in self.program.eval(edge.caller, func)):
            # What a helper of the project's own gives for the task is its id, or holds it.
            return any(held.is_in(answer) for answer in function.returns)
        ids = (node for answer in function.returns for node in walk(answer) if isinstance(node, ast.Attribute))
        return any(node.attr in _IDS and held.is_in(node.value) for node in ids)

    def by_row(self, edge: Edge) -> Iterator[FunctionId]:
        """The functions that look results up by an attribute in which who enqueues keeps the task's id with a row.

        `Job.objects.create(task_id=task.id)` or `job.task_id = task.id`, and elsewhere `AsyncResult(job.task_id)`.
        """
        kept = self._kept_as(edge) if self._are_called else frozenset()
        for reference in self._calls() if kept else ():
            asked = {node.attr for each in arguments(reference.call.node) for node in walk(each) if _is_read(node)}
            if not kept.isdisjoint(asked) and not _only_stops(reference.call):
                yield reference.caller.id

    def _kept_as(self, edge: Edge) -> frozenset[str]:
        """The attributes of rows that get the id of the task."""
        function = self.function(edge.caller)
        held = _Held(function, edge.node)
        given = [(name, binding.value) for _, name, binding in function.attributes]
        given += [(keyword.arg or "", keyword.value) for call in function.calls for keyword in call.node.keywords]
        return frozenset(name for name, value in given if name and value is not None and self._is_id(held, value))

    @staticmethod
    def _is_id(held: _Held, value: ast.expr) -> bool:
        """Whether the value is the id of what is held: `task.id`, `str(task.id)`."""
        return any(
            isinstance(node, ast.Attribute) and node.attr in _IDS and held.is_in(node.value) for node in walk(value)
        )

    def _where(self, function: FunctionFacts, held: _Held) -> list[FunctionFacts]:
        """Where the id can be handed on: what an object or a session keeps, by all functions of the file."""
        return list(self.modules[function.id.path].functions.values()) if held.kept else [function]

    def _is_asked_with(self, function: FunctionFacts, held: _Held) -> bool:
        for call in function.calls:
            given = [*call.node.args, *(keyword.value for keyword in call.node.keywords)]
            is_own = function is held.function
            if call.node is not held.node and any(held.is_in(each, is_own=is_own) for each in given):
                if self._looks_up(function, call.node):
                    return True
                values = self.program.eval(function.id, call.node.func)
                if any(self._leads_to_lookup(value.id) for value in values if isinstance(value, Fn)):
                    return True
        return False

    def _leads_to_lookup(self, id: FunctionId, depth: int = 0) -> bool:
        known = self._known.get(id)
        if known is None:
            self._known[id] = False  # where it comes back to itself
            function = self.function(id)
            known = any(self._looks_up(function, call.node) for call in function.calls)
            if not known and depth < _BELOW:
                called = (value for call in function.calls for value in self.program.eval(id, call.node.func))
                below = {value.id for value in called if isinstance(value, Fn)}
                known = any(self._leads_to_lookup(each, depth + 1) for each in sorted(below))
            self._known[id] = known
        return known


class _Held:
    """What holds what the call `node` in a function gives: names, and attributes and items of constant key."""

    def __init__(self, function: FunctionFacts, node: ast.expr) -> None:
        self.function, self.node = function, node
        self.kept: set[str] = set()
        self._names: set[str] = set()
        named = [(name, binding) for name, bindings in function.bindings.items() for binding in bindings]
        before = -1
        while before < len(self._names):
            before = len(self._names)
            self._names |= {name for name, binding in named if self._is_bound(binding)}
        stored = [*((base, binding) for base, _, binding in function.attributes), *function.items]
        for holder, binding in stored:
            if binding.target and self._is_bound(binding):
                self.kept.add(f"{source(holder)}.{binding.target}")

    def _is_bound(self, binding: Binding) -> bool:
        return binding.how == "value" and binding.value is not None and self.is_in(binding.value)

    def is_in(self, value: ast.expr, *, is_own: bool = True) -> bool:
        """Whether the value is made of what is held; `is_own`: in the function itself."""
        if is_own and (stands_in(self.node, value) or not self._names.isdisjoint(carried(value))):
            return True
        return bool(self.kept) and any(_place(each) in self.kept for each in walk(value))


def _is_read(node: ast.AST) -> TypeGuard[ast.Attribute]:
    return isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)


def _only_stops(call: CallFacts) -> bool:
    """Whether the task is looked up only to be stopped, or to be forgotten: `AsyncResult(job.task_id).revoke()`."""
    return any(
        isinstance(node, ast.Attribute) and node.value is call.node and node.attr in _STOPS
        for node in walk(call.statement)
    )


def _place(node: ast.AST) -> str:
    """The attribute or the item of constant key that is read: what a session keeps has both spellings."""
    if isinstance(node, ast.Attribute):
        return f"{source(node.value)}.{node.attr}"
    is_item = isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)
    return f"{source(node.value)}.{node.slice.value}" if is_item else ""  # type: ignore[attr-defined]
