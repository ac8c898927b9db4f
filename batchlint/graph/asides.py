"""Work that a route starts beside its answer, which then holds nothing of it: nobody is known to wait for that."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from batchlint.entrypoints import Kind
from batchlint.facts import CallFacts, FunctionFacts, FunctionId
from batchlint.findings import Latency
from batchlint.graph.links import Edge, Entry, Part
from batchlint.graph.polls import Polls
from batchlint.symbols import Program, last_name
from batchlint.trees import arguments, stands_in, walk, walk_own
from batchlint.values import Ext

_identity = id
_DEEP = 3
"""Calls below the work in which it may show what it found."""


class Asides(Part):
    """Says so only where the work neither tells anybody nor leaves anything in memory."""

    def __init__(self, program: Program, polls: Polls, entries: Callable[[FunctionId], list[Entry]]) -> None:
        super().__init__(program)
        self._polls = polls
        self._entries = entries
        self._quiet: dict[FunctionId, bool] = {}
        self._known: dict[int, bool] = {}
        """By the identity of the edge, of which each is made once."""
        self._seen: dict[tuple[int, FunctionId], Entry | None] = {}
        """By the identity of the handing call."""

    def is_aside(self, edge: Edge) -> bool:
        """Whether a route goes on without the callee: in a thread left alone, or in a task once its session is over."""
        key = id(edge)
        if key not in self._known:
            self._known[key] = self._is_aside(edge)
        return self._known[key]

    def _is_aside(self, edge: Edge) -> bool:
        call = self.program.call_facts.get(id(edge.node))
        if call is None or edge.kind not in {"thread", "call"}:
            return False
        if edge.kind == "thread":
            is_left = self._is_left_thread(call.caller, call.call) and self._goes_without(edge)
        else:
            is_left = self._is_left_task(call.caller, edge.node) and self._is_after_session(call.caller, edge.node)
        return is_left and self._is_quiet(edge.callee)

    def seen(self, entry: Entry, id: FunctionId) -> Entry | None:
        """The entry of a function that a route has run after its answer, as what it is for whoever sent the request.

        None where that is nothing but what a schedule runs anyway.
        """
        if entry.call is None or entry.kind.latency is not Latency.REALTIME:
            return entry
        caller, call = entry.call
        kinds = [each.kind for each in self._entries(caller.id)]
        if kinds and all(kind.kind == "schedule" for kind in kinds):
            return entry._replace(kind=kinds[0])
        key = (_identity(call.node), id)
        if key not in self._seen:
            edge = self.edge(caller.id, id, call.node, "queue", call)
            if self._polls.only_sets_off(edge):
                self._seen[key] = None
            else:
                self._seen[key] = self.beside(entry) if self._goes_without(edge) and self._is_quiet(id) else entry
        return self._seen[key]

    @staticmethod
    def beside(entry: Entry) -> Entry:
        """The entry of work beside a request, unless nobody waits there at all."""
        if entry.kind.latency is not Latency.REALTIME:
            return entry
        return entry._replace(kind=Kind(entry.kind.framework, "background", None))

    # -- how it is started
    @staticmethod
    def _is_left_thread(function: FunctionFacts, call: CallFacts) -> bool:
        """Whether a thread is started and never joined: `Thread(target=work).start()`."""
        if any(last_name(each.node.func) == "join" for each in function.calls):
            return False
        statement = call.statement
        if isinstance(statement, ast.Expr):
            func = statement.value.func if isinstance(statement.value, ast.Call) else None
            return isinstance(func, ast.Attribute) and func.attr == "start" and func.value is call.node
        if not isinstance(statement, ast.Assign) or statement.value is not call.node:
            return False
        return all(isinstance(target, ast.Name) for target in statement.targets)

    def _is_left_task(self, function: FunctionFacts, node: ast.expr) -> bool:
        """Whether a coroutine becomes a task that nothing looks at again: `asyncio.create_task(work())`."""
        table = self.program.registry.asides.starts
        for call in function.calls if function.is_async else ():
            is_given = last_name(call.node.func) in table.tails and call.node.args[:1] == [node]
            if is_given and isinstance(call.statement, ast.Expr) and call.statement.value is call.node:
                values = self.program.eval(function.id, call.node.func)
                return any(isinstance(value, Ext) and bool(table.find(value.path)) for value in values)
        return False

    def _is_after_session(self, function: FunctionFacts, node: ast.expr) -> bool:
        """Whether it is started once the one at the other end has gone."""
        ended = self.program.registry.asides.ended
        return any(
            isinstance(handler, ast.ExceptHandler)
            and handler.type is not None
            and any(last_name(each) in ended for each in walk(handler.type) if isinstance(each, ast.expr))
            and any(stands_in(node, statement) for statement in handler.body)
            for handler in walk_own(function.node)
        )

    # -- what is seen of it
    def _goes_without(self, edge: Edge) -> bool:
        """Whether the route's answer neither speaks of the work nor names anything that it was handed."""
        kinds = [entry.kind for entry in self._entries(edge.caller)]
        function = self.function(edge.caller)
        if not kinds or any(kind.kind != "web" for kind in kinds) or function.is_generator:
            return False
        handed = {name for node in handed_to(edge.node) for name in _variables(node)} - {function.name}
        answered = {name for expression in function.returns for name in _variables(expression)}
        return handed.isdisjoint(answered) and not self._polls.is_polled(edge)

    def _is_quiet(self, id: FunctionId) -> bool:
        if self.function(id).owner is not None:
            return False
        if id not in self._quiet:
            self._quiet[id] = all(self._keeps_to_itself(each) for each in self.below(id, _DEEP))
        return self._quiet[id]

    def _keeps_to_itself(self, function: FunctionFacts) -> bool:
        """Whether it tells nobody of what it found, and puts it into nothing that others hold."""
        telling = self.program.registry.asides.telling
        own = function.bindings.keys() - function.outer
        if function.outer or function.yields:
            return False
        kept = [container for container, _ in function.items]
        kept += [base for base, _, _ in function.attributes if function.owner is None]
        for call in function.calls:
            func = call.node.func
            if not telling.isdisjoint(last_name(func).lower().split("_")):
                return False
            if isinstance(func, ast.Attribute) and func.attr in {"append", "extend", "update", "setdefault", "insert"}:
                kept.append(func.value)
        roots = [_root(container) for container in kept]
        return all(isinstance(root, ast.Name) and root.id in own for root in roots)


def handed_to(node: ast.expr) -> list[ast.expr]:
    """What the node gives to what it starts, if it is a call."""
    return arguments(node) if isinstance(node, ast.Call) else []


def _variables(node: ast.expr) -> Iterator[str]:
    """The names that are read, but for those of what is called."""
    called = {id(each.func) for each in walk(node) if isinstance(each, ast.Call)}
    yield from (each.id for each in walk(node) if isinstance(each, ast.Name) and id(each) not in called)


def _root(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node
