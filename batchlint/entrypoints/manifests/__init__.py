"""Files that are not Python and say what starts the code: crontabs, workflows, units, compose files, ..."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from batchlint.findings import FileError


def is_manifest(path: str) -> bool:
    return False


def read_manifests(root: Path, names: Sequence[str]) -> tuple[list[Any], list[FileError]]:
    return [], []
