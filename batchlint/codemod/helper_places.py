"""Where the helper modules lie, what each has to have, and how each file names its own."""

from __future__ import annotations

import itertools
import posixpath
import sys
from collections.abc import Iterable, Sequence, Set
from functools import cached_property
from typing import NamedTuple

from batchlint.codemod.changes import Fanout
from batchlint.facts import Import
from batchlint.graph import Graph

HELPER = "llm_batch"
"""The name of the helper module."""


class Helper(NamedTuple):
    """A helper module: its path, and the providers and names that the code around it uses."""

    path: str
    providers: list[str]
    names: list[str]


class Groups:
    """Files that run in one program share one helper module, beside the file that most of them import.

    So do the implementations of one method: a fake in the tests uses the helper of what it stands in for.
    """

    def __init__(self, graph: Graph, whole: Fanout, fanouts: Sequence[Fanout], helper: str) -> None:
        self.graph = graph
        self.helper = helper
        self._fanouts = fanouts
        paths = sorted({*whole.changes, *(id.path for id in whole.twins)})
        self._linked: dict[str, set[str]] = {path: {path} for path in paths}
        self._imported: dict[str, int] = dict.fromkeys(paths, 0)
        for path in paths:
            for change in whole.changes[path].calls.values() if path in whole.changes else ():
                if change.twin is not None and change.twin.path != path:
                    self._imports(path, change.twin.path)
            for id in whole.changes[path].references.values() if path in whole.changes else ():
                if id.path != path:
                    self._imports(path, id.path)
        for fanout in fanouts:  # a driver and the requests below it know each other by the module
            for one, other in itertools.pairwise(sorted(fanout.changes)):
                self._link(one, other)
        for family in whole.families:
            for one, other in itertools.pairwise(sorted({id.path for id in family & whole.twins})):
                self._link(one, other)
        self._anchor = {path: self._choose(sorted(self._linked[path])) for path in paths}
        self._names: dict[str, set[str]] = {}
        self._folders: dict[str, str] = {}
        """By the path of an anchor, where its helper lies."""

    def _imports(self, importer: str, imported: str) -> None:
        self._imported[imported] = self._imported.get(imported, 0) + 1
        self._link(importer, imported)

    def _link(self, one: str, other: str) -> None:
        joined = self._linked.setdefault(one, {one}) | self._linked.setdefault(other, {other})
        for each in joined:
            self._linked[each] = joined

    def _choose(self, group: list[str]) -> str:
        packages = self.graph.settings.packages
        own = [p for p in group if not self.graph.is_test(p)] or group
        return max(own, key=lambda p: (self._imported.get(p, 0), _parent(p) in packages, -p.count("/")))

    def use(self, path: str, names: Set[str]) -> None:
        """The file imports these names from its helper module."""
        if names:
            self._names.setdefault(self.location(path), set()).update(names)

    def helpers(self) -> list[Helper]:
        """The helper modules that files import, in the order of their paths."""
        providers: dict[str, set[str]] = {}
        for fanout in self._fanouts:
            for path in fanout.changes:
                providers.setdefault(self.location(path), set()).update(fanout.providers)
        return [Helper(p, sorted(providers[p]), sorted(names)) for p, names in sorted(self._names.items())]

    def location(self, path: str) -> str:
        """Where the helper module of the file lies."""
        return f"{self._folder(path)}/{self.helper}.py".lstrip("/")

    def _folder(self, path: str) -> str:
        """The folder of the helper module for the file: the top of the anchor's package, or the anchor's own.

        A folder that is on the path itself is no part of a package, whatever lies in it.
        """
        anchor, packages = self._anchor[path], self.graph.settings.packages
        if anchor not in self._folders:
            folder = _parent(anchor)
            while folder and {folder, _parent(folder)} <= packages and not self._is_put_on_path(anchor, folder):
                folder = _parent(folder)
            self._folders[anchor] = folder
        return self._folders[anchor]

    def beside(self, helper: str) -> str:
        """How a file beside the helper module names it."""
        folder = _parent(helper)
        is_package = folder in self.graph.settings.packages - {""}
        return f"{self._package_name(folder, helper)}.{self.helper}" if is_package else self.helper

    def module_for(self, path: str) -> str:
        """How the file names the helper module in `from ... import`."""
        target, own = self._folder(path), _parent(path)
        if self._is_relative(path, target):
            common = posixpath.commonpath([own, target])
            below = target.removeprefix(common).strip("/").replace("/", ".")
            dots = "." * (1 + len([step for step in own.removeprefix(common).split("/") if step]))
            return f"{dots}{below}.{self.helper}" if below else dots + self.helper
        if target in self.graph.settings.packages - {""} and not self._is_put_on_path(path, target):
            return f"{self._package_name(target, path)}.{self.helper}"
        if own == target and not self._is_imported_dotted(path):
            return self.helper
        root = self._root(path, target)
        inner = target.removeprefix(root).strip("/").replace("/", ".")
        return f"{inner}.{self.helper}" if inner else self.helper

    def _is_put_on_path(self, path: str, package: str) -> bool:
        """Whether the package's modules are named without it: its folder itself is on the path."""
        others = (other for other in self.graph.modules if other != path)
        for importer in (path, *others) if path in self.graph.modules else others:
            for source in self._sources(importer):
                stem = "" if source.level else self.graph.program.import_stem(source, importer) or ""
                tail = source.module.replace(".", "/")
                if f"{stem}/".startswith(f"{package}/") and f"/{stem}".endswith(f"/{tail}"):
                    return stem.removesuffix(tail).strip("/") == package
        return False

    def _package_name(self, package: str, path: str) -> str:
        """The dotted name of a top package: more than its folder's where the project imports it through one above."""
        others = (other for other in self.graph.modules if other != path)
        for importer in (path, *others) if path in self.graph.modules else others:
            for source in self._sources(importer):
                tail = source.module.replace(".", "/")
                if source.level or f"/{tail.partition('/')[0]}/" not in f"/{package}/":
                    continue
                stem = self.graph.program.import_stem(source, importer) or ""
                root = stem.removesuffix(tail)
                is_inside = f"/{stem}".endswith(f"/{tail}") and f"{stem}/".startswith(f"{package}/")
                if is_inside and package.startswith(root):
                    return package.removeprefix(root).replace("/", ".")
        return package.rpartition("/")[2]

    def _is_relative(self, path: str, target: str) -> bool:
        """Whether a relative import reaches the folder: the file has others, or stands where no other name leads."""
        is_lost = path in self._relatively_imported and target not in self.graph.settings.packages - {""}
        if not is_lost and not any(source.level for source in self._sources(path)):
            return False
        top = self._top(path)
        return top in ("", target) or target.startswith(top + "/")

    def _top(self, path: str) -> str:
        """The outermost folder that relative imports from the file may climb to, as far as is known."""
        top = _parent(path)
        while top and top in self.graph.settings.packages and _parent(top) in self.graph.settings.packages - {""}:
            top = _parent(top)
        climbed = [self._climbed(path, s) for s in self._sources(path) if s.level]
        climbed += self._relatively_imported.get(path, [])
        return min([top, *climbed], key=len)

    @cached_property
    def _relatively_imported(self) -> dict[str, list[str]]:
        """The files that others import relatively, with the folders to which these climb for it."""
        found: dict[str, list[str]] = {}
        index = self.graph.program.index
        for module in self.graph.modules.values():
            for source in self._sources(module.path):
                if source.level:
                    stem = index.relative(source.module, source.level, module.path)
                    for each in (stem, f"{stem}/{source.name}"):
                        if each in index.stems:
                            found.setdefault(index.stems[each], []).append(self._climbed(module.path, source))
        return found

    @staticmethod
    def _climbed(path: str, source: Import) -> str:
        folder = _parent(path)
        for _ in range(source.level - 1):
            folder = _parent(folder)
        return folder

    def _sources(self, path: str) -> Iterable[Import]:
        for function in self.graph.modules[path].functions.values():
            for bindings in function.bindings.values():
                for binding in bindings:
                    if binding.source is not None:
                        yield binding.source

    def own(self, path: str) -> set[str]:
        """The packages of the project, by the first steps of their names, that the file imports."""
        program = self.graph.program
        own = {s.module.partition(".")[0] for s in self._sources(path) if program.import_stem(s, path) is not None}
        return own - sys.stdlib_module_names

    def _is_imported_dotted(self, path: str) -> bool:
        return self._root(path, _parent(path)) != _parent(path)

    def _root(self, path: str, target: str) -> str:
        """The folder that absolute imports start from, as far as imports of the target's files show it."""
        anchor = self._anchor[path]
        stem = anchor.removesuffix(".py").removesuffix("/__init__")
        for module in self.graph.modules.values():
            for source in self._sources(module.path):
                tail = source.module.replace(".", "/")
                for each in (tail, f"{tail}/{source.name}" if source.name else tail):
                    if not source.level and each and (stem == each or stem.endswith("/" + each)):
                        return stem.removesuffix(each).strip("/")
        return target


def _parent(path: str) -> str:
    return path.rpartition("/")[0]
