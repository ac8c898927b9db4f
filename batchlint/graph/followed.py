"""Tasks that tell how far they are, and that nothing here starts: whoever starts them from elsewhere looks on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from batchlint.entrypoints import Kind
from batchlint.facts import FunctionId
from batchlint.findings import Step
from batchlint.graph.links import Edge, Entry, Part, label
from batchlint.graph.progress import Progress
from batchlint.symbols import Program


class Followed(Part):
    def __init__(
        self,
        program: Program,
        entries: Callable[[FunctionId], list[Entry]],
        edges_to: Callable[[FunctionId], list[Edge]],
    ) -> None:
        super().__init__(program)
        self._progress = Progress(program)
        self._entries = entries
        self._edges_to = edges_to

    def entries(self, id: FunctionId, incoming: Sequence[Edge], known: Sequence[Entry]) -> Iterator[Entry]:
        """Who may look on at a task, whose ways in from here are `incoming` and `known`."""
        seen = {id}
        is_started = any(self._is_started(edge.caller, seen) for edge in incoming)
        if is_started or any(entry.kind.kind != "task_queue" for entry in known):
            return
        if self._progress.is_watched(id):
            step = Step(id.path, self.function(id).line, f"{label(id)}, which tells how far it is")
            yield Entry(Kind(known[0].kind.framework, "unknown", None), step)

    def _is_started(self, id: FunctionId, seen: set[FunctionId]) -> bool:
        """Whether something here starts the function; other tasks that go on with it are started themselves."""
        if id in seen or self.program.is_test(id.path):
            return False
        seen.add(id)
        if any(entry.kind.kind != "task_queue" for entry in self._entries(id)):
            return True
        return any(self._is_started(edge.caller, seen) for edge in self._edges_to(id))
