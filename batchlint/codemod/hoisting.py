"""The answers of a statement, in front of it."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst
import libcst.matchers as m

from batchlint.codemod.nodes import own_parens, standalone

_ASKS = m.Yield() | m.Await()


class Hoist(cst.CSTTransformer):
    """Replaces each `yield` of a statement by a name, innermost and leftmost first.

    What is asked under a condition goes along with it: `draft and (yield ...)` as a whole.
    """

    def __init__(self, fresh: Callable[[str], str]) -> None:
        super().__init__()
        self.fresh = fresh
        self.stored: list[tuple[str, cst.BaseExpression]] = []

    def visit_Lambda(self, node: cst.Lambda) -> bool:
        return False

    def visit_IfExp(self, node: cst.IfExp) -> bool:
        return not (m.findall(node.body, _ASKS) or m.findall(node.orelse, _ASKS))

    def visit_BooleanOperation(self, node: cst.BooleanOperation) -> bool:
        return not m.findall(node.right, _ASKS)

    def leave_IfExp(self, original_node: cst.IfExp, updated_node: cst.IfExp) -> cst.BaseExpression:
        return updated_node if self.visit_IfExp(original_node) else self._named(updated_node)

    def leave_BooleanOperation(
        self, original_node: cst.BooleanOperation, updated_node: cst.BooleanOperation
    ) -> cst.BaseExpression:
        return updated_node if self.visit_BooleanOperation(original_node) else self._named(updated_node)

    def leave_Yield(self, original_node: cst.Yield, updated_node: cst.Yield) -> cst.BaseExpression:
        return self._named(updated_node)

    def leave_Await(self, original_node: cst.Await, updated_node: cst.Await) -> cst.BaseExpression:
        return self._named(updated_node)

    def _named(self, node: cst.BaseExpression) -> cst.Name:
        name = self.fresh("answer")
        self.stored.append((name, own_parens(standalone(node), None)))
        return cst.Name(name)
