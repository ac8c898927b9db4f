"""Sentences that tell somebody to wait a moment for what goes on: `flash("Refresh the page in a moment.")`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property

from batchlint.facts import FunctionFacts, FunctionId
from batchlint.graph.links import Part
from batchlint.symbols import Program, last_name
from batchlint.trees import walk, walk_own

_LOGS = re.compile(r"(^|_)(log|logger|logging|stdout|stderr)$", re.IGNORECASE)
"""What holds the methods that write to a log or a terminal, which nobody in front of a page reads."""


class Promises(Part):
    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._known: dict[FunctionId, bool] = {}

    def are_made(self, function: FunctionFacts) -> bool:
        """Whether the function tells somebody that the result will be there in a moment."""
        known = self._known.get(function.id)
        if known is None:
            said = (" ".join(text.split()) for text in _said(function))
            known = any(self._soon.search(text) and not self._refused.search(text) for text in said)
            self._known[function.id] = known
        return known

    @cached_property
    def _soon(self) -> re.Pattern[str]:
        return _any_of(self.program.registry.polled.soon)

    @cached_property
    def _refused(self) -> re.Pattern[str]:
        return _any_of(self.program.registry.polled.refused)


def _any_of(phrases: frozenset[str]) -> re.Pattern[str]:
    """Finds one of the phrases, each a pattern, between words."""
    return re.compile(rf"\b(?:{'|'.join(sorted(phrases))})\b", re.IGNORECASE)


def _said(function: FunctionFacts) -> Iterator[str]:
    """The sentences in the function, but for those of its documentation, its errors and its log."""
    silent = [node for node in walk_own(function.node) if _is_silent(node)]
    unsaid = {id(each) for node in silent for each in walk(node)}
    for node in walk_own(function.node):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value
        if is_text and id(node) not in unsaid:
            yield str(node.value)  # type: ignore[attr-defined]


def _is_silent(node: ast.AST) -> bool:
    if isinstance(node, ast.Raise) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        return True
    func = node.func if isinstance(node, ast.Call) else None
    if isinstance(func, ast.Attribute):
        return _LOGS.search(last_name(func.value)) is not None
    return isinstance(func, ast.Name) and func.id == "print"
