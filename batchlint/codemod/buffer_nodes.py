"""What becomes of loops that fill a list and ask when it is full, in LibCST."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst
import libcst.matchers as m

from batchlint.codemod.changes import Buffer
from batchlint.codemod.nodes import indented


def filling_loop(
    loop: cst.For, buffer: Buffer, drawing: Callable[[], cst.IndentedBlock]
) -> tuple[cst.For, cst.IndentedBlock]:
    """The loop that yields each full list instead of asking for it, and what is asked of one."""
    asking: list[cst.IndentedBlock] = []

    def filling(level: cst.For, depth: int) -> cst.For:
        *body, last = indented(level.body).body
        if depth > 1:
            assert isinstance(last, cst.For)
            inner = indented(level.body).with_changes(body=[*body, filling(last, depth - 1)])
            return level.with_changes(body=inner)
        assert isinstance(last, cst.If)
        whole = indented(last.body)
        block: list[Any] = list(whole.body)
        asking.append(cst.IndentedBlock(block[: -buffer.resets]))
        full = [*drawing().body, *_new_lists(block[-buffer.resets :], buffer.names)]
        last = last.with_changes(body=whole.with_changes(body=full))
        return level.with_changes(body=indented(level.body).with_changes(body=[*body, last]))

    drawn = filling(loop, buffer.levels).with_changes(leading_lines=[])
    return drawn, asking[0]


def left_over(tail: cst.If, buffer: Buffer, drawing: Callable[[], cst.IndentedBlock]) -> cst.If:
    """The statement behind the loop, which yields what is left over; comments on how it asks stay there."""
    first, *others = drawing().body
    assert isinstance(first, cst.SimpleStatementLine)
    whole = indented(tail.body)
    body: list[Any] = list(whole.body)
    asking, resets = body[: len(body) - buffer.rest], body[len(body) - buffer.rest :]
    comments = [cst.EmptyLine(comment=each) for part in asking for each in m.findall(part, m.Comment())]  # type: ignore[arg-type]
    lines = [first.with_changes(leading_lines=comments), *others, *_new_lists(resets, buffer.names)]
    return tail.with_changes(body=whole.with_changes(body=lines))


def yielding(tail: cst.BaseStatement, asking: Callable[[cst.SimpleStatementLine], Any]) -> cst.SimpleStatementLine:
    """The call behind the loop, whose generator is yielded as the last item. `asking`: what it becomes in one."""
    assert isinstance(tail, cst.SimpleStatementLine)
    line = asking(tail)
    entering = cst.ensure_type(cst.ensure_type(line.body[0], cst.Expr).value, cst.Yield)
    call = cst.ensure_type(entering.value, cst.From).item
    changed: cst.SimpleStatementLine = line.with_changes(body=[cst.Expr(cst.Yield(call))])
    return changed


def _new_lists(resets: Sequence[Any], names: Sequence[str]) -> list[Any]:
    """The statements that empty the lists, with a new list for one that is handed over and would be emptied."""
    found: list[Any] = []
    for statement in resets:
        given = [each for each in statement.body if isinstance(each, cst.Assign) and _binds(each)]
        if len(given) == len(statement.body) or not any(_names(statement, name) for name in names):
            found.append(statement)
            continue
        emptied = [name for name in names if _names(statement, name)]
        first, *others = [cst.parse_statement(f"{name} = []") for name in emptied]
        kept = {"leading_lines": statement.leading_lines, "trailing_whitespace": statement.trailing_whitespace}
        found += [first.with_changes(**kept), *others]
    return found


def _binds(assign: cst.Assign) -> bool:
    """Whether the assignment is to names, and not to all of what a list holds."""
    target = assign.targets[0].target
    parts = [each.value for each in target.elements] if isinstance(target, cst.Tuple) else [target]
    return all(isinstance(part, cst.Name) for part in parts)


def _names(statement: cst.CSTNode, name: str) -> bool:
    return (isinstance(statement, cst.Name) and statement.value == name) or any(
        _names(child, name) for child in statement.children
    )
