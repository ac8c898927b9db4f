"""Which file an import means: roots are guessed from the tree, as nothing says what `sys.path` will be."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable

_ROOTS = frozenset({"src"})
"""Folders that are put on `sys.path` wherever they hold the sources, an `__init__.py` or not."""


class ModuleIndex:
    """Finds project modules by dotted name, as seen from an importing file."""

    def __init__(self, paths: Iterable[str], packages: frozenset[str], external: frozenset[str]) -> None:
        """`paths`: Python files; `packages`: folders with an `__init__.py`; `external`: import names of libraries."""
        # The root is on `sys.path`, also where an `__init__.py` stands in it.
        self._packages = packages - {""}
        self._external = frozenset(name.partition(".")[0] for name in external)
        self.stems: dict[str, str] = {}
        self.folders: set[str] = set()
        for path in paths:
            stem = path.removesuffix(".py").removesuffix("/__init__")
            self.stems[stem] = path
            folder = path.rpartition("/")[0]
            while folder and folder not in self.folders:
                self.folders.add(folder)
                folder = folder.rpartition("/")[0]
        self._by_last: dict[str, list[str]] = {}
        for stem in {*self.stems, *self.folders}:
            self._by_last.setdefault(stem.rpartition("/")[2], []).append(stem)

    def exists(self, stem: str) -> bool:
        return stem in self.stems or stem in self.folders

    def is_library(self, dotted: str) -> bool:
        """Whether a library that the shipped data tells of has the name."""
        return dotted.partition(".")[0] in self._external

    def find(self, dotted: str, importer: str, *, taking: str = "", adding: str = "") -> str | None:
        """The stem of the module that `import dotted` in `importer` means, or None for a module from outside.

        `taking`: what is taken from it, as by `from dotted import taking`.
        `adding`: the text of an importer that puts folders which it names on `sys.path`; packages can be among them.
        """
        if not dotted:
            return None
        tail = dotted.replace(".", "/")
        first = dotted.partition(".")[0]
        best: tuple[int, bool, int, str] | None = None
        folder = importer.rpartition("/")[0]
        for stem in self._by_last.get(tail.rpartition("/")[2], ()):
            if stem == tail:
                root = ""
            elif stem.endswith("/" + tail):
                root = stem[: -len(tail) - 1]
            else:
                continue
            near = root == "" or folder == root or folder.startswith(root + "/")
            # The folder that programs are run from, as a Django project's, can have an `__init__.py` all the same.
            beneath = root in self._packages and root != folder
            named = root.rpartition("/")[2]
            is_added = named in _ROOTS or re.search(rf"[\"'/]{re.escape(named)}[\"'/]", adding) is not None
            is_near = near or not beneath or is_added
            if beneath and (not is_near or first in sys.stdlib_module_names):
                continue
            is_file = self.stems.get(stem, "").endswith(f"{stem.rpartition('/')[2]}.py")
            # A library's package comes before a folder without `__init__.py`, wherever that stands on `sys.path`.
            if first in self._external and tail == first and (is_file or stem not in self.stems):
                continue
            # A file means a library by its own name, but a package itself: `from shop.jobs import nightly`.
            is_itself = stem in self._packages and (root not in self._packages or self.exists(f"{stem}/{taking}"))
            if self.stems.get(stem) == importer and not is_itself:
                continue
            if first in self._external and (not near or self._is_within_package(root)):
                continue
            rank = (
                3 if beneath else 0 if near and root not in self._packages else 1 if near else 2,
                # Far away, a package is meant rather than a folder of its name, such as the one of its tests.
                near or stem not in self.stems,
                -len(root) if near else len(root),
                stem,
            )
            if best is None or rank < best:
                best = rank
        if best is None:
            return None
        return best[3] if best[3] in self.stems else self._package_in(best[3]) or best[3]

    def _package_in(self, folder: str) -> str | None:
        """The package that a project's folder has its name from: `shop/shop/__init__.py`, `shop/src/shop/__init__.py`.

        Python takes it before the folder, wherever the two stand on `sys.path`.
        """
        start, last = f"{folder}/", folder.rpartition("/")[2]
        named = (stem for stem in self._by_last.get(last, ()) if stem.startswith(start) and stem in self._packages)
        inner = min(named, key=lambda stem: (stem.count("/"), stem), default=None)
        return inner if inner is not None and inner.count("/") <= folder.count("/") + 2 else None

    def _is_within_package(self, folder: str) -> bool:
        """Whether the folder or one around it is a package: the program is not run from there."""
        while folder and folder not in self._packages:
            folder = folder.rpartition("/")[0]
        return bool(folder)

    def relative(self, dotted: str, level: int, importer: str) -> str:
        """The stem that `from ...dotted import x` in `importer` means, whether it exists or not."""
        folder = importer.rpartition("/")[0]
        for _ in range(level - 1):
            folder = folder.rpartition("/")[0]
        tail = dotted.replace(".", "/")
        return "/".join(part for part in (folder, tail) if part)
