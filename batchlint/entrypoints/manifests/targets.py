"""What a manifest starts, and the project files that commands name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from batchlint.findings import Latency, Step

MAX_BYTES = 1_000_000
_TEMPLATE = re.compile(r"(\.(?:sh|bash))\.(?:example|sample|template|tmpl|dist)\Z")
ANY_WORD = "$"
"""Stands for an argument that a variable holds."""
_HELD = re.compile(r"\$(?!\{?\w*inputs_)(?:\w+|\{\w+\})")
"""What a variable gives; a run that nobody starts by hand has no inputs."""


class ManifestTarget(NamedTuple):
    """A project file or function that a manifest starts, or a route that it has requested."""

    target: str
    """A file's path relative to the root, a function's dotted name, or a route's path, which begins with `/`."""
    kind: str
    latency: Latency | None
    step: Step
    framework: str = "manifest"
    given: tuple[str, ...] | None = None
    """The arguments on its command line, where there is one."""
    before: Step | None = None
    """What the manifest does before, that may give the target another input in each run."""
    after: Step | None = None
    """What the manifest does when the target has ended."""

    @property
    def word(self) -> str:
        """The first plain argument, which may name a subcommand; `ANY_WORD` for one that a variable holds."""
        first = self.given[0] if self.given else ""
        if _HELD.fullmatch(first):
            return ANY_WORD
        return first if re.fullmatch(r"[A-Za-z][\w-]*", first) else ""


@dataclass(slots=True)
class Project:
    """The files of a project, asked for by the paths and module names that commands use."""

    root: Path
    names: Sequence[str]
    scripts: dict[str, str] = field(default_factory=dict)
    """Console scripts: their name and the function behind it, `package.module:function`."""
    _by_name: dict[str, list[str]] = field(default_factory=dict)
    _texts: dict[str, str | None] = field(default_factory=dict)
    _templates: dict[str, str] = field(default_factory=dict)
    """The path of a file that whoever installs the program copies, by the path of the copy."""

    def __post_init__(self) -> None:
        for name in self.names:
            self._by_name.setdefault(name.rpartition("/")[2], []).append(name)
        known = set(self.names)
        for name in self.names:
            copy = as_copied(name)
            if copy not in known:
                self._templates[copy] = name
                self._by_name.setdefault(copy.rpartition("/")[2], []).append(copy)

    def text(self, path: str) -> str | None:
        """The file's text; None where it is missing, unreadable or far too long for what it should be."""
        if path not in self._texts:
            try:
                data = (self.root / self._templates.get(path, path)).read_bytes()
                self._texts[path] = data.decode("utf-8-sig", "replace") if len(data) < MAX_BYTES else None
            except OSError:
                self._texts[path] = None
        return self._texts[path]

    def file(self, path: str, bases: Iterable[str]) -> str | None:
        """The project file that `path` names as seen from one of `bases`; an absolute path is found by its end."""
        candidates = self._by_name.get(path.rpartition("/")[2])
        if not candidates:
            return None
        parts = [part for part in path.split("/") if part not in {"", "."}]
        foreign = path.startswith(("/", "~")) or "$" in path
        if not foreign:
            for base in bases:
                joined = _normal([*base.split("/"), *parts])
                if joined in candidates:
                    return joined
        for start in range(len(parts)):
            tail = "/".join(parts[start:])
            found = [name for name in candidates if name == tail or name.endswith("/" + tail)]
            if tail in found:
                return tail
            if len(found) == 1:
                return found[0]
            if not foreign:
                break
        return None

    def module(self, dotted: str, bases: Iterable[str]) -> str | None:
        """The file that `python -m dotted` runs."""
        if not re.fullmatch(r"[\w-]+(\.[\w-]+)*", dotted):
            return None
        path = dotted.replace(".", "/")
        places = [place for base in bases for place in (base, f"{base}/src" if base else "src")]
        return self.file(f"{path}.py", places) or self.file(f"{path}/__main__.py", places)


def as_copied(path: str) -> str:
    """The path under which a shell script runs that the project has as a template: `run.sh.example`."""
    return _TEMPLATE.sub(r"\1", path)


def _normal(parts: Iterable[str]) -> str:
    found: list[str] = []
    for part in parts:
        if part == ".." and found:
            found.pop()
        elif part not in {"", "."}:
            found.append(part)
    return "/".join(found)


def folders_above(path: str) -> list[str]:
    """The file's folder and those above it up to the root, which is ""."""
    folder = path.rpartition("/")[0]
    found = [folder]
    while folder:
        folder = folder.rpartition("/")[0]
        found.append(folder)
    return found


def dotted(file: str, function: str) -> str:
    """The dotted name of a function in a file of the project."""
    stem = file.removesuffix(".py").removesuffix("/__init__")
    return f"{stem.replace('/', '.')}.{function}"


def stem(target: str) -> str:
    """The word by which a command names the file or function."""
    return re.split(r"[./:]", target.removesuffix(".py"))[-1]


def goes_on(script: str, target: str) -> bool:
    """Whether a script does something after the command that names the target; true where it names it in no command."""
    _, named, rest = script.rpartition(stem(target))
    rest = re.sub(r"\d?>&\d|\\\n|#[^\n]*", " ", rest)
    return not named or re.search(r"[;&|\n]\s*[^\s;&|]", rest) is not None


def starts_with_more(script: str, target: str) -> bool:
    """Whether a script does more in front of that command than to choose a folder or an environment."""
    front = re.split(r"&&|[;|\n]", script.rpartition(stem(target))[0])[:-1]
    return "$(" in script or "`" in script or any(not re.match(r"\s*(?:cd|\.|source)\s", each) for each in front)
