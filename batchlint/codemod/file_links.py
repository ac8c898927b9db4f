"""Files and folders that a program gives a second name: what is behind a link may be any file that it writes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from batchlint.codemod import file_names
from batchlint.codemod.access import Frame
from batchlint.symbols import last_name
from batchlint.trees import walk
from batchlint.values import Ext

if TYPE_CHECKING:
    from batchlint.codemod.paths import Paths

_LINKING = re.compile(r"\bos\.(sym)?link\b|\b(sym|hard)link_to\b|\bimport\s.*\b(sym)?link\b")
_FUNCTIONS = frozenset({"os.link", "os.symlink"})
_METHODS = frozenset({"symlink_to", "hardlink_to"})
_SAYING_NOTHING = frozenset({"os", "path", "pathlib", "Path", "str"})


class FileLinks:
    """Finds the names of links."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._names: list[frozenset[str]] | None = None

    def leads_through(self, node: ast.expr, frame: Frame) -> bool:
        """Whether the path goes through a link that the program makes."""
        if self._names is None:
            self._names = [found for found in self._links() if found]
        return bool(self._names) and any(name <= self._words(node, frame) for name in self._names)

    def _links(self) -> Iterator[frozenset[str]]:
        """What of the paths of links is not of the path that they lead to."""
        program = self._paths.program
        if not any(_LINKING.search(module.text) for module in program.modules.values()):
            return
        for reference in program.call_facts.values():
            function, call = reference.caller, reference.call.node
            frame = Frame(function, set())
            if last_name(call.func) in _METHODS and isinstance(call.func, ast.Attribute) and call.args:
                yield self._words(call.func.value, frame) - self._words(call.args[0], frame)
            elif len(call.args) > 1 and any(Ext(path) in program.eval(function.id, call.func) for path in _FUNCTIONS):
                yield self._words(call.args[1], frame) - self._words(call.args[0], frame)

    def _words(self, node: ast.expr, frame: Frame) -> frozenset[str]:
        """The texts and names in the path."""
        path = file_names.constant(self._paths, node, frame) or file_names.bare(self._paths.expand(node, frame))
        texts = (n.value for n in walk(path) if isinstance(n, ast.Constant) and isinstance(n.value, str))
        names = (n.id for n in walk(path) if isinstance(n, ast.Name))
        return frozenset(part for text in (*texts, *names) for part in text.split("/") if part) - _SAYING_NOTHING
