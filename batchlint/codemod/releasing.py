"""Files that are read for a request: closed in front of it, as an item may wait for its answer for hours.

with open(path) as file:                    with open(path) as file:
    texts.append(ask(file.read()))   ->         content = file.read()
                                            texts.append((yield from ask(content)))
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.codemod import scopes
from batchlint.codemod.blocks import Comprehension, opens
from batchlint.codemod.changes import Fanout, Release
from batchlint.facts import FunctionFacts
from batchlint.symbols import last_name
from batchlint.trees import walk

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_READING = frozenset({"read", "readlines", "readline"})
_LOADING = frozenset({"load", "safe_load", "full_load", "list", "tuple", "sorted", "set"})
"""What has read all of a file when it returns."""
_SIMPLE = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Return)
_LATE = (ast.Lambda, ast.IfExp, ast.BoolOp, *Comprehension.__args__)
"""What evaluates its parts later, several times or not at all."""


def plan(planner: Planner, fanout: Fanout, function: FunctionFacts, node: ast.With) -> bool:
    """Plan that the block ends in front of its first request; whether it can."""
    name = _opened(node)
    asking = next((i for i, each in enumerate(node.body) if planner.asks(function, [each])), None)
    if name is None or asking is None:
        return False
    reads = [_read(each, name) for each in node.body]
    if any(read is None for read in reads):
        return False
    last = max((i for i, read in enumerate(reads) if read), default=-1)
    if last < asking:
        release = Release(last + 1)
    else:
        found = _given(planner, function, node.body[asking], reads[asking] or []) if last == asking else None
        if found is None:
            return False
        release = Release(asking, planner.place(function.id.path, found))
    if not release.inside and release.given is None:
        return False
    fanout.file(function.id.path).released[planner.place(function.id.path, node)] = release
    return True


def _opened(node: ast.With) -> str | None:
    """The name of the file that the `with` opens for reading, where it does nothing else."""
    item = node.items[0]
    opened, name = item.context_expr, item.optional_vars
    if len(node.items) > 1 or not isinstance(name, ast.Name):
        return None
    if not opens(opened):
        return None
    is_method = isinstance(opened.func, ast.Attribute)
    given = [*opened.args[0 if is_method else 1 :], *(k.value for k in opened.keywords if k.arg == "mode")]
    modes = [each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    is_plain = all(isinstance(each, ast.Constant) for each in given[:1])
    return name.id if is_plain and not any(set(mode) & set("wax+") for mode in modes[:1]) else None


def _read(statement: ast.stmt, name: str) -> list[ast.expr] | None:
    """The expressions of the statement that read the whole file; None where it is used in another way."""
    found: list[ast.expr] = []
    for use in (n for n in walk(statement) if isinstance(n, ast.Name) and n.id == name):
        around = [n for n in scopes.path_to(statement, use) if isinstance(n, ast.expr)]
        call = next((n for n in reversed(around) if isinstance(n, ast.Call)), None)
        if call is None or not (_reads(call, use) or (use in call.args and last_name(call.func) in _LOADING)):
            return None
        found.append(call)
    return found


def _reads(call: ast.Call, file: ast.Name) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.value is file and call.func.attr in _READING


def _given(planner: Planner, function: FunctionFacts, statement: ast.stmt, read: list[ast.expr]) -> ast.expr | None:
    """What the statement reads of the file to ask with it, where that can be read in front of the statement."""
    if len(read) != 1 or not isinstance(statement, _SIMPLE):
        return None
    around = scopes.path_to(statement, read[0])
    if any(isinstance(n, _LATE) for n in around):
        return None
    statements: list[ast.stmt] = [statement]
    asking = {id(call) for call in planner.converted(function, statements)}
    calls = [n for n in around if isinstance(n, ast.Call) and id(n) in asking]
    is_argument = any(read[0] is n for call in calls for part in (*call.args, *call.keywords) for n in walk(part))
    return read[0] if is_argument else None
