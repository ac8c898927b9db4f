"""What a program opens on the screen of whoever started it, once the models have answered: `webbrowser.open(report)`.

Who is shown what was made of the answers sits in front of the requests. What the program opens before them, as a page
to log in on, says nothing, nor does what it opens only for who asks for it by an option (`if args.open:`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batchlint.facts import FunctionFacts
from batchlint.graph.conditions import tests_before
from batchlint.graph.links import Part
from batchlint.graph.options import Options
from batchlint.symbols import CallRef, Program
from batchlint.trees import conjuncts
from batchlint.values import Ext


class Shown(Part):
    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._options = Options(program)

    def calls(self) -> Iterator[CallRef]:
        """The calls that open something on the screen, unless an option is needed for that."""
        table = self.program.registry.opens
        for name in sorted(table.tails):
            for caller, call in self.program.calls_by_name.get(name, ()):
                values = self.program.eval(caller.id, call.node.func)
                opens = any(isinstance(value, Ext) and bool(table.find(value.path)) for value in values)
                tests = (test for test, holds in tests_before(caller, call.node) if holds)
                if opens and not any(self._is_switch(caller, each) for test in tests for each in conjuncts(test)):
                    yield CallRef(caller, call)

    def _is_switch(self, function: FunctionFacts, test: ast.expr) -> bool:
        """Whether the test is of an option, or of a parameter that callers need not give: `def main(show=False)`."""
        if self._options.named(function, test) is not None:
            return True
        if isinstance(test, ast.Attribute) and isinstance(test.value, ast.Name):
            return test.value.id in function.parameter_names - {"self", "cls"}
        if not isinstance(test, ast.Name) or test.id not in function.parameter_names:
            return False
        default = function.default(test.id)
        if isinstance(default, ast.Call):  # `typer.Option(False, "--show")`
            default = default.args[0] if default.args else None
        return not (isinstance(default, ast.Constant) and default.value is True)
