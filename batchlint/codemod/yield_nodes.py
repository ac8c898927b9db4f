"""What a loop yields, as a list that is yielded when all answers are there."""

from __future__ import annotations

from typing import Any

import libcst as cst
import libcst.matchers as m

from batchlint.codemod.nodes import indented, line, standalone


def collected(node: cst.Yield, name: str) -> cst.Call:
    """The call that adds to the list `name` what the statement yielded."""
    if isinstance(node.value, cst.From):
        return cst.Call(cst.Attribute(cst.Name(name), cst.Name("extend")), [cst.Arg(standalone(node.value.item))])
    value = node.value if node.value is not None else cst.Name("None")
    if isinstance(value, cst.Tuple) and not value.lpar:
        value = value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return cst.Call(cst.Attribute(cst.Name(name), cst.Name("append")), [cst.Arg(standalone(value))])


def listed(function: cst.FunctionDef, name: str) -> cst.FunctionDef:
    """The function with the list `name` of what it yielded as its result; its `yield`s add to that already."""
    leaving = _Leaving(name)
    body: list[Any] = [each.visit(leaving) for each in indented(function.body).body]
    start = 1 if function.get_docstring() is not None else 0
    statements = [*body[:start], line(f"{name} = []"), *body[start:], line(f"return {name}")]
    returns = function.returns.visit(_Listed()) if function.returns is not None else None
    return function.with_changes(body=indented(function.body).with_changes(body=statements), returns=returns)


class _Leaving(cst.CSTTransformer):
    """Gives the list back where the function returns."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        return False

    def leave_Return(self, original_node: cst.Return, updated_node: cst.Return) -> cst.Return:
        return cst.Return(cst.Name(self.name)) if updated_node.value is None else updated_node


class _Listed(cst.CSTTransformer):
    """`Iterator[str]` as `list[str]`."""

    def leave_Subscript(self, original_node: cst.Subscript, updated_node: cst.Subscript) -> cst.Subscript:
        if not m.matches(updated_node.value, m.Name("Iterator") | m.Name("Iterable") | m.Name("Generator")):
            return updated_node
        first = updated_node.slice[0].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return updated_node.with_changes(value=cst.Name("list"), slice=[first])


def yielded(
    driver: cst.BaseStatement, name: str, *, is_guarded: bool, each: str | None = None
) -> list[cst.BaseStatement]:
    """The driver with what yields the list behind it; where `is_guarded`, behind an error too.

    `each`: what an item is called where a loop has to yield them, in a coroutine.
    """
    items: cst.BaseStatement = line(f"yield from {name}")
    if each is not None:
        items = cst.parse_statement(f"for {each} in {name}:\n    yield {each}\n")
    if not is_guarded:
        return [driver, items]
    final = cst.Finally(cst.IndentedBlock([items]))
    return [cst.Try(cst.IndentedBlock([driver]), finalbody=final)]
