"""The files of a program as text and syntax trees, narrowed to those that can have to do with a model call."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from batchlint.findings import FileError
from batchlint.sources import prefilter, syntax, testfolders, tracked
from batchlint.sources.walking import Namer, Tree, Walker
from batchlint.sources.words import Words

__all__ = ["Source", "Sources", "Tree", "load", "walk"]


_SMALL = 200_000
"""Bytes of Python that parse in the time that starting takes anyway."""


class Source(NamedTuple):
    """One file that counts: its path relative to the root, its text as on disk, and its tree."""

    path: str
    text: str
    tree: ast.Module


@dataclass(slots=True)
class Sources:
    files: list[Source] = field(default_factory=list)
    tests: dict[str, bytes] = field(default_factory=dict)
    """The tests that were put aside, as they are on disk."""
    programs: frozenset[str] = frozenset()
    """Folders that are called as tests are but hold a program."""
    errors: list[FileError] = field(default_factory=list)


def walk(
    root: str, folders: Iterable[str], files: Iterable[str], *, excludes: Sequence[str], is_manifest: Namer, force: bool
) -> Tree:
    """The Python files and manifests below `folders`, and `files`; all relative to `root`.

    Files that are named count even where an exclude covers them, unless `force` is set.
    """
    walker = Walker(root, excludes, is_manifest)
    for folder in folders:
        if not (force and folder and walker.excluded(folder + "/")):
            walker.walk(folder)
    for file in files:
        if not (force and walker.excluded(file)):
            walker.add_file(file)
    return walker.tree


def load(root: str, tree: Tree, words: Words, texts: Mapping[str, str], *, tests: bool = True) -> Sources:
    """Read and parse what counts; `texts` stands for the content of files that are not to be read from disk.

    Without `tests`, those that only import what counts are put aside.

    Every file that cannot be read or decoded is an error. Syntax is looked at in the files that count, and in the rest
    as long as all of them together are small: in a large program that would take longer than everything else.
    """
    sources = Sources()
    data: dict[str, bytes] = {}

    def read(path: str) -> None:
        if path in texts:
            data[path] = texts[path].encode("utf-8", "surrogatepass")
            return
        try:
            data[path] = _read(os.path.join(root, path))
        except OSError as error:
            sources.errors.append(FileError(path, 1, f"cannot be read: {error.strerror}"))

    for path in tree.python:
        read(path)
    for path in tracked.imported(tree.ignored, data):
        tree.python.append(path)
        read(path)
    decoded: dict[str, str] = dict(texts)
    for path, content in data.items():
        if path not in decoded and (not content.isascii() or b"\0" in content):
            try:
                decoded[path] = syntax.decode(content)
            except syntax.SourceError as error:
                sources.errors.append(FileError(path, error.line, error.message))
    broken = {error.path for error in sources.errors}
    readable = {path: content for path, content in data.items() if path not in broken}
    sources.programs = testfolders.programs(readable, words.tests)
    filtering = prefilter.Prefilter(readable, words, tests=tests, programs=sources.programs)
    kept = filtering.keep()
    sources.tests = filtering.aside
    sources.errors += _syntax_errors(readable, set(kept), decoded)
    for path in kept:
        try:
            text = decoded.get(path)
            text = syntax.decode(readable[path]) if text is None else text
            sources.files.append(Source(path, text, syntax.parse(text)))
        except syntax.SourceError as error:
            sources.errors.append(FileError(path, error.line, error.message))
    return sources


def _syntax_errors(files: Mapping[str, bytes], kept: set[str], decoded: Mapping[str, str]) -> list[FileError]:
    """The syntax errors of the files that do not count, where these are few."""
    dropped = [path for path in files if path not in kept]
    if sum(len(files[path]) for path in dropped) > _SMALL:
        return []
    errors = []
    for path in dropped:
        try:
            text = decoded.get(path)
            syntax.parse(syntax.decode(files[path]) if text is None else text)
        except syntax.SourceError as error:
            errors.append(FileError(path, error.line, error.message))
    return errors


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        size = os.fstat(descriptor).st_size
        content = os.read(descriptor, size + 1)
        while len(content) != size and (more := os.read(descriptor, 1 << 20)):
            content += more
        return content
    finally:
        os.close(descriptor)
