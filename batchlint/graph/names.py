"""The functions that a string means: a dotted name, a task's registered name, a management command."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set
from functools import cached_property

from batchlint.facts import MODULE, FunctionId, ModuleFacts
from batchlint.findings import Step
from batchlint.graph.decorators import Decorators
from batchlint.graph.links import Entry, Part, label, shape_of
from batchlint.symbols import Program
from batchlint.trees import walk
from batchlint.values import Fn, elements, ordered


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
                if self.is_task(id) or self._is_task_by_habit(id) or id in self.listed:
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

    def namesakes(self, id: FunctionId) -> list[FunctionId]:
        """Other tasks that are registered by the same name: a copy of the file may be what the worker has loaded."""
        alike = (ids for ids in self._by_task_name.values() if id in ids)
        return [each for ids in alike for each in ids if each != id and self.is_task(each)]

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

    @cached_property
    def listed(self) -> dict[FunctionId, Entry]:
        """The functions in the lists that workers are given, but for those that tell by what they take."""
        found: dict[FunctionId, Entry] = {}
        for kind, name, packages in self.program.registry.task_lists:
            for module in self.modules.values():
                if name not in module.text or not _imports(module, packages):
                    continue
                scope = FunctionId(module.path, MODULE)
                for listed in _bound(module, name):
                    for value in ordered(elements(self.program.eval(scope, listed))):
                        if isinstance(value, Fn) and not self._is_task_by_habit(value.id):
                            step = Step(module.path, listed.lineno, f"{label(value.id)} in `{name}` ({kind.framework})")
                            found.setdefault(value.id, Entry(kind, step))
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


def _imports(module: ModuleFacts, packages: Set[str]) -> bool:
    """Whether the module itself imports from one of the packages."""
    sources = (binding.source for bindings in module.body.bindings.values() for binding in bindings)
    return any(
        source is not None and not source.level and source.module.partition(".")[0] in packages for source in sources
    )


def _bound(module: ModuleFacts, name: str) -> Iterator[ast.expr]:
    """What a class of the module, the module itself, or a table in it has under the name."""
    for bindings in (*(klass.bindings for klass in module.classes.values()), module.body.bindings):
        yield from (each.value for each in bindings.get(name, ()) if each.how == "value" and each.value is not None)
    for node in walk(module.tree):
        for key, value in zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ():
            if isinstance(key, ast.Constant) and key.value == name:
                yield value
