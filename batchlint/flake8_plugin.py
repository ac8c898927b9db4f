"""The flake8 plugin: RTB codes from one whole-program analysis per flake8 run.

flake8 hands files over one by one, in several processes. The analysis is made where flake8 reads its options, before
it forks, so that all workers share it; a worker that was spawned instead makes it once for itself. flake8 never reads
pyproject.toml, so the settings come from `[tool.batchlint]` here. `# noqa` and the selection of codes on flake8's
command line are flake8's own business.
"""

from __future__ import annotations

import argparse
import ast
import multiprocessing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from batchlint import __version__

Entry = tuple[int, int, str]


class Plugin:
    """One instance per file; the findings of all files are kept on the class."""

    name = "batchlint"
    version = __version__
    paths: ClassVar[list[Path]] = []
    stdin: ClassVar[bool] = False
    findings: ClassVar[dict[str, list[Entry]] | None] = None

    def __init__(self, tree: ast.AST, filename: str, lines: list[str]) -> None:
        self.filename = filename
        self.lines = lines

    @classmethod
    def parse_options(cls, manager: Any, options: argparse.Namespace, args: list[str]) -> None:
        """Take the paths of the run; analyse at once in the first process."""
        names = list(getattr(options, "filenames", None) or args)
        cls.stdin = names == ["-"]
        cls.paths = [Path(name) for name in names if Path(name).exists()] or [Path()]
        cls.findings = None
        if not cls.stdin and multiprocessing.parent_process() is None:
            cls.findings = _analyse(cls.paths)

    def run(self) -> Iterator[tuple[int, int, str, type[Any]]]:
        """The findings of this file as (line, 0-based column, text, type)."""
        cls = type(self)
        if cls.stdin:
            # Without --stdin-display-name the name is "stdin": the text is then a program of its own.
            found = _analyse([Path(self.filename)], (Path(self.filename), "".join(self.lines)))
        else:
            if cls.findings is None:
                cls.findings = _analyse(cls.paths or [Path(self.filename)])
            found = cls.findings
        for line, column, text in found.get(_absolute(self.filename), []):
            yield line, column, text, cls


def _absolute(name: str) -> str:
    path = Path(name).absolute()
    return str(path.parent.resolve() / path.name)


def _analyse(paths: list[Path], stdin: tuple[Path, str] | None = None) -> dict[str, list[Entry]]:
    from batchlint import config, engine

    try:
        settings = config.load(paths)._replace(noqa=False)
    except config.ConfigError as error:
        raise SystemExit(f"batchlint: error: {error}") from None
    report = engine.analyze(paths, settings, stdin=stdin)
    found: dict[str, list[Entry]] = {}
    for finding in report.findings:
        entry = (finding.line, finding.column - 1, f"{finding.code} {finding.message}")
        found.setdefault(_absolute(f"{report.root}/{finding.path}"), []).append(entry)
    return found
