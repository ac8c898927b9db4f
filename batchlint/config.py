"""Settings: found in `[tool.batchlint]` of a pyproject.toml or in a .batchlint.yaml, checked, and typed.

The nearest folder upward that configures batchlint counts, up to the repository's root. Every error is a `ConfigError`
whose text is one line: `file:line: what is wrong`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from batchlint import rules
from batchlint.findings import Latency

YAML_NAME = ".batchlint.yaml"
DEFAULT_MIN_SCORE = 60
KINDS = ("schedule", "task_queue", "pipeline", "script", "evaluation", "web", "websocket", "interactive", "test")
BUILT_IN_EXCLUDES = (
    ".git",
    ".hg",
    ".svn",
    ".venv",
    "venv",
    ".tox",
    ".nox",
    ".eggs",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    "__pycache__",
    "__pypackages__",
    "node_modules",
    "site-packages",
)


class ConfigError(Exception):
    """Settings that cannot be used; the text is one line with file and line."""


class Wrapper(NamedTuple):
    """A function, by dotted name, that the user says calls a hosted model of `provider`."""

    name: str
    provider: str


class EntryPoint(NamedTuple):
    """A function, by dotted name, that something outside the code starts."""

    name: str
    kind: str
    latency: Latency | None


class Budget(NamedTuple):
    """A stated latency budget for what a dotted name or a path glob covers."""

    target: str
    latency: Latency


class Config(NamedTuple):
    """All settings of one run: `root` is the folder that paths and globs are relative to, `source` the file read."""

    root: Path
    source: Path | None = None
    exclude: tuple[str, ...] = ()
    select: tuple[str, ...] = ("RTB",)
    ignore: tuple[str, ...] = ()
    min_score: int = DEFAULT_MIN_SCORE
    wrappers: tuple[Wrapper, ...] = ()
    entry_points: tuple[EntryPoint, ...] = ()
    latency: tuple[Budget, ...] = ()
    force_exclude: bool = False
    """Whether excludes hold for files that are named too; pre-commit names files."""
    noqa: bool = True
    """Whether `# noqa` silences findings; flake8 does that itself."""

    @property
    def excludes(self) -> tuple[str, ...]:
        return (*BUILT_IN_EXCLUDES, *self.exclude)

    def override(
        self,
        *,
        select: Sequence[str] = (),
        ignore: Sequence[str] = (),
        extend_select: Sequence[str] = (),
        exclude: Sequence[str] = (),
        min_score: int | None = None,
        force_exclude: bool = False,
    ) -> Config:
        """The settings with those of the command line put over them."""
        return self._replace(
            select=(*(tuple(select) or self.select), *extend_select),
            ignore=tuple(ignore) or self.ignore,
            exclude=(*self.exclude, *exclude),
            min_score=self.min_score if min_score is None else min_score,
            force_exclude=force_exclude or self.force_exclude,
        )


def as_text(config: Config) -> str:
    """The settings as the table that would state them, with the file they come from."""
    import json

    lines = [f"# from {config.source or 'the defaults'}; paths are relative to {config.root}", "[tool.batchlint]"]
    values: dict[str, object] = {
        "exclude": config.excludes,
        "select": config.select,
        "ignore": config.ignore,
        "min-score": config.min_score,
        "force-exclude": config.force_exclude,
    }
    lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    for wrapper in config.wrappers:
        lines += ["", "[[tool.batchlint.wrappers]]", f'name = "{wrapper.name}"', f'provider = "{wrapper.provider}"']
    for entry in config.entry_points:
        lines += ["", "[[tool.batchlint.entry-points]]", f'name = "{entry.name}"', f'kind = "{entry.kind}"']
        lines += [f'latency = "{entry.latency}"'] if entry.latency is not None else []
    for budget in config.latency:
        key = "path" if "/" in budget.target or "*" in budget.target else "name"
        lines += ["", "[[tool.batchlint.latency]]", f'{key} = "{budget.target}"', f'latency = "{budget.latency}"']
    return "\n".join(lines) + "\n"


def load(paths: Sequence[Path], *, config: Path | None = None, isolated: bool = False) -> Config:
    """The settings for a run over `paths`; `config` names the file to read, `isolated` reads none.

    Raises ConfigError for a file that cannot be read, broken syntax, and keys or values that are not known.
    """
    start = _start(paths)
    if config is not None and not isolated:
        if not config.is_file():
            raise ConfigError(f"{config}: no such configuration file")
        found = _read(config, required=True)
        root = config.resolve().parent
    else:
        found = None if isolated else _discover(start)
        root = found.file.resolve().parent if found else _unmarked_root(start)
    if found is None:
        return Config(root=root)
    return _Reader(found).config(root)


def _start(paths: Sequence[Path]) -> Path:
    """The folder of the first path, absolute."""
    first = paths[0].absolute() if paths else Path.cwd()
    return first if first.is_dir() else first.parent


def _unmarked_root(start: Path) -> Path:
    for folder in (start, *start.parents):
        if (folder / ".git").exists():
            return folder
    here = Path.cwd()
    return here if start.is_relative_to(here) else start


def is_project_root(root: Path) -> bool:
    """Whether something marks `root` as a project: a repository, or a file that configures one."""
    return any((root / name).exists() for name in (".git", "pyproject.toml", YAML_NAME))


# -- reading the two kinds of file
class _Found(NamedTuple):
    """A configuration table as plain data, and how to find the line of a key in its file."""

    file: Path
    shown: str
    label: str
    table: dict[str, Any]
    line: Callable[[tuple[str | int, ...]], int]


def _discover(start: Path) -> _Found | None:
    for folder in (start, *start.parents):
        found = [f for name in (YAML_NAME, "pyproject.toml") if (f := _read(folder / name, required=False))]
        if len(found) > 1:
            raise ConfigError(f"{found[1].shown}: {YAML_NAME} beside it configures batchlint too; keep one of them")
        if found:
            return found[0]
        if (folder / ".git").exists():
            return None
    return None


def _shown(path: Path) -> str:
    path = path.absolute()
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.as_posix()


def _read(path: Path, *, required: bool) -> _Found | None:
    shown = _shown(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise ConfigError(f"{shown}:1: cannot be read: {reason}") from None
    if path.suffix == ".toml":
        return _read_toml(path, shown, text, required=required)
    return _read_yaml(path, shown, text)


def _read_toml(path: Path, shown: str, text: str, *, required: bool) -> _Found | None:
    if not required and "batchlint" not in text:
        return None
    import tomllib

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = re.search(r" \(at line (\d+), column \d+\)$", str(error))
        line = int(match[1]) if match else text.count("\n") + 1
        message = str(error).split(" (at ")[0]
        raise ConfigError(f"{shown}:{line}: not valid TOML: {message}") from None
    tool = data.get("tool")
    table = tool.get("batchlint") if isinstance(tool, dict) else None
    if table is None:
        if required:
            raise ConfigError(f"{shown}:1: has no [tool.batchlint] table")
        return None
    find = _TomlLines(text)
    if not isinstance(table, dict):
        raise ConfigError(f"{shown}:{find(())}: [tool.batchlint] must be a table")
    return _Found(path, shown, "[tool.batchlint]", table, find)


def _read_yaml(path: Path, shown: str, text: str) -> _Found:
    import yaml

    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ConfigError(f"{shown}:{mark.line + 1 if mark else 1}: not valid YAML: {problem}") from None
    if data is not None and not isinstance(data, dict):
        raise ConfigError(f"{shown}:1: must be a mapping of settings")

    def line(keys: tuple[str | int, ...]) -> int:
        current, at = node, 1
        for key in keys:
            if isinstance(current, yaml.MappingNode):
                pair = next((pair for pair in current.value if pair[0].value == str(key)), None)
                if pair is None:
                    break
                at, current = pair[0].start_mark.line + 1, pair[1]
            elif isinstance(current, yaml.SequenceNode) and isinstance(key, int):
                current = current.value[key]
                at = current.start_mark.line + 1
        return at

    return _Found(path, shown, YAML_NAME, data or {}, line)


class _TomlLines:
    """Lines of keys in a TOML text: tomllib keeps none, so headers and assignments are looked for in the text."""

    def __init__(self, text: str) -> None:
        self.lines: dict[tuple[str | int, ...], int] = {}
        counts: dict[str, int] = {}
        prefix: tuple[str | int, ...] | None = None
        for number, line in enumerate(text.splitlines(), 1):
            header = re.match(r"\s*(\[\[?)\s*([\w.\-\"' ]+?)\s*\]", line)
            if header:
                parts = [part.strip(" \"'") for part in header[2].split(".")]
                prefix = tuple(parts[2:]) if parts[:2] == ["tool", "batchlint"] else None
                if prefix is not None and header[1] == "[[":
                    index = counts.get(header[2], 0)
                    counts[header[2]] = index + 1
                    prefix = (*prefix, index)
                if prefix is not None:
                    self.lines.setdefault(prefix, number)
                continue
            key = re.match(r"\s*[\"']?([\w\-]+)[\"']?\s*(?:=|\.)", line)
            if key and prefix is not None:
                self.lines.setdefault((*prefix, key[1]), number)

    def __call__(self, keys: tuple[str | int, ...]) -> int:
        for end in range(len(keys), -1, -1):
            if keys[:end] in self.lines:
                return self.lines[keys[:end]]
        return 1


# -- checking
class _Reader:
    """Turns a plain table into a Config; every refusal names file and line."""

    keys = (
        "exclude",
        "force-exclude",
        "select",
        "extend-select",
        "ignore",
        "min-score",
        "wrappers",
        "entry-points",
        "latency",
    )

    def __init__(self, found: _Found) -> None:
        self.found = found

    def fail(self, keys: tuple[str | int, ...], message: str) -> ConfigError:
        return ConfigError(f"{self.found.shown}:{self.found.line(keys)}: {message}")

    def config(self, root: Path) -> Config:
        table = self.found.table
        self.known(table, self.keys, ())
        select = self.codes("select") if "select" in table else ("RTB",)
        return Config(
            root=root,
            source=self.found.file,
            exclude=self.strings("exclude"),
            select=(*select, *self.codes("extend-select")),
            ignore=self.codes("ignore"),
            min_score=self.min_score(),
            force_exclude=self.flag("force-exclude"),
            wrappers=tuple(self.wrapper(*item) for item in self.tables("wrappers")),
            entry_points=tuple(self.entry_point(*item) for item in self.tables("entry-points")),
            latency=tuple(self.budget(*item) for item in self.tables("latency")),
        )

    def known(self, table: dict[str, Any], keys: Sequence[str], where: tuple[str | int, ...]) -> None:
        for key in table:
            if key not in keys:
                place = self.found.label if not where else f"`{where[0]}`"
                raise self.fail((*where, key), f"unknown key {str(key)!r} in {place}{nearest(str(key), keys)}")

    def strings(self, key: str) -> tuple[str, ...]:
        value = self.found.table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.fail((key,), f"{key} must be a list of strings")
        return tuple(value)

    def codes(self, key: str) -> tuple[str, ...]:
        codes = self.strings(key)
        for code in codes:
            if rules.unknown_selector(code):
                raise self.fail((key,), f"{key}: unknown rule {code!r}{nearest(code, tuple(rules.RULES))}")
        return codes

    def min_score(self) -> int:
        value = self.found.table.get("min-score", DEFAULT_MIN_SCORE)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 100:
            raise self.fail(("min-score",), "min-score must be a whole number from 0 to 100")
        return value

    def flag(self, key: str) -> bool:
        value = self.found.table.get(key, False)
        if not isinstance(value, bool):
            raise self.fail((key,), f"{key} must be true or false")
        return value

    def tables(self, key: str) -> list[tuple[dict[str, Any], tuple[str | int, ...]]]:
        value = self.found.table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.fail((key,), f"{key} must be a list of tables")
        return [(item, (key, index)) for index, item in enumerate(value)]

    def text(self, item: dict[str, Any], key: str, where: tuple[str | int, ...]) -> str:
        value = item.get(key)
        if value is None:
            raise self.fail(where, f"{where[0]} needs {key!r}")
        if not isinstance(value, str) or not value:
            raise self.fail((*where, key), f"{where[0]}: {key} must be a string")
        return value

    def dotted(self, item: dict[str, Any], where: tuple[str | int, ...]) -> str:
        name = self.text(item, "name", where)
        if not all(part.isidentifier() or part == "*" for part in name.split(".")):
            raise self.fail((*where, "name"), f"{where[0]}: {name!r} is not a dotted name")
        return name

    def budgeted(self, item: dict[str, Any], where: tuple[str | int, ...]) -> Latency:
        text = self.text(item, "latency", where)
        try:
            return Latency.parse(text)
        except ValueError as error:
            raise self.fail((*where, "latency"), f"{where[0]}: {error}") from None

    def wrapper(self, item: dict[str, Any], where: tuple[str | int, ...]) -> Wrapper:
        self.known(item, ("name", "provider"), where)
        return Wrapper(self.dotted(item, where), self.text(item, "provider", where))

    def entry_point(self, item: dict[str, Any], where: tuple[str | int, ...]) -> EntryPoint:
        self.known(item, ("name", "kind", "latency"), where)
        kind = self.text(item, "kind", where)
        if kind not in KINDS:
            known = ", ".join(KINDS)
            raise self.fail(
                (*where, "kind"), f"entry-points: unknown kind {kind!r}{nearest(kind, KINDS)} (known: {known})"
            )
        latency = self.budgeted(item, where) if "latency" in item else None
        return EntryPoint(self.dotted(item, where), kind, latency)

    def budget(self, item: dict[str, Any], where: tuple[str | int, ...]) -> Budget:
        self.known(item, ("name", "path", "latency"), where)
        if ("name" in item) == ("path" in item):
            raise self.fail(where, "latency needs either 'name' or 'path'")
        target = self.dotted(item, where) if "name" in item else self.text(item, "path", where)
        return Budget(target, self.budgeted(item, where))


def nearest(word: str, known: Sequence[str]) -> str:
    """`; did you mean 'x'?` for the nearest known word, or nothing where none is near."""
    import difflib

    match = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"; did you mean {match[0]!r}?" if match else ""
