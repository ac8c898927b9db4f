"""Which arguments lead a function to a call in it: those that pass the `isinstance` tests on the way there."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from batchlint.facts import FunctionFacts, FunctionId
from batchlint.graph.kinds import BUILTIN, Kinds, is_one
from batchlint.graph.links import Edge, Part
from batchlint.symbols import Program
from batchlint.trees import SCOPES, children, stands_in


class Demand(NamedTuple):
    """What a function's argument must be, or must not be, for the call in question to run."""

    parameter: str
    types: frozenset[str]
    holds: bool


Demands = frozenset[Demand]
_LEAVE = (ast.Return, ast.Raise, ast.Continue, ast.Break)


class Guards(Part):
    """Reads the tests before calls, and holds the arguments of callers against them."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._kinds = Kinds(program)
        self._known: dict[tuple[FunctionId, int], Demands] = {}

    def before(self, id: FunctionId, node: ast.expr) -> Demands:
        """What the function's own parameters must be for the call `node` in it to run."""
        key = (id, node.lineno * 10_000 + node.col_offset)
        if key not in self._known:
            self._known[key] = self._find(self.function(id), node)
        return self._known[key]

    def _find(self, function: FunctionFacts, node: ast.expr) -> Demands:
        fixed = {name for name in function.parameter_names if name not in function.bindings}
        asks = any(_is_test(call.node) for call in function.calls)
        if not fixed or not asks:
            return frozenset()
        demands = (demand for test, holds in tests_before(function, node) for demand in _read(test, holds))
        return frozenset(demand for demand in demands if demand.parameter in fixed)

    def above(self, edge: Edge, demands: Demands) -> Demands | None:
        """What the caller's parameters must be where the callee's meet `demands`; None if the arguments do not."""
        found = set(self.before(edge.caller, edge.node))
        call = edge.node
        if edge.kind == "call" and isinstance(call, ast.Call) and not _is_spread(call):
            for demand in demands:
                argument = self.program.callers.argument(call, self.function(edge.callee), demand.parameter)
                if argument is None:
                    continue
                types = self._kinds.of(edge.caller, argument)
                if types is not None:
                    if all(is_one(kind, demand.types) is (not demand.holds) for kind in types):
                        return None
                elif isinstance(argument, ast.Name) and self._is_fixed(edge.caller, argument.id):
                    found.add(demand._replace(parameter=argument.id))
        return frozenset(found)

    def _is_fixed(self, id: FunctionId, name: str) -> bool:
        function = self.function(id)
        return name in function.parameter_names and name not in function.bindings


def tests_before(function: FunctionFacts, node: ast.expr | ast.stmt) -> Iterator[tuple[ast.expr, bool]]:
    """The conditions, each with how it must turn out, under which the function comes to the node."""
    if not isinstance(function.node, ast.Lambda):
        yield from _tests(function.node.body, node)


def _is_spread(call: ast.Call) -> bool:
    return any(isinstance(argument, ast.Starred) for argument in call.args) or any(
        keyword.arg is None for keyword in call.keywords
    )


def _tests(statements: Sequence[ast.stmt], node: ast.expr | ast.stmt) -> Iterator[tuple[ast.expr, bool]]:
    """The conditions, each with how it must turn out, under which the statements come to the node."""
    for statement in statements:
        if not stands_in(node, statement):
            if isinstance(statement, ast.If) and not statement.orelse and isinstance(statement.body[-1], _LEAVE):
                yield statement.test, False
            continue
        yield from _inside(statement, node)
        return


def _inside(parent: ast.AST, node: ast.expr | ast.stmt) -> Iterator[tuple[ast.expr, bool]]:
    if parent is node or isinstance(parent, SCOPES):
        return
    blocks = [value for _, value in ast.iter_fields(parent) if isinstance(value, list) and _are_statements(value)]
    for block in blocks:
        if any(stands_in(node, statement) for statement in block):
            if isinstance(parent, ast.If):
                yield parent.test, block is parent.body
            yield from _tests(block, node)
            return
    for child in children(parent):
        if stands_in(node, child):
            if isinstance(parent, ast.IfExp) and child is not parent.test:
                yield parent.test, child is parent.body
            yield from _inside(child, node)
            return


def _are_statements(value: list[ast.AST]) -> bool:
    return bool(value) and isinstance(value[0], ast.stmt)


def _read(test: ast.expr, holds: bool) -> Iterator[Demand]:
    """What an `isinstance` test about a name says where it turns out as it must."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield from _read(test.operand, not holds)
    elif isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) is holds:
        for value in test.values:
            yield from _read(value, holds)
    elif isinstance(test, ast.Call) and _is_test(test) and isinstance(test.args[0], ast.Name):
        types = _types(test.args[1])
        if types is not None:
            yield Demand(test.args[0].id, types, holds)


def _is_test(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "isinstance" and len(call.args) == 2


def _types(node: ast.expr) -> frozenset[str] | None:
    """The built-in types that the second argument of `isinstance` names; None if it names others."""
    if isinstance(node, ast.BinOp):
        left, right = _types(node.left), _types(node.right)
        return left | right if left is not None and right is not None else None
    names = node.elts if isinstance(node, ast.Tuple) else [node]
    found = frozenset(name.id for name in names if isinstance(name, ast.Name) and name.id in BUILTIN)
    return found if len(found) == len(names) else None
