"""What only tests put in the place of something else: no call of the program itself enters it."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from batchlint.facts import FunctionId
from batchlint.graph.handedin import FAKES
from batchlint.symbols import Program
from batchlint.values import Cls, Ext, Fn, Inst, V, Value


class Fakes:
    def __init__(self, program: Program) -> None:
        self.program = program
        self._tests: dict[str, bool] = {}

    def is_fake(self, value: Value, path: str) -> bool:
        """Whether a call in the file enters the value in a test only."""
        if isinstance(value, Ext):
            return value.path.startswith(FAKES)
        return isinstance(value, Fn | Inst | Cls) and self._is_test(value.id.path) and not self._is_test(path)

    def without(self, values: Iterable[V], path: str) -> list[V]:
        """The values that a call in the file may enter outside of tests."""
        return [value for value in values if not self.is_fake(value, path)]

    def notes(self, scope: FunctionId, call: ast.Call) -> list[str]:
        """What to say of a call in whose place tests have a mock."""
        values = self.program.eval(scope, call.func)
        if not any(isinstance(v, Ext) and self.is_fake(v, scope.path) for v in values):
            return []
        return [f"tests put a mock in the place of `{ast.unparse(call.func)}`: it has to stand for the new form now"]

    def _is_test(self, path: str) -> bool:
        if path not in self._tests:
            self._tests[path] = self.program.is_test(path)
        return self._tests[path]
