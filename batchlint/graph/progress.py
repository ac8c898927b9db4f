"""Tasks that somebody looks on at: they tell how far they are, or keep their own state for others to see."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batchlint.facts import FunctionFacts, FunctionId
from batchlint.graph.links import Part, source
from batchlint.symbols import Program, last_name
from batchlint.symbols.handed import argument_for
from batchlint.trees import walk
from batchlint.values import Ext, Fn

_DEEP = 2
"""Calls below a task in which it may tell of itself."""


class Progress(Part):
    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._known: dict[FunctionId, bool] = {}

    def is_watched(self, id: FunctionId) -> bool:
        """Whether a task shows that a page follows it."""
        if any(map(self._calls_watched, self.below(id, _DEEP))):
            return True
        return self._tells(id) or self._keeps_own_state(self.function(id))

    def _calls_watched(self, function: FunctionFacts) -> bool:
        """Whether a function names what a page listens to: `ProgressRecorder(self)`, `layer.group_send(...)`."""
        watched = self.program.registry.polled.watched
        text = self.program.modules[function.id.path].text
        return any(name in text for name in watched) and any(_is_named(each, watched) for each in walk(function.node))

    def _tells(self, id: FunctionId, depth: int = 0) -> bool:
        """Whether a task lets others know how far it is.

        `publish("jobs", {"progress": 40})`, `emit_progress(40)`, `self.update_state(state="PROGRESS")`.
        """
        polled = self.program.registry.polled
        known = self._known.get(id)
        if known is None:
            self._known[id] = False
            function = self.function(id)
            text = self.program.modules[id.path].text
            is_named = any(word in text or word.upper() in text for word in polled.progress)
            known = is_named and any(self._is_progress(id, call.node) for call in function.calls)
            if not known and depth < _DEEP:
                called = (value for call in function.calls for value in self.program.eval(id, call.node.func))
                below = {value.id for value in called if isinstance(value, Fn) and value.id != id}
                known = any(self._tells(each, depth + 1) for each in sorted(below))
            self._known[id] = known
        return known

    def _keeps_own_state(self, task: FunctionFacts) -> bool:
        """Whether a task looks up the row of its own state, which others are to see with what it works on.

        `note.task = TaskResult.objects.get(task_id=self.request.id)`.
        """
        kept = self.program.registry.polled.kept
        if not any(name in self.program.modules[task.id.path].text for name in kept):
            return False
        rows = [call.node for call in task.calls if any(_is_named(node, kept) for node in walk(call.node.func))]
        given = (each for call in rows for each in (*call.args, *(keyword.value for keyword in call.keywords)))
        return any(source(each).endswith(".request.id") for each in given)

    def _is_progress(self, id: FunctionId, call: ast.Call) -> bool:
        """Whether the call sends how far something is, by its own name or by what the message holds.

        It may enqueue the task that sends it: `queue.enqueue("tasks.notify_progress", id)`.
        """
        polled = self.program.registry.polled
        names = [name.lower() for name in self._said(id, call)]
        if polled.tells.isdisjoint(word for name in names for word in (name, *name.split("_"))):
            return False
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        words = [*names, *(keyword.arg or "" for keyword in call.keywords)]
        words += [word for each in given for node in walk(each) for word in _words_of(node)]
        return any(word in said.lower() for said in words for word in polled.progress)

    def _said(self, id: FunctionId, call: ast.Call) -> list[str]:
        """The names that say what the call does: of what is called, or of the task that it enqueues."""
        registry, func = self.program.registry, call.func
        values = self.program.eval(id, func) if last_name(func) in registry.handovers.tails else ()
        for row in (registry.handovers.first(value.path) for value in values if isinstance(value, Ext)):
            if row is not None and row.action == "enqueue":
                task = argument_for(call, row.keyword or "", row.argument)
                name = str(task.value) if isinstance(task, ast.Constant) else last_name(task) if task else ""
                return [name.rpartition(".")[2]]
        is_method = isinstance(func, ast.Attribute) and func.attr in registry.enqueue_methods
        return [last_name(func), *([last_name(func.value)] if is_method else [])]  # type: ignore[attr-defined]


def _words_of(node: ast.AST) -> Iterator[str]:
    """The names and keys in an expression, but no sentences."""
    if isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " not in node.value:
        yield node.value


def _is_named(node: ast.AST, names: frozenset[str]) -> bool:
    return isinstance(node, ast.Name | ast.Attribute) and last_name(node) in names
