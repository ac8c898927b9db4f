"""The shipped YAML files as plain documents, kept as JSON in the user's cache.

Parsing YAML at every start would take longer than looking at a small project.
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

_DATA = Path(__file__).parent / "data"


@cache
def documents(folder: str) -> list[dict[str, Any]]:
    """The documents of `data/FOLDER/*.yaml`, in the order of the files' names."""
    files = sorted((_DATA / folder).glob("*.yaml"))
    stamp = [[file.name, (status := file.stat()).st_size, status.st_mtime_ns] for file in files]
    kept = _cache_file(folder)
    try:
        known = json.loads(kept.read_bytes())
        if known["stamp"] == stamp:
            found: list[dict[str, Any]] = known["documents"]
            return found
    except (OSError, ValueError, KeyError, TypeError):
        pass
    read = _read(files)
    _keep(kept, {"stamp": stamp, "documents": read})
    return read


def document(folder: str, key: str) -> dict[str, Any]:
    """The one document of `data/FOLDER/*.yaml` that has `key`."""
    return next(each for each in documents(folder) if key in each)


def _read(files: list[Path]) -> list[dict[str, Any]]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [yaml.load(file.read_bytes(), Loader=loader) for file in files]


def _cache_file(folder: str) -> Path:
    """Beside the user's other caches, one file per installation."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    place = str(_DATA).replace(os.sep, "%").replace(":", "%")
    return Path(base).expanduser() / "batchlint" / f"{folder}{place}.json"


def _keep(file: Path, content: dict[str, Any]) -> None:
    """Write the cache in one step; a place that cannot be written is no reason to stop."""
    import tempfile

    try:
        text = json.dumps(content)
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False, encoding="utf-8") as temporary:
            temporary.write(text)
        Path(temporary.name).replace(file)
    except (OSError, RuntimeError, TypeError, ValueError):
        return
