"""Programs that project code starts by a command: `subprocess.run([sys.executable, "-m", "app.job"])`, operators."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from batchlint.entrypoints import Kind, Launch
from batchlint.facts import MODULE, FunctionFacts, FunctionId
from batchlint.graph.links import Part
from batchlint.symbols import CallRef, last_name
from batchlint.values import Ext, Text, ordered

_RUNS_MODULES = re.compile(r"python|pypy|\{\}|^(run|exec|launch|torchrun)$")
"""Words before the `-m` of a module, rather than of a message: an interpreter, one that is not known, a runner."""


class Launches(Part):
    """The files behind the commands in the code, whoever runs them."""

    def find(self) -> Iterator[tuple[FunctionId, CallRef, Kind | None]]:
        """The files' bodies, each with the call that starts it, and what it is where a framework runs the command."""
        launches = self.program.registry.launches
        for name in sorted(launches.tails):
            for reference in self.program.calls_by_name.get(name, ()):
                values = ordered(self.program.eval(reference.caller.id, reference.call.node.func))
                found = (launches.first(value.path) for value in values if isinstance(value, Ext))
                launch = next((each for each in found if each is not None), None)
                if launch is not None:
                    yield from ((body, reference, launch.entry) for body in self._bodies(reference, launch))

    def _bodies(self, reference: CallRef, launch: Launch) -> Iterator[FunctionId]:
        node = reference.call.node
        words: list[str] = []
        given = [k.value for k in node.keywords if k.arg in launch.keywords] if launch.keywords else node.args
        for argument in given:
            words += self._words(reference.caller, argument)
        for position, word in enumerate(words):
            before = words[position - 1] if position else ""
            if before == "-m":
                is_module = any(_RUNS_MODULES.search(each) for each in words[: position - 1])
            else:
                is_module = before == "run_module" or (before == "" and last_name(node.func) == "run_module")
            if is_module and re.search(r"\w", word):
                yield from (FunctionId(path, MODULE) for path in self._modules_named(word))
            elif word.endswith(".py") and word != ".py":
                yield from (FunctionId(path, MODULE) for path in self._files_named(word))

    def _words(self, caller: FunctionFacts, argument: ast.expr) -> list[str]:
        """The words of a command line, given as a text or one by one; `{}` stands for what is not known."""
        words: list[str] = []
        for part in argument.elts if isinstance(argument, ast.List | ast.Tuple) else [argument]:
            texts = [value.text for value in self.program.eval(caller.id, part) if isinstance(value, Text)]
            words += texts[0].replace(";", " ").split() if len(texts) == 1 else ["{}"]
        return [word.strip("\"'") for word in words]

    def _modules_named(self, dotted: str) -> Iterator[str]:
        pattern = re.compile("(?:.*/)?" + re.escape(dotted).replace(r"\.", "/").replace(r"\{\}", "[^/]+") + r"\Z")
        for stem, path in self.program.index.stems.items():
            if pattern.match(stem) or pattern.match(stem.removesuffix("/__main__")):
                yield path

    def _files_named(self, word: str) -> list[str]:
        """The files of that path; of an absolute one, which may be another machine's, as much as one file here has."""
        parts = word.replace("{}", "").lstrip("./").split("/")
        for start in range(len(parts)):
            wanted = "/".join(parts[start:])
            found = [path for path in self.modules if path == wanted or path.endswith("/" + wanted)]
            if found:
                return found if start == 0 or len(found) == 1 else []
        return []
