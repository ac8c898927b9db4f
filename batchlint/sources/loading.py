"""Files that load modules by a part of their names: `import_module(f"jobs.{name}")`."""

from __future__ import annotations

import re
from collections.abc import Set

_PACKAGE = re.compile(rb"[\"']([A-Za-z_]\w*(?:\.\w+)*)\.\w*(?:\{|[\"']\s*\+)")
"""The package of a module of which the string says only a part: `f"jobs.{name}"`, `"jobs." + name`."""
_OWN_PACKAGE = re.compile(
    rb"(?:import_module|__import__)\(\s*(?:(?:rf|fr|[rf])?[\"']\{?(?:__name__|__package__|\.)|__name__|__package__)"
)
"""An import of a module of the file's own package: `import_module(f"{__name__}.{task}")`."""
_NAMED = re.compile(rb"\b([A-Za-z_]\w*)\.__(?:name|package)__")
"""A package by the module that it is: `f"{tasks.__name__}.{name}"`."""


def loads_of(path: str, data: bytes, folders: Set[str]) -> bool:
    """Whether the file loads modules of one of the folders, or of one in it; each begins with a slash."""
    packages = [*_PACKAGE.findall(data), *_NAMED.findall(data)]
    ends = [f"/{package.decode().replace('.', '/')}" for package in packages]
    places = folders | {folder.rpartition("/")[0] for folder in folders} if ends else folders
    own = f"/{path.rpartition('/')[0]}"
    is_own = own in folders and _OWN_PACKAGE.search(data) is not None
    return is_own or any(place.endswith(end) for end in ends for place in places)
