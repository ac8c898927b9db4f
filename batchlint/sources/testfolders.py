"""Folders that are called as tests are but hold a program: no file has a test's name, and one has a command line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from batchlint.patterns import file_pattern

_COMMAND_LINE = re.compile(rb"\b(?:ArgumentParser|Typer|fire\.Fire)\(|^@click\.|^from click import", re.MULTILINE)
_OF_THE_ROOT = frozenset({"test", "tests", "testing"})
"""Folders in which a repository has its own tests, whatever their files are called."""


def programs(files: Mapping[str, bytes], tests: Iterable[str]) -> frozenset[str]:
    """The folders; `tests` are the patterns of the files that are tests by their place."""
    tests = tuple(tests)
    places = [file_pattern(pattern) for pattern in tests if "/" in pattern]
    names = [file_pattern(pattern) for pattern in tests if "/" not in pattern]
    tops: dict[str, str | None] = {"": None}
    inside: dict[str, list[str]] = {}

    def top(folder: str) -> str | None:
        """The outermost folder around it, or itself, that is called as tests are."""
        if folder not in tops:
            above = top(folder.rpartition("/")[0])
            is_test = above is None and any(place.matches(f"{folder}/_.py") for place in places)
            tops[folder] = folder if is_test else above
        return tops[folder]

    for path in files:
        folder = top(path.rpartition("/")[0])
        if folder is not None:
            inside.setdefault(folder, []).append(path)
    return frozenset(
        folder
        for folder, paths in inside.items()
        if folder not in _OF_THE_ROOT
        and not any(name.matches(path) for path in paths for name in names)
        and any(b"__main__" in files[path] and _COMMAND_LINE.search(files[path]) for path in paths)
    )


def is_in(path: str, folders: Iterable[str]) -> bool:
    """Whether the file stands in one of the folders."""
    return any(path.startswith(f"{folder}/") for folder in folders)
