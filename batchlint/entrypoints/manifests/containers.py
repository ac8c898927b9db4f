"""Containers: Kubernetes CronJobs, Jobs and Deployments, Compose services, and the command of a Dockerfile.

https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
https://docs.docker.com/reference/compose-file/services/
https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator

from batchlint.entrypoints.intervals import latency_of
from batchlint.entrypoints.manifests import documents, schedules
from batchlint.entrypoints.manifests.commands import Commands, Started
from batchlint.entrypoints.manifests.documents import Node
from batchlint.entrypoints.manifests.targets import ManifestTarget, Project
from batchlint.findings import Latency, Step

_WORKLOADS = frozenset({"CronJob", "Job", "Deployment", "StatefulSet", "DaemonSet", "Pod", "CronWorkflow"})


def is_compose(path: str) -> bool:
    name = path.rpartition("/")[2]
    return bool(re.fullmatch(r"(?:docker-)?compose[\w.-]*\.ya?ml|stack\.ya?ml", name))


def is_dockerfile(path: str) -> bool:
    name = path.rpartition("/")[2].lower()
    return name.startswith(("dockerfile", "containerfile")) or name.endswith((".dockerfile", ".containerfile"))


def service(started: Started, step: Step, framework: str) -> ManifestTarget:
    """What a long-running container or process runs: a server that somebody waits for, or code that any may start.

    What a loop starts again after a pause is scheduled.
    """
    if started.serves:
        return ManifestTarget(started.target, "web", Latency.REALTIME, step, framework)
    if started.pause is not None:
        return ManifestTarget(started.target, "schedule", latency_of(started.pause), step, framework, started.given)
    return ManifestTarget(started.target, "script", None, step, framework, started.given)


def read_kubernetes(path: str, node: Node, project: Project, commands: Commands) -> Iterator[ManifestTarget]:
    kind = documents.text(documents.get(node, "kind"))
    if kind == "List":
        for item in documents.elements(documents.get(node, "items")):
            yield from read_kubernetes(path, item, project, commands)
    if kind not in _WORKLOADS:
        return
    name = documents.text(documents.get(node, "metadata", "name"))
    schedule = documents.get(node, "spec", "schedule") or documents.get(node, "spec", "schedules")
    for container in documents.walk(documents.get(node, "spec")):
        words = [
            *documents.texts(documents.get(container, "command")),
            *documents.texts(documents.get(container, "args")),
        ]
        if not any(words):
            continue
        place = documents.get(container, "command") or documents.get(container, "args")
        folder = documents.text(documents.get(container, "workingDir"))
        for started in commands.argument_list([word for word in words if word], path, folder or None):
            if schedule is not None or kind == "CronJob":
                when = ", ".join(documents.texts(schedule))
                step = Step(path, documents.line(schedule or place), f"CronJob {name}, schedule {when}")
                yield ManifestTarget(
                    started.target,
                    "schedule",
                    schedules.latency(*documents.texts(schedule)),
                    step,
                    "kubernetes",
                    started.given,
                )
            else:
                yield service(started, Step(path, documents.line(place), f"{kind} {name}"), "kubernetes")


def read_compose(path: str, node: Node, project: Project, commands: Commands) -> Iterator[ManifestTarget]:
    for name, body, _ in documents.items(documents.get(node, "services")):
        build = documents.get(body, "build")
        folder = documents.text(build) or documents.text(documents.get(build, "context")) or None
        for key in ("entrypoint", "command"):
            command = documents.get(body, key)
            step = Step(path, documents.line(command) if command else 1, f"service {name}, {key}")
            for started in _run(command, path, folder, commands):
                yield service(started, step, "compose")
        yield from _ofelia(path, name, body, folder, commands)


def _ofelia(path: str, name: str, body: Node, folder: str | None, commands: Commands) -> Iterator[ManifestTarget]:
    """Jobs in labels: https://github.com/mcuadros/ofelia."""
    labels = documents.get(body, "labels")
    pairs = [(key, documents.text(value), line) for key, value, line in documents.items(labels)]
    for element in documents.elements(labels):
        key, _, value = documents.text(element).partition("=")
        pairs.append((key, value, documents.line(element)))
    values = {key: (value, line) for key, value, line in pairs}
    for key, (when, line) in values.items():
        if key.startswith("ofelia.") and key.endswith(".schedule"):
            command = values.get(key.removesuffix("schedule") + "command", ("", 0))[0]
            for started in commands.started(command, path, folder):
                step = Step(path, line, f"service {name}, {key} {when}")
                yield ManifestTarget(started.target, "schedule", schedules.latency(when), step, "ofelia", started.given)


def _run(command: Node, path: str, folder: str | None, commands: Commands) -> list[Started]:
    if command is None:
        return []
    if command.id == "sequence":
        return commands.argument_list([word for word in documents.texts(command) if word], path, folder)
    return commands.started(documents.text(command), path, folder)


def read_dockerfile(path: str, project: Project, commands: Commands) -> Iterator[ManifestTarget]:
    words, line = command(project.text(path) or "")
    what = " ".join(shlex.quote(word) for word in words)[:80]
    for started in commands.argument_list(words, path):
        yield service(started, Step(path, line, what), "dockerfile")


def command(dockerfile: str) -> tuple[list[str], int]:
    """The words of what the last stage of a Dockerfile runs, and their line; none where it runs what its base does."""
    found: dict[str, tuple[list[str] | str, int]] = {}
    number = 1
    for line in re.split(r"(?<!\\)\n", dockerfile):
        match = re.match(r"\s*(CMD|ENTRYPOINT|FROM)\s+(.*)", line, re.DOTALL | re.IGNORECASE)
        if match and match[1].upper() == "FROM":
            found.clear()
        elif match:
            found[match[1].upper()] = _arguments(match[2].replace("\\\n", " ").strip()), number
        number += line.count("\n") + 1
    words: list[str] = []
    for key in ("ENTRYPOINT", "CMD"):
        value = found.get(key, ([], 0))[0]
        words += value if isinstance(value, list) else ["sh", "-c", value]
    return words, min((number for _, number in found.values()), default=1)


def _arguments(text: str) -> list[str] | str:
    if text.startswith("["):
        try:
            return [str(word) for word in json.loads(text)]
        except ValueError:
            pass
    return text
