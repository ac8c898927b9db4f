"""What a request says that can be no question: how much of something, which of two ways, which day."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batchlint.facts import FunctionFacts, FunctionId
from batchlint.graph.links import Part
from batchlint.symbols import last_name
from batchlint.symbols.names import CLOCKS
from batchlint.trees import walk
from batchlint.values import Ext, Inst

AMOUNTS = frozenset({"int", "float", "bool"})
_DAYS = frozenset({"date", "datetime"})
_DEPTH = 4


class Amounts(Part):
    """Asks for a default beside a type: a number that has to be given may be somebody's own, an id."""

    def is_one(self, function: FunctionFacts, node: ast.expr, depth: int = 0) -> bool:
        """Whether what the function hands on holds no more than that."""
        if isinstance(node, ast.Constant):
            return True
        if depth > _DEPTH:
            return False
        if isinstance(node, ast.Attribute):
            return self._is_field(function, node)
        if isinstance(node, ast.BoolOp | ast.IfExp):
            # What stands in for the clock is a time as well: `request.date or date.today()`.
            parts = node.values if isinstance(node, ast.BoolOp) else [node.body, node.orelse]
            is_time = any(self._reads_clock(function, part) for part in parts)
            return is_time or all(self.is_one(function, part, depth + 1) for part in parts)
        if not isinstance(node, ast.Name):
            return False
        bindings = function.bindings.get(node.id, [])
        if node.id in function.parameter_names:
            parameter = next(each for each in function.parameters if each.arg == node.id)
            return not bindings and function.default(node.id) is not None and _is_amount(parameter.annotation)
        values = [each.value for each in bindings if each.how == "value" and each.value is not None]
        return len(values) == 1 == len(bindings) and self.is_one(function, values[0], depth + 1)

    def _is_field(self, function: FunctionFacts, node: ast.Attribute) -> bool:
        """Whether the class of what was sent says so of its field: `limit: int = 10`."""
        owners = self.program.eval(function.id, node.value)
        return bool(owners) and all(any(self._told(function.id, value, node.attr)) for value in owners)

    def _told(self, scope: FunctionId, value: object, name: str) -> Iterator[bool]:
        for klass in self.program.mro(value.id)[0] if isinstance(value, Inst) else ():
            facts = self.program.classes.get(klass)
            bindings = facts.bindings.get(name, []) if facts is not None else []
            if any(each.how == "value" for each in bindings):
                yield any(_is_amount(each.value) for each in bindings if each.how == "annotation")

    def _reads_clock(self, function: FunctionFacts, node: ast.expr) -> bool:
        calls = (each for each in walk(node) if isinstance(each, ast.Call))
        values = (value for call in calls for value in self.program.eval(function.id, call.func))
        return any(isinstance(value, Ext) and CLOCKS.match(value.path) for value in values)


def _is_amount(annotation: ast.expr | None) -> bool:
    nodes = walk(annotation) if annotation is not None else ()
    return not {last_name(each) for each in nodes if isinstance(each, ast.expr)}.isdisjoint({*AMOUNTS, *_DAYS})
