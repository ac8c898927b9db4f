"""Agents of SDKs: a run is one request where they have no tools, a loop of dependent ones where they have.

So is a plain request of an SDK that calls the functions that it is given as tools, and sends what they say.
"""

from __future__ import annotations

import ast
from functools import cached_property

from batchlint.facts import MODULE, CallFacts, FunctionFacts, FunctionId
from batchlint.graph.links import Part
from batchlint.providers import AgentMaker, ToolRuns
from batchlint.symbols import last_name
from batchlint.trees import is_none, spreads
from batchlint.values import Ext, Fn, origin_at

_DEEP = 4
"""Parameters through which an agent is given its tools."""


class ToolUsers(Part):
    def has_tools(self, function: FunctionFacts, call: CallFacts, method: Ext, *, is_runner: bool) -> bool | None:
        """Whether the agent that the call of the SDK's `method` runs has tools; None where its making is not seen.

        A runner is given the agent, else the method is the agent's own.
        """
        found: set[bool] = set()
        for value in self._given(function, call) if is_runner else (method,):
            if isinstance(value, Ext) and value.origin is not None:
                maker = self.program.catalogue.agents.first(f"{value.path.partition('()')[0]}()")
                made = self._made.get(value.origin) if maker is not None else None
                if maker is not None and made is not None:
                    found.add(self._is_given_tools(*made, maker) or value.origin in self._decorated)
        return any(found) if found else None

    def runs_functions(self, function: FunctionFacts, call: CallFacts, runs: ToolRuns) -> bool:
        """Whether the SDK runs functions for the answers to the call, as it does where its tools are functions."""
        options = [k.value for k in call.node.keywords if k.arg == runs.argument]
        options += [value for each in options if (value := self._bound(function, each)) is not None]
        for given in map(_options, options):
            switch = given.get(runs.switch)
            off = _options(switch).get(runs.disabled_by) if switch is not None else None
            tools = given.get(runs.tools)
            named = tools.elts if isinstance(tools, ast.List | ast.Tuple) else []
            values = (value for each in named for value in self.program.eval(function.id, each))
            if any(isinstance(value, Fn) for value in values) and not (isinstance(off, ast.Constant) and off.value):
                return True
        return False

    @staticmethod
    def _bound(function: FunctionFacts, node: ast.expr) -> ast.expr | None:
        """What the function's variable was given, where that is one expression."""
        found = function.bindings.get(node.id, ()) if isinstance(node, ast.Name) else ()
        return found[0].value if len(found) == 1 and found[0].how == "value" else None

    def _given(self, function: FunctionFacts, call: CallFacts) -> frozenset[object]:
        """What the call is given to run: `Runner.run(agent, text)`."""
        names = self.program.catalogue.agent_arguments
        given = [*call.node.args[:1], *(k.value for k in call.node.keywords if k.arg in names)]
        return frozenset().union(*(self.program.eval(function.id, each) for each in given))

    def _is_given_tools(self, function: FunctionFacts, made: ast.Call, maker: AgentMaker) -> bool:
        """Whether the call gives the agent tools, or may do so; an empty list gives none."""
        given = [keyword.value for keyword in made.keywords if keyword.arg in maker.tools]
        is_open = any(keyword.arg is None for keyword in made.keywords)
        return is_open or any(not self._is_empty(function, each) for each in given)

    def _is_empty(self, function: FunctionFacts, node: ast.expr, depth: int = 0) -> bool:
        """Whether the expression holds nothing: by itself, or as a parameter for which no caller gives anything."""
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            return all(self._is_empty(function, each, depth) for each in node.values)
        if not isinstance(node, ast.Name):
            return _holds_nothing(node)
        callers = self.program.callers
        is_changed = node.id in function.bindings or node.id in map(_receiver, function.calls)
        if depth == _DEEP or is_changed or node.id not in function.parameter_names:
            return False
        calls = callers.call_sites(function)
        if not calls or any(spreads(call) for _, call, _ in calls):
            return False
        given = list(callers.given(function, node.id))
        default = function.default(node.id)
        is_left_out = len(given) < len(calls)
        if is_left_out and (default is None or not _holds_nothing(default)):
            return False
        return all(self._is_empty(self.function(caller), each, depth + 1) for caller, each in given)

    @cached_property
    def _made(self) -> dict[str, tuple[FunctionFacts, ast.Call]]:
        """The calls that make agents, each in its function, by their place."""
        names = self.program.catalogue.agents.tails
        return {
            origin_at(function.id.path, call.node): (function, call.node)
            for function in self.program.functions.values()
            for call in function.calls
            if last_name(call.node.func) in names
        }

    @cached_property
    def _decorated(self) -> set[str]:
        """The places where agents are made that are given tools by decorators: `@agent.tool`."""
        found: set[str] = set()
        names = {
            name
            for rows in self.program.catalogue.agents.by_last.values()
            for maker in rows
            for name in maker.decorators
        }
        for function in self.program.functions.values():
            scope = FunctionId(function.id.path, function.parent or MODULE)
            for decorator in function.decorators:
                if last_name(decorator) in names:
                    values = self.program.eval(scope, decorator)
                    found |= {value.origin for value in values if isinstance(value, Ext) and value.origin is not None}
        return found


def _holds_nothing(node: ast.expr) -> bool:
    """Whether what is written out is an empty list, or none."""
    return is_none(node) or (isinstance(node, ast.List | ast.Tuple) and not node.elts)


def _receiver(call: CallFacts) -> str | None:
    """The name of what has its method called: `tools` of `tools.append(search)`."""
    func = call.node.func
    return func.value.id if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) else None


def _options(node: ast.expr) -> dict[str, ast.expr]:
    """What is given by name to the call that makes an object, or stands under the keys of a dict."""
    if isinstance(node, ast.Call):
        return {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg is not None}
    rows = zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ()
    return {str(key.value): value for key, value in rows if isinstance(key, ast.Constant)}
