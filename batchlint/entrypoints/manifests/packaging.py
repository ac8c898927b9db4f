"""Console scripts: pyproject.toml, setup.cfg and setup.py.

https://packaging.python.org/en/latest/specifications/entry-points/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batchlint.entrypoints.manifests.targets import ManifestTarget, Project
from batchlint.findings import FileError, Step

_PAIR = re.compile(r"[\"']?\s*([\w.-]+)\s*=\s*([\w.]+:[\w.]+)")
FILES = frozenset({"pyproject.toml", "setup.cfg", "setup.py"})


def matches(path: str) -> bool:
    return path.rpartition("/")[2] in FILES


def read(path: str, project: Project) -> Iterator[tuple[str, ManifestTarget] | FileError]:
    """Each script's name with its target."""
    content = project.text(path) or ""
    name = path.rpartition("/")[2]
    scripts: dict[str, str] = {}
    if name == "pyproject.toml":
        if "scripts" not in content:
            return
        import tomllib

        try:
            scripts = _from_pyproject(tomllib.loads(content))
        except tomllib.TOMLDecodeError as error:
            match = re.search(r"at line (\d+)", str(error))
            line = int(match[1]) if match else 1
            yield FileError(path, line, f"not valid TOML: {str(error).split(' (at ')[0]}")
            return
    elif "console_scripts" in content:
        listed = content[content.index("console_scripts") :]
        if name == "setup.cfg":
            import configparser

            parser = configparser.ConfigParser(interpolation=None)
            try:
                parser.read_string(content)
                listed = parser.get("options.entry_points", "console_scripts", fallback="")
            except configparser.Error:
                listed = ""
        scripts = dict(_PAIR.findall(listed))
    for script, target in scripts.items():
        line = content[: max(content.find(target), 0)].count("\n") + 1
        step = Step(path, line, f"console script {script}")
        yield script, ManifestTarget(target, "script", None, step, "console-script")


def _from_pyproject(data: dict[str, object]) -> dict[str, str]:
    found: dict[str, str] = {}
    for keys in (("project", "scripts"), ("tool", "poetry", "scripts")):
        table: object = data
        for key in keys:
            table = table.get(key) if isinstance(table, dict) else None
        if isinstance(table, dict):
            for name, target in table.items():
                target = target.get("callable") or target.get("reference") if isinstance(target, dict) else target
                if isinstance(target, str) and ":" in target:
                    found[str(name)] = target.partition("[")[0].strip()
    return found
