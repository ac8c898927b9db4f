"""What a loop yields, as a list that is yielded when all answers are there."""

from __future__ import annotations

import libcst as cst

from batchlint.codemod.nodes import line, standalone


def collected(node: cst.Yield, name: str) -> cst.Call:
    """The call that adds to the list `name` what the statement yielded."""
    if isinstance(node.value, cst.From):
        return cst.Call(cst.Attribute(cst.Name(name), cst.Name("extend")), [cst.Arg(standalone(node.value.item))])
    value = node.value if node.value is not None else cst.Name("None")
    if isinstance(value, cst.Tuple) and not value.lpar:
        value = value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return cst.Call(cst.Attribute(cst.Name(name), cst.Name("append")), [cst.Arg(standalone(value))])


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
