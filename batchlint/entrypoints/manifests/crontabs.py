"""Crontabs: https://man7.org/linux/man-pages/man5/crontab.5.html, also in cron.d (with a user) and in image builds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batchlint.entrypoints.manifests import schedules, shells
from batchlint.entrypoints.manifests.commands import Commands
from batchlint.entrypoints.manifests.targets import ManifestTarget, Project, goes_on, starts_with_more
from batchlint.findings import Step

_FIELD = r"[\d*/,\-A-Za-z]+"
_ENTRY = re.compile(rf"\s*(?P<when>@\w+|{_FIELD}(?:[ \t]+{_FIELD}){{4}})[ \t]+(?P<command>\S.*)")
_WRITTEN = re.compile(
    r"(?P<quote>[\"'])"
    r"(?P<when>@(?:daily|hourly|weekly|monthly|midnight)|[\d*/,-]+(?:[ \t]+[\d*/,-]+){3}[ \t]+[\d*/,\-A-Za-z]+)"
    r"[ \t]+(?P<command>(?:(?!(?P=quote)).)+)(?P=quote)"
)
_UNSAID = re.compile(
    r"(?P<quote>[\"'])(?P<when>\$\{?\w+\}?)[ \t]+(?P<command>(?:(?!(?P=quote)).)+)(?P=quote)[^\"']*cron", re.IGNORECASE
)
"""A line for a crontab whose schedule nothing here says."""
_TOLD = re.compile(
    r"[\s>#$-]*(?:\w+:\s+)?(?P<quote>[`\"']?)"
    r"(?P<when>@(?:daily|hourly|weekly|monthly|midnight)|[\d*/,-]+(?:[ \t]+[\d*/,-]+){3}[ \t]+[\d*/,\-A-Za-z]+)"
    r"[ \t]+(?P<command>[^\s*].*)"
)
"""A line for a crontab as a README shows it, in a block, quoted or behind a word."""
_TEXT = frozenset({"", "txt", "cron", "crontab", "sh", "conf", "template", "example", "sample", "prod", "production"})


def matches(path: str) -> bool:
    folder, _, name = path.lower().rpartition("/")
    suffix = name.rpartition(".")[2] if "." in name else ""
    if suffix not in _TEXT:
        return False
    return "cron" in name or folder.rpartition("/")[2] in {"cron.d", "crontabs", "cron"}


def read(path: str, project: Project, commands: Commands) -> Iterator[ManifestTarget]:
    for number, line in enumerate((project.text(path) or "").splitlines(), 1):
        entry = _ENTRY.match(line)
        if entry and _is_schedule(entry["when"]):
            yield from entries(path, number, entry["when"], entry["command"], commands)


def read_written(path: str, project: Project, commands: Commands) -> Iterator[ManifestTarget]:
    """Crontab lines that a Dockerfile or a shell script writes: `echo "0 2 * * * python job.py" | crontab -`.

    The schedule may stand in a variable, be its default, or come from outside.
    """
    content = project.text(path) or ""
    if "cron" not in content:
        return
    variables = shells.assigned(content)
    for number, plain in enumerate(content.splitlines(), 1):
        has_variables = "$" in plain and not plain.lstrip().startswith("#")
        line = shells.with_values(plain, variables) if has_variables else plain
        unsaid = _UNSAID.search(line) if has_variables else None
        if unsaid:
            yield from entries(path, number, unsaid["when"], unsaid["command"], commands)
        bare = _ENTRY.match(line)
        if bare and _is_schedule(bare["when"]):
            yield from entries(path, number, bare["when"], bare["command"].replace('\\"', '"'), commands)
        for entry in _WRITTEN.finditer(line):
            yield from entries(path, number, entry["when"], entry["command"], commands)


def is_readme(path: str) -> bool:
    name, _, suffix = path.rpartition("/")[2].lower().partition(".")
    return name == "readme" and suffix.rpartition(".")[2] in {"", "md", "rst", "txt"}


def read_told(path: str, project: Project, commands: Commands) -> Iterator[ManifestTarget]:
    """Crontab lines that a README tells whoever installs the program to write."""
    content = project.text(path) or ""
    if "cron" not in content.lower():
        return
    for number, line in enumerate(content.splitlines(), 1):
        told = _TOLD.match(line)
        if told and _is_schedule(told["when"]):
            command = told["command"].partition(told["quote"])[0] if told["quote"] else told["command"]
            yield from entries(path, number, told["when"], command, commands)
        for entry in _WRITTEN.finditer(line) if told is None and "crontab" in line else ():
            yield from entries(path, number, entry["when"], entry["command"], commands)


def entries(path: str, line: int, when: str, command: str, commands: Commands) -> Iterator[ManifestTarget]:
    """The targets of one entry; the first word may be the user that cron.d asks for."""
    started = commands.started(command, path)
    if not started:
        _, _, behind_user = command.strip().partition(" ")
        started = commands.started(behind_user, path)
    step = Step(path, line, f"{when} {' '.join(command.split())[:80]}")
    for each in started:
        more = starts_with_more(command, each.target)
        before = step._replace(what="what stands in front of the command") if more else None
        after = step._replace(what="what comes behind the command") if goes_on(command, each.target) else None
        yield ManifestTarget(
            each.target, "schedule", schedules.latency(when), step, "crontab", each.given, before, after
        )


def _is_schedule(text: str) -> bool:
    return text.lower() in schedules.NAMED or (text[0] in "*0123456789" and schedules.minutes(text) is not None)
