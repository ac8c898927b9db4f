"""Helpers that call what they are handed: `with_retries(lambda: client.chat.completions.create(...))`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, TypeGuard

from batchlint.codemod import connections
from batchlint.codemod.access import Frame
from batchlint.codemod.blocks import streams
from batchlint.codemod.changes import Fanout
from batchlint.codemod.refusals import Refused
from batchlint.facts import MODULE, FunctionFacts, FunctionId
from batchlint.graph import Edge, Graph
from batchlint.loops import is_item_loop
from batchlint.symbols import is_partial
from batchlint.trees import is_none, walk
from batchlint.values import Ext, Fn, Inst, Value

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner
    from batchlint.codemod.support import Support

CALLED = "called"
"""What becomes of a call of a parameter that can be something else than one SDK's method."""
_UNKNOWN = ast.Constant(...)
"""In place of an argument that the helper makes itself."""
_OTHERS = ast.keyword(None, _UNKNOWN)
_TELLING = frozenset({"__name__", "__qualname__", "__doc__", "__module__"})


class Callbacks:
    """Finds what the parameters of one program's functions are called as."""

    def __init__(self, support: Support) -> None:
        self.support = support
        self.graph: Graph = support.graph
        self.program = support.graph.program
        self._known: dict[int, str | None] = {}

    # -- finding them
    def parameter(self, scope: FunctionId, call: ast.Call) -> str | None:
        """The parameter of the function that the call calls."""
        function = self.program.functions[scope]
        if not isinstance(call.func, ast.Name) or isinstance(function.node, ast.Lambda):
            return None
        name = call.func.id
        is_own = name in function.parameter_names and name not in function.bindings
        return name if is_own and self.program.callers.wrapped(scope) != name else None

    def handed(self, scope: FunctionId, name: str) -> list[tuple[FunctionId, ast.Call, ast.expr]]:
        """What the function is handed for the parameter, each with the call and where that stands."""
        found = self.program.callers.arguments(self.program.functions[scope], name)
        return [(caller, call, self.meant(caller, argument)) for caller, call, argument in found]

    def meant(self, caller: FunctionId, argument: ast.expr) -> ast.expr:
        """The lambda or `partial` that the argument is the name of, if it has this name only to be handed over."""
        function = self.program.functions[caller]
        if not isinstance(argument, ast.Name) or argument.id in function.parameter_names:
            return argument
        value = function.only_value(argument.id)
        if not isinstance(value, ast.Lambda) and not is_partial(value):
            return argument
        named = (n for n in ast.walk(function.node) if isinstance(n, ast.Name) and n.id == argument.id)
        is_handed = all(id(n) in self._arguments_for_calls for n in named if isinstance(n.ctx, ast.Load))
        if isinstance(value, ast.Lambda) and caller.qualname == MODULE:
            is_handed &= all(edge.caller.path == caller.path for edge in self.graph.edges_to(self.scope(caller, value)))
        return value if value is not None and is_handed else argument

    @cached_property
    def _arguments_for_calls(self) -> set[int]:
        """The arguments, by identity, that go to a parameter which is called once."""
        called = ((self.program.functions[id_], name) for id_, name in self._calling)
        return {id(argument) for each in called for *_, argument in self.program.callers.arguments(*each)}

    def is_called_below(self, call: ast.Call) -> bool:
        """Whether the call is a `partial` that only functions of the project get, which call it."""
        return id(call) in self._partials

    @cached_property
    def _partials(self) -> set[int]:
        return {id(a) for id_, name in self._calling for _, _, a in self.handed(id_, name) if is_partial(a)}

    def passed_on(self, found: set[FunctionId]) -> Iterator[FunctionId]:
        """The functions that call a parameter, once at a time, which can be one of the `found`."""
        return (scope for scope, callees in self._callees if not found.isdisjoint(callees))

    @cached_property
    def _callees(self) -> list[tuple[FunctionId, set[FunctionId]]]:
        """The functions of the project that each of them can call by the parameter."""
        callees = []
        for scope, name in self._calling:
            entered = set[FunctionId]()
            for caller, _, argument in self.handed(scope, name):
                values = self._values(caller, argument)
                entered.update(*map(self._entered, values))
                if is_partial(argument) and any(map(self._is_model, values)):
                    entered.add(caller)  # the request counts as made where its `partial` is
            callees.append((scope, entered))
        return callees

    @cached_property
    def _calling(self) -> list[tuple[FunctionId, str]]:
        """The functions that do, with the parameter."""
        found: dict[tuple[FunctionId, str], bool] = {}
        for reference in self.program.call_facts.values():
            id = reference.caller.id
            name = self.parameter(id, reference.call.node)
            if name is not None:
                once = not any(is_item_loop(loop) for loop in reference.call.loops)
                found[id, name] = found.get((id, name), True) and once
        return [each for each, once in found.items() if once and not self.program.functions[each[0]].is_generator]

    def _values(self, caller: FunctionId, argument: ast.expr) -> frozenset[Value]:
        if is_partial(argument):
            argument = argument.args[0]
        return frozenset(self.program.eval(caller, argument))

    # -- what becomes of their calls
    def converts(self, scope: FunctionId, call: ast.Call) -> str | None:
        """What becomes of the call of a parameter: None where that is never one that makes requests."""
        if id(call) not in self._known:
            self._known[id(call)] = None  # what calls itself makes no other request
            self._known[id(call)] = self._converts(scope, call)
        return self._known[id(call)]

    def _converts(self, scope: FunctionId, call: ast.Call) -> str | None:
        name = self.parameter(scope, call)
        if name is None:
            return None
        is_async = self.program.functions[scope].is_async
        kinds = {self.kind(caller, argument, is_async) for caller, _, argument in self.handed(scope, name)}
        default = self.program.functions[scope].default(name)
        if default is not None and not is_none(default):
            kinds.add(self.kind(scope, default, is_async))
        if kinds <= {"plain", "unknown"}:
            return None
        if "unknown" in kinds or (is_async and "request" in kinds and len(kinds) > 1):
            raise Refused(
                "unsupported-shape",
                f"it is not known what `{name}` of `{Graph.label(scope)}` can be (line {call.lineno})",
            )
        if kinds == {"request"}:
            if is_async and self.support.model(call) is None and not self.program.call_facts[id(call)].call.awaited:
                what = f"`{name}` keeps the coroutine waiting (line {call.lineno}); hand over a coroutine's function"
                raise Refused("unsupported-shape", what)
            return "request"
        if not self._only_calls(self.program.functions[scope], name):
            what = f"`{Graph.label(scope)}` does more with `{name}` than to call it (line {call.lineno})"
            raise Refused("unsupported-shape", what)
        return CALLED

    def kind(self, caller: FunctionId, argument: ast.expr, is_async: bool) -> str:
        """What a call of the argument does: request, asks (a function with requests), plain, or unknown.

        `is_async`: whether the call is a coroutine's.
        """
        if isinstance(argument, ast.Lambda):
            return "asks" if self._asking(caller, argument) else "plain"
        values = self._values(caller, argument)
        kinds = {self._kind_of(value, is_async) for value in values}
        if isinstance(argument, ast.Constant):
            return "plain"
        return kinds.pop() if len(kinds) == 1 else "unknown"

    def _kind_of(self, value: Value, is_async: bool) -> str:
        if isinstance(value, Ext):
            return "request" if self._is_model(value) else "plain"
        if isinstance(value, Fn):
            function = self.program.functions[value.id]
            if function.is_generator or (function.is_async and not is_async):
                return "unknown"
            return "asks" if value.id in self.support.reaching else "plain"
        return "unknown"

    def _is_model(self, value: Value) -> TypeGuard[Ext]:
        """Whether it is a method of an SDK that makes a request."""
        return isinstance(value, Ext) and self.program.catalogue.match(value.path) is not None

    def _asking(self, caller: FunctionId, node: ast.Lambda) -> list[ast.Call]:
        """The calls in the lambda that make requests."""
        scope = self.scope(caller, node)
        calls = [each for each in walk(node.body) if isinstance(each, ast.Call)]
        return [call for call in calls if self.support.reaches(scope, call)]

    def scope(self, caller: FunctionId, node: ast.Lambda) -> FunctionId:
        qualname = self.graph.modules[caller.path].lambdas[node.lineno, node.col_offset]
        return FunctionId(caller.path, qualname)

    def hands_on(self, id: FunctionId) -> bool:
        """Whether the function is a lambda that only such a helper calls."""
        edges = self.graph.edges_to(id)
        return (
            bool(edges) and isinstance(self.program.functions[id].node, ast.Lambda) and all(map(self.is_through, edges))
        )

    def is_through(self, edge: Edge) -> bool:
        """Whether the function is handed to a helper that calls it once, wherever the helper is called."""
        if not isinstance(edge.node, ast.Call) or edge.kind not in {"callback", "call"}:
            return False
        targets = {v.id for v in self.program.eval(edge.caller, edge.node.func) if isinstance(v, Fn)}
        return len(targets) == 1 and any(self._is_handed(edge, id, name) for id, name in self._calling if id in targets)

    def _is_handed(self, edge: Edge, id: FunctionId, name: str) -> bool:
        given = [(caller, argument) for caller, node, argument in self.handed(id, name) if node is edge.node]
        return any(edge.callee in self._entered(value) for each in given for value in self._values(*each))

    def _entered(self, value: Value) -> set[FunctionId]:
        """The functions that a call of the value enters: itself, or the `__call__` of an object."""
        found = self.program.attribute(value, "__call__") if isinstance(value, Inst) else {value}
        return {v.id for v in found if isinstance(v, Fn)}

    def consumed(self, scope: FunctionId, nodes: Iterable[ast.AST]) -> set[int]:
        """The lambdas, by identity, that a helper of the project calls and forgets."""
        found: set[int] = set()
        for call in (n for node in nodes for n in walk(node) if isinstance(n, ast.Call)):
            targets = {v.id for v in self.program.eval(scope, call.func) if isinstance(v, Fn)}
            for id_, name in self._calling if len(targets) == 1 else ():
                if id_ in targets and self._only_calls(self.program.functions[id_], name):
                    found |= {id(a) for caller, node, a in self.handed(id_, name) if node is call and caller == scope}
        return found

    @staticmethod
    def _only_calls(function: FunctionFacts, name: str) -> bool:
        called = {id(call.node.func) for call in function.calls}
        nodes = list(walk(function.node))
        called |= {id(n.value) for n in nodes if isinstance(n, ast.Attribute) and n.attr in _TELLING}
        return all(id(n) in called for n in nodes if isinstance(n, ast.Name) and n.id == name)

    # -- following them
    def resolve(self, frame: Frame, call: ast.Call) -> tuple[ast.expr, Frame, ast.Call]:
        """What the call of a parameter calls here, where that stands, and the call written there."""
        given, caller = self._given(frame, call)
        arguments, keywords = self._arguments(frame, call)
        if (arguments or keywords) and caller is not frame.caller:
            raise Refused("unsupported-shape", f"`{ast.unparse(call.func)}` is handed on (line {call.lineno})")
        if isinstance(given, ast.Call):  # a `partial`
            arguments, keywords = [*given.args[1:], *arguments], [*given.keywords, *keywords]
            given = given.args[0]
        return given, caller, ast.copy_location(ast.Call(given, arguments, keywords), call)

    def _given(self, frame: Frame, call: ast.Call) -> tuple[ast.expr, Frame]:
        assert isinstance(call.func, ast.Name)
        given, caller = frame.given.get(call.func.id), frame.caller
        while isinstance(given, ast.Name) and caller is not None and caller.caller and given.id in caller.given:
            given, caller = caller.given[given.id], caller.caller
        if given is None or caller is None:
            raise Refused("unsupported-shape", f"it is not known what `{call.func.id}` is (line {call.lineno})")
        return self.meant(caller.function.id, given), caller

    def _arguments(self, frame: Frame, call: ast.Call) -> tuple[list[ast.expr], list[ast.keyword]]:
        """The arguments of the call in the names of the helper's caller."""
        found: list[ast.expr] = []
        for argument in call.args:
            if isinstance(argument, ast.Starred):
                found += self._more(frame) if _is_name(argument.value, frame.function.rest) else [_UNKNOWN]
            else:
                found.append(self._own(frame, argument))
        named: list[ast.keyword] = []
        for keyword in call.keywords:
            if keyword.arg is None:
                named += self._others(frame) if _is_name(keyword.value, frame.function.named) else [_OTHERS]
            else:
                named.append(ast.keyword(keyword.arg, self._own(frame, keyword.value)))
        if any(each is _UNKNOWN for each in (*found, *(k.value for k in named))):
            raise Refused(
                "unsupported-shape",
                f"`{ast.unparse(call.func)}` is handed more than what its caller gave (line {call.lineno})",
            )
        return found, named

    @staticmethod
    def _others(frame: Frame) -> list[ast.keyword]:
        """What the helper was given for its `**kwargs`."""
        function, given = frame.function, frame.entry.keywords if frame.entry is not None else [_OTHERS]
        return [k for k in given if k.arg not in function.parameter_names]

    def _own(self, frame: Frame, argument: ast.expr) -> ast.expr:
        """What the helper was given for the parameter that the argument names, or a part of its `*args`."""
        function = frame.function
        if isinstance(argument, ast.Constant):
            return argument
        if isinstance(argument, ast.Name) and argument.id not in function.bindings:
            return frame.given.get(argument.id, _UNKNOWN)
        is_part = isinstance(argument, ast.Subscript) and _is_name(argument.value, function.rest)
        place = _number(argument.slice) if is_part and isinstance(argument, ast.Subscript) else None
        more = self._more(frame) if place is not None else []
        return more[place] if place is not None and -len(more) <= place < len(more) else _UNKNOWN

    def _more(self, frame: Frame) -> list[ast.expr]:
        """What the helper was given for its `*args`."""
        rest, function = frame.entry, frame.function
        if rest is None or any(isinstance(a, ast.Starred) for a in rest.args) or function.rest in function.bindings:
            return [_UNKNOWN]
        own = len(function.arguments.posonlyargs) + len(function.arguments.args) if function.arguments else 0
        return list(rest.args[own - bool(function.owner) :])

    def lambda_frame(self, node: ast.Lambda, caller: Frame) -> Frame:
        """The frame of the lambda: the names around it mean what they mean there."""
        function = self.program.functions[self.scope(caller.function.id, node)]
        parameters = {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}
        frame = Frame(function, caller.local | parameters, dict(caller.aliases), set(caller.stable))
        frame.definitions, frame.targets = dict(caller.definitions), set(caller.targets)
        frame.given, frame.caller, frame.number = dict(caller.given), caller.caller, caller.number
        for parameter in parameters:
            frame.aliases.pop(parameter, None)
            frame.definitions.pop(parameter, None)
        return frame

    # -- planning them
    def plan(self, planner: Planner, fanout: Fanout, function: FunctionFacts, call: ast.Call) -> None:
        """Plan what becomes of the functions that the call hands to a helper which calls them."""
        for target in self.program.eval(function.id, call.func):
            if not isinstance(target, Fn):
                continue
            for each in self.program.functions[target.id].calls:
                name = self.parameter(target.id, each.node)
                if name is None or self.converts(target.id, each.node) is None:
                    continue
                for caller, node, argument in self.handed(target.id, name):
                    if node is call and caller == function.id:
                        self.hand(planner, fanout, function, argument, self.program.functions[target.id].is_async)
                        if streams(call.keywords):
                            raise Refused("streaming")

    def hand(
        self, planner: Planner, fanout: Fanout, function: FunctionFacts, argument: ast.expr, is_async: bool
    ) -> None:
        """Plan that the function hands over the twin in place of the argument, where this asks."""
        if isinstance(argument, ast.Lambda):
            if self._asking(function.id, argument):
                scope = self.program.functions[self.scope(function.id, argument)]
                planner.plan_body(fanout, scope, [argument.body], is_async)
            return
        if isinstance(argument, ast.Call):  # a `partial`
            argument = argument.args[0]
        if self.kind(function.id, argument, is_async) == "asks" and isinstance(argument, ast.Name | ast.Attribute):
            twin = planner.enter(fanout, self.support.entered(function.id, argument))
            fanout.file(function.id.path).references[planner.place(function.id.path, argument)] = twin
            fanout.converted.add(id(argument))
        for value in self._values(function.id, argument):
            if self._is_model(value):
                fanout.providers.add(self.support.check_handed(value, argument, is_async))
                fanout.parts |= connections.parts(value.path)


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name != ""


def _number(node: ast.expr) -> int | None:
    """The whole number that the node is, also a negative one."""
    is_negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
    constant = node.operand if isinstance(node, ast.UnaryOp) else node
    value = constant.value if isinstance(constant, ast.Constant) else None
    return (-value if is_negative else value) if isinstance(value, int) else None
