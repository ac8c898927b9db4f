"""The files of a program: one walk that honours .gitignore and excludes, and sorts Python files from manifests.

Nothing is read here but ignore files. Links to folders are not followed: what they name is walked under its own name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from batchlint.findings import FileError
from batchlint.sources import tracked

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

Namer = Callable[[str], bool]


@dataclass(slots=True)
class Tree:
    """What a walk found; paths are relative to its root, with "/"."""

    python: list[str] = field(default_factory=list)
    manifests: list[str] = field(default_factory=list)
    packages: set[str] = field(default_factory=set)
    """Folders with an `__init__.py`."""
    ignored: list[str] = field(default_factory=list)
    """Python files that an ignore file names in a folder that counts, where no repository tells what git tracks."""
    errors: list[FileError] = field(default_factory=list)


_PLAIN = re.compile(r"[\w.-]+/?\s*")
"""A line of an ignore file that is a name and nothing else."""


class Ignore:
    """The patterns of one ignore file (or of the settings), asked for paths relative to the root."""

    def __init__(self, lines: Sequence[str], *, cut: int = 0, prefix: str = "") -> None:
        """Each path loses `cut` characters or gets `prefix` in front, to start at the folder of the file."""
        self._cut = cut
        self._prefix = prefix
        # Most lines are plain names: a set has them at once, where no line takes back what another says.
        plain = [] if any("!" in line for line in lines) else [line for line in lines if _PLAIN.fullmatch(line)]
        names = {line.strip() for line in plain}
        self._names = {name for name in names if not name.endswith("/")}
        self._folders = {name[:-1] for name in names if name.endswith("/")}
        self._spec: GitIgnoreSpec | None = None
        self._any: re.Pattern[str] | None = None
        if len(plain) < len(lines):
            self._compile([line for line in lines if line not in plain])

    def _compile(self, lines: Sequence[str]) -> None:
        from pathspec import GitIgnoreSpec

        try:
            self._spec = GitIgnoreSpec.from_lines(lines)
        except (ValueError, re.error):
            self._spec = GitIgnoreSpec.from_lines([line for line in lines if _can_match(line)])
        regexes = [p.regex.pattern for p in self._spec.patterns if p.regex is not None and p.include is not None]
        # One search that is true whenever any pattern matches; only then is pathspec asked which one wins.
        self._any = re.compile("|".join(re.sub(r"\(\?P<\w+>", "(?:", f"(?:{r})") for r in regexes) or r"(?!)")

    def verdict(self, path: str) -> bool | None:
        """True: ignored, False: expressly kept, None: nothing said. Folders end in "/"."""
        path = self._prefix + path[self._cut :]
        parts = path.split("/")
        if not (self._names.isdisjoint(parts) and self._folders.isdisjoint(parts[:-1])):
            return True
        if self._spec is None or self._any is None or self._any.search(path) is None:
            return None
        if path.endswith("/"):
            return self._of_folder(path)
        return self._spec.check_file(path).include

    def _of_folder(self, path: str) -> bool | None:
        """What the last of the patterns says that the folder itself matches; those above it have been asked before."""
        for pattern in reversed(list(self._spec.patterns)) if self._spec is not None else ():
            regex, said = pattern.regex, pattern.include
            found = regex.finditer(path) if regex is not None and said is not None else ()
            if any("ps_d" not in m.re.groupindex or m.end("ps_d") in (-1, len(path)) for m in found):
                return said
        return None


class Walker:
    """Walks folders below `root`; `excludes` are names or gitignore patterns relative to it."""

    def __init__(self, root: str, excludes: Sequence[str], is_manifest: Namer) -> None:
        self.root = root.rstrip("/") or "/"
        self.tree = Tree()
        self._names = {pattern for pattern in excludes if not re.search(r"[*?\[/!]", pattern)}
        patterns = [pattern for pattern in excludes if pattern not in self._names]
        self._patterns = Ignore(patterns) if patterns else None
        self._tracked = tracked.find(self.root)
        self._is_manifest = is_manifest
        self._seen: set[str] = set()

    def excluded(self, path: str) -> bool:
        """Whether the excludes cover a file (relative to the root), by itself or by a folder above it."""
        if not self._names.isdisjoint(path.split("/")):
            return True
        return self._patterns is not None and bool(self._patterns.verdict(path))

    def add_file(self, path: str) -> None:
        """Take a file that was named, whatever its name."""
        if path not in self._seen:
            self._seen.add(path)
            self.tree.python.append(path)
            if os.path.exists(f"{self._full(path.rpartition('/')[0])}/__init__.py"):
                self.tree.packages.add(path.rpartition("/")[0])

    def walk(self, folder: str) -> None:
        """Take all files below `folder` (relative to the root, "" for the root itself)."""
        stack = [(folder, self._ignores_above(folder))]
        while stack:
            folder, ignores = stack.pop()
            if folder in self._seen:
                continue
            self._seen.add(folder)
            try:
                with os.scandir(self._full(folder)) as entries:
                    found = sorted(entries, key=_name)
            except OSError as error:
                self.tree.errors.append(FileError(folder or ".", 1, f"folder cannot be read: {error.strerror}"))
                continue
            self._sort(folder, found, ignores, stack)

    def _sort(
        self,
        folder: str,
        entries: list[os.DirEntry[str]],
        ignores: tuple[Ignore, ...],
        stack: list[tuple[str, tuple[Ignore, ...]]],
    ) -> None:
        prefix = f"{folder}/" if folder else ""
        for entry in entries:
            if entry.name == ".gitignore":
                lines = _patterns_in(entry.path)
                ignores = (*ignores, Ignore(lines, cut=len(prefix))) if lines else ignores
        names, tree = self._names, self.tree
        for entry in entries:
            name = entry.name
            if name in names:
                continue
            path = prefix + name
            if entry.is_dir(follow_symlinks=False):
                if not self._is_ignored(path + "/", ignores):
                    stack.append((path, ignores))
            elif name.endswith(".py"):
                if entry.is_symlink() and os.path.isdir(entry.path):
                    continue
                if path not in self._seen and not self._is_ignored(path, ignores):
                    self._seen.add(path)
                    tree.python.append(path)
                    if name == "__init__.py":
                        tree.packages.add(folder)
            elif entry.is_symlink() and not os.path.exists(entry.path):
                self._broken_link(entry, path)
            elif self._is_manifest(path) and not self._is_ignored(path, ignores) and path not in self._seen:
                self._seen.add(path)
                tree.manifests.append(path)

    def _is_ignored(self, path: str, ignores: tuple[Ignore, ...]) -> bool:
        """Whether the excludes cover the path, or an ignore file does and git does not track it."""
        if self._patterns is not None and self._patterns.verdict(path):
            return True
        if not _ignored(path, ignores):
            return False
        if self._tracked is None and path.endswith(".py"):
            self.tree.ignored.append(path)
        return self._tracked is None or not self._tracked.has(path)

    def _broken_link(self, entry: os.DirEntry[str], path: str) -> None:
        try:
            os.stat(entry.path)
        except FileNotFoundError:
            return
        except OSError as error:
            self.tree.errors.append(FileError(path, 1, f"link cannot be followed: {error.strerror}"))

    def _full(self, folder: str) -> str:
        return os.path.join(self.root, folder) if folder else self.root

    def _ignores_above(self, folder: str) -> tuple[Ignore, ...]:
        """The ignore files of the repository that lie above `folder`, outermost first."""
        found: list[Ignore] = []
        start = above = self._full(folder)
        while not os.path.exists(f"{above}/.git"):
            parent = os.path.dirname(above)
            if parent == above:
                return ()
            above = parent
            found += self._foreign_ignore(f"{above}/.gitignore", above, start)
        found += self._foreign_ignore(f"{above}/.git/info/exclude", above, start)
        return tuple(reversed(found))

    def _foreign_ignore(self, file: str, folder: str, start: str) -> list[Ignore]:
        """The patterns in `file`, which count below `folder`, for what is walked below `start`."""
        lines = _patterns_in(file)
        if not lines:
            return []
        if folder == self.root or folder.startswith(self.root + "/"):
            return [Ignore(lines, cut=len(folder) - len(self.root))]
        if start == self.root or start.startswith(self.root + "/"):
            return [Ignore(lines, prefix=os.path.relpath(self.root, folder).replace(os.sep, "/") + "/")]
        return [Ignore(lines, cut=len(folder) + 1)]  # outside the root paths are absolute


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _ignored(path: str, ignores: tuple[Ignore, ...]) -> bool:
    for ignore in reversed(ignores):
        said = ignore.verdict(path)
        if said is not None:
            return said
    return False


def _can_match(line: str) -> bool:
    """Whether the line is a pattern at all: git passes over one that is none, as `build\\`."""
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except (ValueError, re.error):
        return False
    return True


def _patterns_in(file: str) -> list[str]:
    try:
        with open(file, encoding="utf-8", errors="replace") as lines:
            return [line.rstrip("\n") for line in lines if line.strip() and not line.startswith("#")]
    except OSError:
        return []
