"""Requests through a client of which nothing is known, handed in or made elsewhere, by their method and arguments."""

from __future__ import annotations

import ast
import sys
from functools import cached_property

from batchlint.facts import CallFacts, FunctionFacts
from batchlint.graph.links import Part
from batchlint.providers import ApiCall
from batchlint.values import Ext, Value, Values

FAKES = ("unittest.mock.", "mock.", "pytest_mock.")
"""What tests put in the place of something else, and nothing else has."""


class HandedIn(Part):
    def find(
        self, function: FunctionFacts, call: CallFacts, func: ast.expr, values: Values
    ) -> tuple[ApiCall, Ext] | None:
        """The request, where the receiver is unknown, or in the eyes of the tests a fake."""
        if not isinstance(func, ast.Attribute) or func.attr not in self._rows:
            return None
        given = {keyword.arg for keyword in call.node.keywords}
        for method, keywords, path in self._rows[func.attr]:
            client = _receiver(func, method.split("."))
            if client is None or not keywords <= given:
                continue
            values |= self.program.eval(function.id, client)
            if not all(_is_fake(value) or self._is_unknown(value) for value in values):
                continue
            api = self.program.catalogue.match(path)
            is_told = not any(map(_is_fake, values)) or self._is_handed(function, client)
            if api is not None and is_told and not self.program.is_test(function.id.path):
                return api, Ext(path)
        return None

    def _is_unknown(self, value: Value) -> bool:
        """Whether the value comes from a library on which nothing is on record."""
        if not isinstance(value, Ext) or self.program.catalogue.local.find(value.path):
            return False
        package = value.path.partition(".")[0]
        return package == "builtins" or package not in self._known_packages

    @cached_property
    def _known_packages(self) -> frozenset[str]:
        own = (package.partition(".")[0] for package in self.program.catalogue.packages)
        return frozenset({*own, *sys.stdlib_module_names})

    def _is_handed(self, function: FunctionFacts, node: ast.expr) -> bool:
        """Whether a parameter of the function, or of one around it, is what the call is made on."""
        while isinstance(node, ast.Attribute):
            node = node.value
        return isinstance(node, ast.Name) and any(
            node.id in each.parameter_names for each in self.program.around(function)
        )

    @cached_property
    def _rows(self) -> dict[str, list[tuple[str, frozenset[str], str]]]:
        """By the last step of the method: the method, the arguments that tell it, the path."""
        found: dict[str, list[tuple[str, frozenset[str], str]]] = {}
        for row in self.program.catalogue.handed:
            entry = row["method"], frozenset(row["arguments"]), row["path"]
            found.setdefault(row["method"].rpartition(".")[2], []).append(entry)
        return found


def _is_fake(value: Value) -> bool:
    return isinstance(value, Ext) and value.path.startswith(FAKES)


def _receiver(func: ast.expr, steps: list[str]) -> ast.expr | None:
    """What the method is called on, if its steps are those: `self.client` of `self.client.messages.create`."""
    for step in reversed(steps):
        if not isinstance(func, ast.Attribute) or func.attr != step:
            return None
        func = func.value
    return func
