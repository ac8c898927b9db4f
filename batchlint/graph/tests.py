"""Tests that were put aside: whether one of them calls a function that nothing else does."""

from __future__ import annotations

import re
from collections.abc import Mapping

from batchlint.entrypoints import Kind
from batchlint.facts import FunctionId
from batchlint.findings import Step
from batchlint.graph.links import Entry, Part, label
from batchlint.symbols import Program


class Tests(Part):
    """Asked by name alone: a test that calls `label` and names the class or module that holds it is its caller."""

    def __init__(self, program: Program, tests: Mapping[str, bytes]) -> None:
        super().__init__(program)
        self._tests = tests

    def entry(self, id: FunctionId) -> Entry | None:
        """The first test that calls the function."""
        function = self.function(id)
        if not function.name.isidentifier():
            return None
        owner = function.owner.rpartition(".")[2] if function.owner else None
        holder = (owner or id.path.removesuffix(".py").removesuffix("/__init__").rpartition("/")[2]).encode()
        # A class is made by its own name: `Labels(client)` runs `__init__`.
        name = (owner if owner and function.name == "__init__" else function.name).encode()
        call = re.compile(rb"(?<!def )\b" + name + rb"\s*\(")
        for path, data in self._tests.items():
            if name in data and holder in data and (found := call.search(data)):
                line = data.count(b"\n", 0, found.start()) + 1
                step = Step(path, line, f"{path} calls {label(id)}")
                return Entry(Kind("tests", "test", None), step)
        return None
