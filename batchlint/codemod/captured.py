"""Output and warnings that the program takes in itself: a request may need what was printed or warned of before."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from batchlint.codemod.access import Access, Frame
from batchlint.codemod.access import touches as touched
from batchlint.facts import FunctionFacts
from batchlint.symbols import last_name
from batchlint.trees import walk

if TYPE_CHECKING:
    from batchlint.codemod.paths import Paths

Place = tuple[FunctionFacts, ast.expr]
_STREAMS = frozenset({"stdout", "stderr"})


class Captured:
    """Finds what takes them in."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths

    def touches(self, kind: str, line: int) -> list[Access]:
        """What a message of the kind goes into; in which order messages come shows nowhere else."""
        channels = (self._paths.path(node, Frame(function, set())) for function, node in self._places[kind])
        return touched(set().union(*channels), "sum", line)

    @cached_property
    def _places(self) -> dict[str, list[Place]]:
        found: dict[str, list[Place]] = {"stdout": [], "warnings": []}
        for module in self._paths.program.modules.values():
            if any(name in module.text for name in ("redirect_std", "catch_warnings", "sys.stdout", "sys.stderr")):
                for function in (module.body, *module.functions.values()):
                    for kind, node in _taken_in(function):
                        found[kind].append((function, node))
        return found


def _taken_in(function: FunctionFacts) -> Iterator[tuple[str, ast.expr]]:
    for node in walk(function.node):
        if isinstance(node, ast.Call) and last_name(node.func) in {"redirect_stdout", "redirect_stderr"}:
            yield from (("stdout", each) for each in node.args[:1])
        elif isinstance(node, ast.Assign):
            if any(isinstance(t, ast.Attribute) and t.attr in _STREAMS for t in node.targets):
                yield "stdout", node.value
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            context = node.context_expr
            called = last_name(context.func) if isinstance(context, ast.Call) else ""
            if called in {"catch_warnings", "redirect_stdout", "redirect_stderr"}:
                yield "warnings" if called == "catch_warnings" else "stdout", node.optional_vars
