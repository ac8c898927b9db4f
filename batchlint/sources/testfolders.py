"""What is called as tests are but is part of a program.

Such a folder has no file with a test's name, and one with a command line, or nothing in it tests anything, and what
stands outside imports from it. Such a file tests nothing, and other files than tests import it, or it has a command
line of its own, or is called an evaluation, and keeps in files what comes of a run, or does so without being asked, in
what stands outside its functions, or where it is started and reads a file of items.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import chain

from batchlint.patterns import file_pattern

_COMMAND_LINE = re.compile(rb"\b(?:ArgumentParser|Typer|fire\.Fire)\(|^@click\.|^from click import", re.MULTILINE)
_TESTS = re.compile(rb"^\s*(?:async )?def test_|\bTestCase\b|^\s*(?:import|from) (?:pytest|unittest)\b", re.MULTILINE)
_TEST_NAME = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_test)\.py$")
"""Unlike that of a smoke test, which is one also where a command line runs it."""
_EVALUATION = re.compile(r"(?:^|[/_])(?:eval|evals|evaluate|evaluation|evaluator|benchmark)(?:_[^/]*)?\.py$")
_SMOKE = re.compile(r"smoke[^/]*\.py$")
_KEEPING = (
    rb"""(?:\bopen\([^\n]*,\s*(?:mode\s*=\s*)?["'][wax]|\bwrite_(?:text|bytes)\(|\bjson\.dump\("""
    rb"|\.to_(?:csv|json|excel|parquet)\()"
)
"""Who only looks whether something works keeps no file of it."""
_KEEPS = re.compile(_KEEPING)
_KEEPS_UNASKED = re.compile(rb"^[^\s#][^#\n]*" + _KEEPING, re.MULTILINE)
_READS_ITEMS = re.compile(
    rb"\bjson\.load\(|\bread_(?:csv|json|excel|parquet)\(|\bcsv\.(?:Dict)?[rR]eader\(|\bload_dataset\(|\.readlines\("
)
_ASSERTS = re.compile(rb"^\s*assert\b", re.MULTILINE)
_OF_THE_ROOT = frozenset({"test", "tests", "testing"})
"""Folders in which a repository has its own tests, whatever their files are called."""


def programs(files: Mapping[str, bytes], tests: Iterable[str]) -> frozenset[str]:
    """The folders and files; `tests` are the patterns of the files that are tests by their name or place."""
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
    folders = {
        folder
        for folder, paths in inside.items()
        if folder not in _OF_THE_ROOT
        and not any(name.matches(path) for path in paths for name in names)
        and any(b"__main__" in files[path] and _COMMAND_LINE.search(files[path]) for path in paths)
    }
    outside = [path for path in files if top(path.rpartition("/")[0]) is None]
    rest = [folder for folder in inside if folder not in folders and folder not in _OF_THE_ROOT]
    rest = [folder for folder in rest if not any(_TESTS.search(files[path]) for path in inside[folder])]
    folders |= {folder for folder in rest if _is_used(folder, files, outside)}
    named = {path for path in outside if any(name.matches(path) for name in names)}
    parts = [path for path in named if _TEST_NAME.search(path) and not _TESTS.search(files[path])]
    others = [path for path in outside if "test" not in path] if parts else []
    started = [path for path in (*named, *chain(*inside.values())) if _keeps_a_run(path, files[path])]
    started += [path for path in parts if _keeps_unasked(path, files[path])]
    return frozenset([*folders, *started, *(path for path in parts if _is_imported(path, files, others))])


def _keeps_a_run(path: str, data: bytes) -> bool:
    """Whether the file is started with options, or as an evaluation, tests nothing, and writes files."""
    if b"__main__" not in data or _SMOKE.search(path) or _TESTS.search(data):
        return False
    is_evaluation = _EVALUATION.search(path) is not None and not _TEST_NAME.search(path)
    return (is_evaluation or _COMMAND_LINE.search(data) is not None) and _KEEPS.search(data) is not None


def _keeps_unasked(path: str, data: bytes) -> bool:
    """Whether the file, which tests nothing, writes files as soon as it is run or imported, or makes one of another."""
    if _SMOKE.search(path) or _ASSERTS.search(data):
        return False
    if b"__main__" in data:
        return _READS_ITEMS.search(data) is not None and _KEEPS.search(data) is not None
    return _KEEPS_UNASKED.search(data) is not None


def _is_used(folder: str, files: Mapping[str, bytes], others: Iterable[str]) -> bool:
    """Whether one of the other files imports from the folder, as far as a line of it tells."""
    above, _, name = folder.rpartition("/")
    package = re.escape(above.rpartition("/")[2].encode() + b"." + name.encode())
    imported = re.compile(
        rb"^\s*(?:from|import) (?:[\w.]*\b" + package + rb"|\.+" + re.escape(name.encode()) + rb")\b", re.MULTILINE
    )
    return bool(above) and any(name.encode() in files[other] and imported.search(files[other]) for other in others)


def _is_imported(path: str, files: Mapping[str, bytes], others: Iterable[str]) -> bool:
    """Whether one of the other files imports the file, as far as a line of it tells."""
    stem = path.rpartition("/")[2].removesuffix(".py").encode()
    imported = re.compile(rb"^\s*(?:from|import) [^\n#]*\b" + re.escape(stem) + rb"\b", re.MULTILINE)
    return any(stem in files[other] and imported.search(files[other]) for other in others)


def is_in(path: str, folders: Iterable[str]) -> bool:
    """Whether the file is one of these, or stands in one of the folders."""
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)
