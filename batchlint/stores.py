"""Databases and stores: an answer that is kept in one reaches no request that looks for something else there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Set
from functools import cached_property

from batchlint import flow, holders
from batchlint.facts import FunctionFacts, FunctionId, LoopNode
from batchlint.graph import Graph
from batchlint.outstanding import asks_what_is_left
from batchlint.symbols import last_name
from batchlint.trees import CONTAINERS, DISPLAYS, arguments, parents_in, walk
from batchlint.values import Ext, Fn, Inst

_MAX_DEPTH = 3
"""Through how many functions it is followed what one that has the session reads."""
_LOOKING_UP = re.compile(r"a?(get|fetch|load|read|lookup|retrieve|has|exists|row_values|find_(one|by))(_|$)")
"""What methods are called that give what is kept under a key."""
_TALK = re.compile(r"all|context|conversation|history|last|memor|message|near|recent|relevant|similar|summar|turn")
"""What they have in their names where they give what was said before, whoever asks."""


class Stores:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._named: dict[FunctionId, frozenset[str]] = {}

    def only_stores(self, scope: FunctionId, call: ast.Call, argument: ast.AST) -> bool:
        """Whether an argument of the call is a session, and what it runs reads no row of the kinds stored beside it."""
        if not isinstance(argument, ast.Name | ast.Attribute):
            return False
        values = self._graph.program.eval(scope, argument)
        sessions = self._graph.program.registry.mapper.sessions
        if not values or not all(isinstance(value, Ext) and sessions.find(value.path) for value in values):
            return False
        kinds = set(self._stored(scope, ast.unparse(argument)))
        return all(kinds.isdisjoint(self._names_below(id)) for id in self._run(scope, call))

    def gives_items_own(self, scope: FunctionId, loop: LoopNode, name: str) -> bool:
        """Whether the loop gets nothing out of what the variable stands for but what belongs to its items."""
        return not isinstance(loop, ast.comprehension) and self._gives_own(scope, loop, name, own_names(loop))

    def gives_rows_own(self, scope: FunctionId, name: str, keys: Set[str]) -> bool:
        """Whether the function gets nothing out of a store of the project's own, by that name, but by the `keys`."""
        node = self._graph.function(scope).node
        values = self._graph.program.eval(scope, ast.parse(name, mode="eval").body)
        is_own = bool(values) and all(isinstance(value, Inst) for value in values)
        return is_own and bool(keys) and self._gives_own(scope, node, name, _with_made(node, keys))

    def _gives_own(self, scope: FunctionId, within: ast.AST, name: str, own: Set[str]) -> bool:
        parents = parents_in([within])
        uses = [n for n in walk(within) if isinstance(n, ast.Name | ast.Attribute) and ast.unparse(n) == name]
        values = self._graph.program.eval(scope, uses[0]) if uses else frozenset()
        if not uses or not all(isinstance(v, Ext | Inst) for v in values) or self._is_container(scope, name):
            return False
        sessions = self._graph.program.registry.mapper.sessions
        is_session = bool(values) and all(isinstance(v, Ext) and sessions.find(v.path) for v in values)
        kinds = set(self._stored(scope, name)) if is_session else set()
        asking, storing = list[ast.Call](), list[ast.Call]()
        for use in uses:
            first, whole = parents.get(id(parents.get(id(use)))), _chain(use, parents)
            if not isinstance(first, ast.Call) or not isinstance(whole, ast.Call | ast.Await):
                return False
            if isinstance(parents.get(id(whole)), ast.Expr):
                storing.append(first)
            elif not (is_session and self._is_of_others(within, whole, kinds, parents)):
                asking.append(first)
        if any(not _looks_up(call, own) for call in asking):
            return False
        objects = [value for value in values if isinstance(value, Inst)]
        return not objects or self._is_outside(scope, objects, asking, storing)

    @staticmethod
    def _is_of_others(within: ast.AST, query: ast.AST, kinds: Set[str], parents: Mapping[int, ast.AST]) -> bool:
        """Whether none of the stored kinds are in what a query gives."""
        return kinds.isdisjoint(_names(query)) or asks_what_is_left(within, query, kinds, parents)

    def _is_outside(
        self, scope: FunctionId, objects: list[Inst], asking: list[ast.Call], storing: list[ast.Call]
    ) -> bool:
        """Whether objects of the project keep what they are told outside the program, as far as they tell it again."""
        told: list[set[str]] = []
        for calls in (asking, storing):
            methods = [method for call in calls for method in self._graph.entered(scope, call)]
            parts = [holders.touched(self._graph, method) for method in methods]
            if len(methods) < len(calls) or any(part is None for part in parts):
                return False
            told.append(set().union(*(part for part in parts if part is not None)))
        shared = [self._graph.program.attribute(each, name) for name in told[0] & told[1] for each in objects]
        return all(values and all(isinstance(value, Ext | Fn) for value in values) for values in shared)

    def _is_container(self, scope: FunctionId, name: str) -> bool:
        """Whether something is seen to make the variable one of Python's own containers."""
        function = self._graph.function(scope)
        owner = self._graph.program.owner(function, name)
        values = [binding.value for binding in owner.bindings.get(name, ())] if owner is not None else []
        return any(
            isinstance(value, DISPLAYS) or (isinstance(value, ast.Call) and last_name(value.func) in CONTAINERS)
            for value in values
        )

    def _stored(self, scope: FunctionId, session: str) -> Iterator[str]:
        """The names of the classes whose objects the function puts into the session."""
        for call in self._graph.function(scope).calls:
            func = call.node.func
            if isinstance(func, ast.Attribute) and func.attr in flow.MUTATORS and ast.unparse(func.value) == session:
                for given in flow.request_arguments(call.node):
                    values = self._graph.program.eval(scope, given) if isinstance(given, ast.expr) else ()
                    yield from (v.id.qualname.rpartition(".")[2] for v in values if isinstance(v, Inst))

    def _run(self, scope: FunctionId, call: ast.Call) -> list[FunctionId]:
        return [function.id for function in self._graph.entered(scope, call)]

    def _names_below(self, start: FunctionId) -> Set[str]:
        """The names that the function and the project's functions that it calls read up to the request."""
        if start not in self._named:
            found: set[str] = set()
            level, seen = [start], {start}
            for _ in range(_MAX_DEPTH):
                called: set[FunctionId] = set()
                for function in map(self._graph.function, level):
                    end = self._end_of_asking(function)
                    read = (each for each in walk(function.node) if isinstance(each, ast.Name | ast.Attribute))
                    found |= {last_name(each) for each in read if each.lineno <= end}
                    calls = (each.node for each in function.calls if each.node.lineno <= end)
                    called |= {id for call in calls for id in self._run(function.id, call)}
                level = sorted(called - seen)
                seen |= called
            self._named[start] = frozenset(found)
        return self._named[start]

    def _end_of_asking(self, function: FunctionFacts) -> float:
        """The line after which the function asks nothing any more; infinite where it asks nothing itself."""
        asking = (
            each
            for each in function.calls
            if id(each.node) in self._requests or not self._asking.isdisjoint(self._run(function.id, each.node))
        )
        nodes = (node for call in asking for node in (call.node, *call.loops))
        ends = [line for node in nodes if (line := getattr(node, "end_lineno", None)) is not None]
        return max(ends, default=float("inf"))

    @cached_property
    def _requests(self) -> Set[int]:
        return {id(model.node) for model in self._graph.model_calls}

    @cached_property
    def _asking(self) -> Set[FunctionId]:
        """The functions that come to a request."""
        level = {model.function for model in self._graph.model_calls}
        found = set(level)
        while level:
            level = {edge.caller for id in level for edge in self._graph.edges_to(id)} - found
            found |= level
        return found


