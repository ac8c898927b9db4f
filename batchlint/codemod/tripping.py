"""Limits that end a loop by an error when answers have reached them: `if failures > 5: raise TooMany(failures)`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from batchlint.codemod import scopes
from batchlint.codemod.access import Access, clash
from batchlint.codemod.endings import EXITS
from batchlint.codemod.phases import Phases
from batchlint.codemod.reader import Reader
from batchlint.codemod.refusals import Refused
from batchlint.codemod.steps import Step
from batchlint.facts import FunctionFacts
from batchlint.symbols import last_name
from batchlint.trees import walk
from batchlint.values import Fn

_ORDERS = ast.Gt | ast.GtE | ast.Lt | ast.LtE


def check(reader: Reader, phases: Phases) -> None:
    """Refuse the iteration where what the answers of others have counted up can end the loop: it would buy the rest."""
    for step in (each for each in phases.steps if each.counts != {0} and _ends(each)):
        for test in _limits(reader, step):
            read = [access for access in reader.of(test, step.frame) if access.how == "read"]
            if comes_of_answers(phases, read):
                where = step.statement.lineno if step.statement is not None else 0
                what = f"`{ast.unparse(test)}` comes of other items' answers and ends the loop (line {where})"
                raise Refused("early-stop", what)


def comes_of_answers(phases: Phases, told: Iterable[Access]) -> bool:
    """Whether what is touched is changed after an answer."""
    late = [access for step in phases.steps if not step.ahead and step.counts for access in step.accesses]
    return any(clash(access, other) for access in told for other in late)


def _ends(step: Step) -> bool:
    if isinstance(step.statement, ast.Raise):
        return step.statement.exc is not None and not step.next  # else the iteration handles it
    call = step.statement.value if isinstance(step.statement, ast.Expr) else None
    return isinstance(call, ast.Call) and last_name(call.func) in EXITS


def _limits(reader: Reader, step: Step) -> Iterator[ast.expr]:
    """The comparisons under which the statement is reached, and the calls of functions that compare."""
    function = step.frame.function
    assert step.statement is not None
    for node in scopes.path_to(function.node, step.statement):
        if isinstance(node, ast.If | ast.While):
            parts = (n for n in walk(node.test) if isinstance(n, ast.Compare | ast.Call))
            yield from (part for part in parts if _is_limit(reader, function, part))


def _is_limit(reader: Reader, function: FunctionFacts, node: ast.Compare | ast.Call) -> bool:
    if isinstance(node, ast.Compare):
        return any(isinstance(operator, _ORDERS) for operator in node.ops)
    values = reader.program.eval(function.id, node.func)
    called = (reader.program.functions[value.id] for value in values if isinstance(value, Fn))
    return any(isinstance(n, ast.Compare) and isinstance(n.ops[0], _ORDERS) for f in called for n in walk(f.node))
