"""Files that are read, and then opened anew around a request: while its answer is waited for they are empty.

A run that is killed meanwhile, in hours rather than seconds, would lose what they held.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING

from batchlint.codemod import scopes
from batchlint.codemod.access import Access, Frame
from batchlint.codemod.blocks import opens
from batchlint.codemod.refusals import Refused
from batchlint.facts import FunctionFacts

if TYPE_CHECKING:
    from batchlint.codemod.reader import Reader


def check(reader: Reader, node: ast.With, frame: Frame, before: Iterable[Access]) -> None:
    """Refuse the `with` around a request where it empties a file that is among what was read `before`."""
    opened = [item.context_expr for item in node.items if _empties(item.context_expr)]
    written = {access.channel: access for each in opened for access in reader.of(each, frame) if access.how == "write"}
    for read in before:
        if read.how == "read" and read.channel[0] == "file" and (access := written.get(read.channel)) is not None:
            what = f"{read.name} is read (line {read.line}) and stands open for writing while an answer is waited for"
            raise Refused("unsupported-shape", f"{what} (line {access.line}); write it when the answers are there")


def check_around(reader: Reader, function: FunctionFacts, loop: ast.AST) -> None:
    """The same for what stands around the loop in its function."""
    trail = scopes.path_to(function.node, loop)
    for index, node in enumerate(trail):
        if not isinstance(node, ast.With) or not any(_empties(item.context_expr) for item in node.items):
            continue
        frame = Frame(function, set())
        pairs = itertools.pairwise(trail[: index + 1])
        earlier = (statement for parent, child in pairs for statement in scopes.preceding(parent, child))
        check(reader, node, frame, (a for statement in earlier for a in reader.statement(statement, frame)))


def _empties(opened: ast.expr) -> bool:
    """Whether it opens a file that is empty then: `open(path, "w")`, `path.open("w")`."""
    if not opens(opened):
        return False
    modes = [*opened.args[:2], *(k.value for k in opened.keywords if k.arg == "mode")]
    return any(isinstance(m, ast.Constant) and isinstance(m.value, str) and m.value in _MODES for m in modes)


_MODES = frozenset({"w", "wt", "wb", "w+", "wb+", "w+b"})
