"""Processes that a machine or a host runs: systemd units, Procfiles, Render, App Engine, Fly, Railway, Vercel.

https://www.freedesktop.org/software/systemd/man/latest/systemd.timer.html
https://devcenter.heroku.com/articles/procfile
https://render.com/docs/blueprint-spec
https://vercel.com/docs/cron-jobs
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from batchlint.entrypoints.manifests import documents, schedules
from batchlint.entrypoints.manifests.commands import Commands, Started
from batchlint.entrypoints.manifests.containers import service
from batchlint.entrypoints.manifests.documents import Node
from batchlint.entrypoints.manifests.targets import ManifestTarget, Project, folders_above
from batchlint.findings import FileError, Step


def is_procfile(path: str) -> bool:
    return path.rpartition("/")[2].partition(".")[0] == "Procfile"


def read_procfile(path: str, project: Project, commands: Commands) -> Iterator[ManifestTarget]:
    for number, line in enumerate((project.text(path) or "").splitlines(), 1):
        match = re.match(r"([\w-]+)\s*:\s*(\S.*)", line)
        if match:
            for started in commands.started(match[2], path):
                yield service(started, Step(path, number, f"process {match[1]}"), "procfile")


def read_service(path: str, project: Project, commands: Commands) -> Iterator[ManifestTarget]:
    """A unit, with the timer that starts it if there is one beside it."""
    unit = list(_settings(project.text(path) or ""))
    folder = next((value for key, value, _ in unit if key == "WorkingDirectory"), None)
    timer = _timer_of(path, project)
    for key, value, line in unit:
        if key not in {"ExecStart", "ExecStartPre", "ExecStartPost"}:
            continue
        for started in commands.started(value.lstrip("-@:+!"), path, folder):
            if timer:
                file, at, when = timer
                step = Step(file, at, f"timer {file.rpartition('/')[2]}, {', '.join(when)}")
                yield ManifestTarget(
                    started.target, "schedule", schedules.latency(*when), step, "systemd", started.given
                )
            else:
                yield service(started, Step(path, line, f"unit {path.rpartition('/')[2]}"), "systemd")


def _timer_of(path: str, project: Project) -> tuple[str, int, list[str]] | None:
    unit = path.rpartition("/")[2]
    for file in project.names:
        if not file.endswith((".timer", ".timer.j2")):
            continue
        settings = list(_settings(project.text(file) or ""))
        stated = next((value for key, value, _ in settings if key == "Unit"), None)
        if (stated or file.rpartition("/")[2].replace(".timer", ".service")) == unit:
            when = [
                (value, line)
                for key, value, line in settings
                if key in {"OnCalendar", "OnUnitActiveSec", "OnUnitInactiveSec"}
            ]
            if when:
                return file, when[0][1], [value for value, _ in when]
            return file, 1, ["at boot"]
    return None


def _settings(text: str) -> Iterator[tuple[str, str, int]]:
    number = 1
    for line in re.split(r"(?<!\\)\n", text):
        key, separator, value = line.replace("\\\n", " ").partition("=")
        if separator and not line.startswith(("#", ";")):
            yield key.strip(), value.strip(), number
        number += line.count("\n") + 1


def is_render(path: str) -> bool:
    return path.rpartition("/")[2] in {"render.yaml", "render.yml"}


def read_render(path: str, node: Node, project: Project, commands: Commands) -> Iterator[ManifestTarget]:
    for body in documents.elements(documents.get(node, "services")):
        folder = documents.text(documents.get(body, "rootDir")) or None
        when = documents.text(documents.get(body, "schedule"))
        for key in ("startCommand", "dockerCommand"):
            command = documents.get(body, key)
            for started in commands.started(documents.text(command), path, folder):
                name = documents.text(documents.get(body, "name"))
                yield _hosted(started, when, path, documents.line(command), f"service {name}", "render")


def is_app_engine(path: str) -> bool:
    return path.rpartition("/")[2] in {"app.yaml", "app.yml"}


def read_app_engine(path: str, node: Node, project: Project, commands: Commands) -> Iterator[ManifestTarget]:
    entrypoint = documents.get(node, "entrypoint")
    for started in commands.started(documents.text(entrypoint), path):
        yield service(started, Step(path, documents.line(entrypoint), "entrypoint"), "app-engine")


def is_toml(path: str) -> bool:
    return path.rpartition("/")[2] in {"fly.toml", "railway.toml"}


def read_toml(path: str, project: Project, commands: Commands) -> Iterator[ManifestTarget | FileError]:
    import tomllib

    content = project.text(path) or ""
    try:
        data = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        match = re.search(r"at line (\d+)", str(error))
        yield FileError(path, int(match[1]) if match else 1, f"not valid TOML: {str(error).split(' (at ')[0]}")
        return
    deploy = data.get("deploy")
    deploy = deploy if isinstance(deploy, dict) else {}
    processes = data.get("processes")
    named = dict(processes) if isinstance(processes, dict) else {}
    if isinstance(deploy.get("startCommand"), str):
        named["deploy"] = deploy["startCommand"]
    when = deploy.get("cronSchedule")
    for name, command in named.items():
        for started in commands.started(command, path) if isinstance(command, str) else ():
            line = content[: content.find(command)].count("\n") + 1
            scheduled = when if name == "deploy" and isinstance(when, str) else ""
            yield _hosted(started, scheduled, path, line, f"process {name}", path.rpartition("/")[2].partition(".")[0])


def is_vercel(path: str) -> bool:
    return path.rpartition("/")[2] == "vercel.json"


def read_vercel(path: str, project: Project, commands: Commands) -> Iterator[ManifestTarget | FileError]:
    content = project.text(path) or ""
    try:
        data = json.loads(content)
    except ValueError as error:
        yield FileError(path, getattr(error, "lineno", 1), f"not valid JSON: {getattr(error, 'msg', error)}")
        return
    for cron in data.get("crons") or [] if isinstance(data, dict) else []:
        if isinstance(cron, dict) and isinstance(cron.get("path"), str):
            route, when = cron["path"].strip("/"), str(cron.get("schedule", ""))
            file = project.file(f"{route}.py", folders_above(path)) or project.file(
                f"{route}/index.py", folders_above(path)
            )
            line = content[: content.find(cron["path"])].count("\n") + 1
            yield _hosted(Started(file or f"/{route}"), when, path, line, f"cron /{route}", "vercel")


def is_cron_yaml(path: str) -> bool:
    return path.rpartition("/")[2] in {"cron.yaml", "cron.yml"}


def read_cron_yaml(path: str, node: Node, project: Project, commands: Commands) -> Iterator[ManifestTarget]:
    """The routes that App Engine requests: https://docs.cloud.google.com/appengine/docs/standard/reference/cron-yaml."""
    for cron in documents.elements(documents.get(node, "cron")):
        address = documents.get(cron, "url")
        route, when = documents.text(address), documents.text(documents.get(cron, "schedule"))
        if route.startswith("/") and when:
            yield _hosted(Started(route), when, path, documents.line(address), f"cron {route}", "app-engine")


def _hosted(started: Started, when: str, path: str, line: int, what: str, framework: str) -> ManifestTarget:
    if when:
        step = Step(path, line, f"{what}, schedule {when}")
        return ManifestTarget(started.target, "schedule", schedules.latency(when), step, framework, started.given)
    return service(started, Step(path, line, what), framework)
