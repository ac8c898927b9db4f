"""Routes that only a timer's key opens: `if authorization != f"Bearer {settings.CRON_SECRET}": raise ...`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from batchlint.facts import MODULE, FunctionFacts, FunctionId
from batchlint.graph.decorators import Decorators
from batchlint.graph.links import Part
from batchlint.symbols import Program, last_name
from batchlint.trees import is_none, walk, walk_own
from batchlint.values import Fn


class Opened(NamedTuple):
    """A route, where it asks for the key, and the parameters that bring it."""

    id: FunctionId
    line: int
    brought: frozenset[str]


class TimerKeys(Part):
    def __init__(self, program: Program, decorators: Decorators) -> None:
        super().__init__(program)
        self._decorators = decorators
        self._keys = program.registry.requests.keys

    def routes(self) -> Iterator[Opened]:
        checking = {opened.id: opened for opened in self._checking()}
        if not checking:
            return
        for function in self.program.functions.values():
            if not function.decorators:
                continue
            opened = checking.get(function.id) or self._by_another(function, checking)
            if opened is not None and any(e.kind.kind == "web" for e in self._decorators.entries(function)):
                yield opened

    def _checking(self) -> Iterator[Opened]:
        """The functions that turn away who does not bring the key."""
        for module in self.modules.values():
            if not self._names_key(module.text):
                continue
            for function in module.functions.values():
                test = self._turns_away(function) if function.id.qualname != MODULE else None
                if test is not None:
                    read = {node.id for node in walk(test) if isinstance(node, ast.Name)}
                    brought = frozenset(read.intersection(function.parameter_names))
                    yield Opened(function.id, test.lineno, brought)

    def _by_another(self, function: FunctionFacts, checking: dict[FunctionId, Opened]) -> Opened | None:
        """The route as one that has another function check the key: a dependency, or one that it calls first."""
        defaults = (function.default(parameter.arg) for parameter in function.parameters)
        places: list[ast.AST] = [*function.decorators, *(node for node in defaults if node is not None)]
        places += [node for parameter in function.parameters if (node := parameter.annotation) is not None]
        scope = FunctionId(function.id.path, function.parent or MODULE)
        found = [(scope, node) for place in places for node in walk(place) if isinstance(node, ast.Name)]
        for statement in getattr(function.node, "body", ()):
            value = statement.value if isinstance(statement, ast.Expr) else None
            call = value.value if isinstance(value, ast.Await) else value
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
                found.append((function.id, call.func))
        for where, name in found:
            for named in self.program.eval(where, name):
                if isinstance(named, Fn) and named.id in checking:
                    return Opened(function.id, function.line, frozenset())
        return None

    def _turns_away(self, function: FunctionFacts) -> ast.expr | None:
        """The test for the key after which whoever fails it gets an error."""
        for statement in walk_own(function.node):
            if isinstance(statement, ast.If) and _leaves(statement.body) and self._is_denied(function, statement.test):
                return statement.test
        return None

    def _is_denied(self, function: FunctionFacts, test: ast.expr) -> bool:
        """Whether the test holds for all who do not bring the key: nothing else opens the route as well."""
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
            return any(self._is_denied(function, value) for value in test.values)
        if isinstance(test, ast.BoolOp):
            denied = [value for value in test.values if _is_negative(value)]
            return len(denied) == 1 and self._is_denied(function, denied[0])
        if not _is_negative(test):
            return False
        if isinstance(test, ast.UnaryOp) and not isinstance(test.operand, ast.Call):
            return isinstance(test.operand, ast.Name) and self._is_brought(function, test.operand)
        return self._is_key(function, test)

    def _is_brought(self, function: FunctionFacts, name: ast.Name) -> bool:
        """Whether the name is a header by which timers make themselves known, rather than the key to compare with."""
        if name.id in function.parameter_names:
            return self._names_key(name.id)
        values = [binding.value for binding in function.bindings.get(name.id, ()) if binding.value is not None]
        headers = [any(isinstance(each, ast.Attribute) and each.attr == "headers" for each in walk(v)) for v in values]
        return bool(values) and all(headers) and all(self._is_key(function, value) for value in values)

    def _is_key(self, function: FunctionFacts, node: ast.AST) -> bool:
        """Whether the node names the key, or a name that has it."""
        names = {each.id for each in walk(node) if isinstance(each, ast.Name)}
        values = [b.value for name in names for b in function.bindings.get(name, ()) if b.value is not None]
        return any(self._names_key(word) for each in (node, *values) for word in _words(each))

    def _names_key(self, text: str) -> bool:
        plain = text.lower().replace("-", "_")
        return any(key in plain for key in self._keys)


def _words(node: ast.AST) -> Iterator[str]:
    """The names and texts in the node."""
    for each in walk(node):
        if isinstance(each, ast.Name | ast.Attribute):
            yield each.id if isinstance(each, ast.Name) else each.attr
        elif isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value


def _leaves(body: list[ast.stmt]) -> bool:
    """Whether a branch ends in an error or an answer of its own: `raise`, `return`, `abort(403)`."""
    last = body[-1]
    call = last.value if isinstance(last, ast.Expr) else None
    aborts = isinstance(call, ast.Call) and last_name(call.func) == "abort"
    return aborts or isinstance(last, ast.Raise | ast.Return)


def _is_negative(test: ast.expr) -> bool:
    """Whether the test holds where something is not so."""
    if isinstance(test, ast.UnaryOp):
        return isinstance(test.op, ast.Not)
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return False
    return isinstance(test.ops[0], ast.NotEq) or (isinstance(test.ops[0], ast.Is) and is_none(test.comparators[0]))
