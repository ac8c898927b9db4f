"""What git tracks, by the index of the repository: an ignore file says nothing of that.

Where there is no repository, as in a copy of one, nothing tells; there what the program imports is part of it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property

_HEAD, _STAT, _FLAGS = 12, 60, 2
"""Bytes in front of the entries, in front of an entry's flags, and of these."""
_VERSIONS = (2, 3)
"""Those in which each entry has its whole path: https://git-scm.com/docs/index-format"""
_IMPORT = re.compile(rb"^[ \t]*(?:from|import)[ \t]+(.*)", re.MULTILINE)
_WORD = re.compile(r"[\w.]+")
_EXTENDED = 0x4000


class Tracked:
    """The tracked files below the folder `root`, which the repository at `top` holds; read where somebody asks."""

    def __init__(self, top: str, root: str) -> None:
        self._top = top
        below = os.path.relpath(root, top).replace(os.sep, "/")
        self._prefix = "" if below == "." else f"{below}/"

    def has(self, path: str) -> bool:
        """Whether git tracks the file, or one below the folder that ends in "/"."""
        full = self._prefix + path
        return full.rstrip("/") in self._folders if path.endswith("/") else full in self._files

    @cached_property
    def _files(self) -> frozenset[str]:
        try:
            with open(f"{_folder(self._top)}/index", "rb") as file:
                return frozenset(_paths(file.read()))
        except OSError:
            return frozenset()

    @cached_property
    def _folders(self) -> frozenset[str]:
        found: set[str] = set()
        for path in self._files:
            folder = path.rpartition("/")[0]
            while folder and folder not in found:
                found.add(folder)
                folder = folder.rpartition("/")[0]
        return frozenset(found)


def find(root: str) -> Tracked | None:
    """What git tracks below the folder; None where that is in no repository."""
    top = root
    while not os.path.exists(f"{top}/.git"):
        parent = os.path.dirname(top)
        if parent == top:
            return None
        top = parent
    return Tracked(top, root)


def imported(ignored: Sequence[str], files: Mapping[str, bytes]) -> list[str]:
    """Those of the ignored files that a file of their folder, or one elsewhere by the folder's name, imports."""
    beside: set[tuple[str, str]] = set()
    afar: set[str] = set()
    for path, data in files.items() if ignored else ():
        folder = path.rpartition("/")[0]
        for line in _IMPORT.findall(data):
            for word in _WORD.findall(line.decode("utf-8", "replace")):
                beside.add((folder, word.removeprefix(".")))
                afar.add(".".join(word.split(".")[-2:]))
    return [path for path in ignored if _is_in(path.removesuffix(".py"), beside, afar)]


def _is_in(stem: str, beside: Collection[tuple[str, str]], afar: Collection[str]) -> bool:
    folder, _, name = stem.rpartition("/")
    package = folder.rpartition("/")[2]
    return (folder, name) in beside or (bool(package) and f"{package}.{name}" in afar)


def _folder(top: str) -> str:
    """Git's own folder: `.git`, or the one that a file of this name gives for a worktree or a submodule."""
    folder = f"{top}/.git"
    if os.path.isdir(folder):
        return folder
    with open(folder, encoding="utf-8") as file:
        return os.path.join(top, file.read().partition("gitdir:")[2].strip())


def _paths(data: bytes) -> list[str]:
    """The paths in an index; none where its version is another one."""
    if data[:4] != b"DIRC" or int.from_bytes(data[4:8], "big") not in _VERSIONS:
        return []
    found: list[str] = []
    at = _HEAD
    for _ in range(int.from_bytes(data[8:12], "big")):
        flags = int.from_bytes(data[at + _STAT : at + _STAT + _FLAGS], "big")
        start = at + _STAT + _FLAGS * (2 if flags & _EXTENDED else 1)
        end = data.find(b"\0", start)
        if end < 0:
            break
        found.append(data[start:end].decode("utf-8", "surrogateescape"))
        at += (end - at) // 8 * 8 + 8  # filled up to a multiple of eight, with one NUL at least
    return found
