"""Programs that project code starts by a command: `subprocess.run([sys.executable, "-m", "app.job"])`, operators."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from batchlint.entrypoints import Kind, Launch
from batchlint.facts import MODULE, FunctionId
from batchlint.graph.commandlines import OR, CommandLines, names_code
from batchlint.graph.links import Part
from batchlint.symbols import CallRef, Program, last_name
from batchlint.values import Ext, ordered

_RUNS_MODULES = re.compile(r"python|pypy|\{\}|^(run|exec|launch|torchrun)$")
"""Words before the `-m` of a module, rather than of a message: an interpreter, one that is not known, a runner."""


class Launches(Part):
    """The files behind the commands in the code, whoever runs them."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._commands = CommandLines(program)

    def find(self) -> Iterator[tuple[FunctionId, CallRef, Kind | None]]:
        """The files' bodies, each with the call that starts it, and what it is where a framework runs the command."""
        launches = self.program.registry.launches
        for name in sorted(launches.tails):
            for reference in self.program.calls_by_name.get(name, ()):
                values = ordered(self.program.eval(reference.caller.id, reference.call.node.func))
                found = (launches.first(value.path) for value in values if isinstance(value, Ext))
                launch = next((each for each in found if each is not None), None)
                if launch is not None:
                    yield from ((body, source, launch.entry) for source, body in self._bodies(reference, launch))

    def _bodies(self, reference: CallRef, launch: Launch) -> Iterator[tuple[CallRef, FunctionId]]:
        node = reference.call.node
        given = [keyword.value for keyword in node.keywords if keyword.arg in (launch.keywords or ("args",))]
        given += [] if launch.keywords else node.args
        line = ast.copy_location(ast.List(list(given), ast.Load()), node)
        for source, words in self._commands.read(reference, line):
            yield from ((source, body) for body in self._started(source, last_name(node.func), words))

    def _started(self, source: CallRef, name: str, line: list[str]) -> Iterator[FunctionId]:
        words = [word.strip("\"'") for word in line]
        for position, word in enumerate(words):
            before = words[position - 1] if position else ""
            if before == "-m":
                is_module = any(_RUNS_MODULES.search(each) for each in words[: position - 1])
            else:
                is_module = before == "run_module" or (before == "" and name == "run_module")
            for each in word.split(OR):
                if is_module and re.search(r"\w", each):
                    yield from (FunctionId(path, MODULE) for path in self._modules_named(each))
                elif names_code(each):
                    yield from (FunctionId(path, MODULE) for path in self._files_named(each, source.caller.id.path))

    def _modules_named(self, dotted: str) -> Iterator[str]:
        pattern = re.compile("(?:.*/)?" + re.escape(dotted).replace(r"\.", "/").replace(r"\{\}", "[^/]+") + r"\Z")
        for stem, path in self.program.index.stems.items():
            if pattern.match(stem) or pattern.match(stem.removesuffix("/__main__")):
                yield path

    def _files_named(self, word: str, starter: str) -> list[str]:
        """The files of that path; of an absolute one, which may be another machine's, as much as one file here has.

        Of several the one that the path leads to from the file that starts it.
        """
        parts = word.replace("{}", "").lstrip("./").split("/")
        for start in range(len(parts)):
            wanted = "/".join(parts[start:])
            found = [path for path in self.modules if path == wanted or path.endswith("/" + wanted)]
            nearest = f"{starter.rpartition('/')[0]}/{wanted}".lstrip("/")
            if len(found) > 1 and nearest in found:
                return [nearest]
            if found:
                return found if start == 0 or len(found) == 1 else []
        return []
