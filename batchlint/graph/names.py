"""The functions that a string means: a dotted name, a task's registered name, a management command."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from batchlint.facts import FunctionId
from batchlint.graph.decorators import Decorators
from batchlint.graph.links import Part, shape_of
from batchlint.symbols import Program


class Names(Part):
    def __init__(self, program: Program, decorators: Decorators) -> None:
        super().__init__(program)
        self._decorators = decorators

    def named(self, text: str) -> Iterator[FunctionId]:
        """The functions that a string such as `app.tasks.run`, `app.main:run` or a task's registered name means."""
        dotted = text.replace(":", ".")
        head, _, last = dotted.rpartition(".")
        for id in self._by_last_name.get(last, ()):
            if not head:
                if self.is_task(id) or self._is_task_by_habit(id):
                    yield id
                continue
            name = f"{self.modules[id.path].name}.{id.qualname}"
            if name == dotted or name.endswith("." + dotted) or (dotted.endswith("." + name)):
                yield id
        yield from self._by_task_name.get(text, ())
        yield from (id for id in self._by_first_word.get(text, ()) if self.is_task(id))
        yield from self._by_command_name.get(text, ())

    @cached_property
    def _by_last_name(self) -> dict[str, list[FunctionId]]:
        found: dict[str, list[FunctionId]] = {}
        for id, function in self.program.functions.items():
            found.setdefault(function.name, []).append(id)
        return found

    @cached_property
    def _by_task_name(self) -> dict[str, list[FunctionId]]:
        """Tasks by the name that their decorator gives them."""
        found: dict[str, list[FunctionId]] = {}
        for function in self.program.functions.values():
            for decorator in function.decorators:
                if isinstance(decorator, ast.Call):
                    for keyword in decorator.keywords:
                        if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                            found.setdefault(str(keyword.value.value), []).append(function.id)
        return found

    @cached_property
    def _by_first_word(self) -> dict[str, list[FunctionId]]:
        """Functions by the string that a decorator is given first: `@command("embed_source")`."""
        found: dict[str, list[FunctionId]] = {}
        for function in self.program.functions.values():
            for decorator in function.decorators:
                first = decorator.args[0] if isinstance(decorator, ast.Call) and decorator.args else None
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found.setdefault(first.value, []).append(function.id)
        return found

    @cached_property
    def _by_command_name(self) -> dict[str, list[FunctionId]]:
        """Django's management commands, named by their file."""
        found: dict[str, list[FunctionId]] = {}
        for id in self.program.functions:
            folder, _, name = id.path.removesuffix(".py").rpartition("/")
            if folder.endswith("management/commands") and id.qualname == "Command.handle":
                found.setdefault(name, []).append(id)
        return found

    def is_task(self, id: FunctionId) -> bool:
        """Whether a decorator makes the function a task of a queue."""
        return any(
            entry.kind.kind in {"task_queue", "schedule"} for entry in self._decorators.entries(self.function(id))
        )

    def _is_task_by_habit(self, id: FunctionId) -> bool:
        """Whether the function is one that a queue's worker starts by what it takes: arq's `ctx`."""
        shape = shape_of(self.function(id))
        return any(
            convention.entry.kind == "task_queue" and convention.parameters and convention.matches(*shape)
            for convention in self.program.registry.conventions
        )