def _chain(node: ast.AST, parents: dict[int, ast.AST]) -> ast.AST:
    """What is called on the object, and on what that gives, as a whole: `session.query(Note).filter(...).first()`."""
    while True:
        parent = parents.get(id(node))
        if isinstance(parent, ast.Attribute | ast.Await) or (isinstance(parent, ast.Call) and parent.func is node):
            node = parent
        else:
            return node


def _looks_up(call: ast.Call, own: Set[str]) -> bool:
    """Whether the call gives what is kept under a key of the item's own."""
    method = last_name(call.func)
    is_look = _LOOKING_UP.match(method) is not None and _TALK.search(method) is None
    return is_look and not own.isdisjoint(flow.all_read(arguments(call)))


def _names(node: ast.AST) -> set[str]:
    return {last_name(each) for each in walk(node) if isinstance(each, ast.Name | ast.Attribute)}


def own_names(loop: LoopNode) -> set[str]:
    """The names of the loop's item, and of what is made of it."""
    own = set(flow.targets(loop.target)) if not isinstance(loop, ast.While) else set()
    return own if isinstance(loop, ast.comprehension) else _with_made(loop, own)


def _with_made(within: ast.AST, given: Set[str]) -> set[str]:
    """The names, and those of what is made of them."""
    own = set(given)
    for node in walk(within):
        if isinstance(node, ast.Assign) and own & flow.all_read([node.value]):
            own |= {name for target in node.targets for name in flow.targets(target)}
    return own
