"""What shell scripts have Cloud Scheduler request: a job of Cloud Run, whose image's command runs, or a route.

https://docs.cloud.google.com/run/docs/execute/jobs-on-schedule
https://docs.cloud.google.com/sdk/gcloud/reference/scheduler/jobs/create/http
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batchlint.entrypoints.manifests import addresses, containers, schedules, shells
from batchlint.entrypoints.manifests.commands import Commands
from batchlint.entrypoints.manifests.targets import ManifestTarget, Project, folders_above
from batchlint.findings import Step

_TIMER = re.compile(r"\bscheduler[ \t]+jobs[ \t]+(?:create|update)[ \t]+http\b(?:\\\n|[^\n])*")
_RUNS = re.compile(r"--uri[= ]\S*/jobs/[^\s/]+:run\b")
"""The address by which an execution of a job is asked for, rather than a route of a service."""
_ADDRESS = re.compile(r"--uri[= ](?!\S*\.googleapis\.com/)(\S+)")
"""An address, other than those of the cloud's own services."""
_WHEN = re.compile(r"--schedule[= ](?:\"([^\"\n]+)\"|'([^'\n]+)')")


def matches(path: str) -> bool:
    return path.endswith((".sh", ".bash"))


def read(path: str, project: Project, commands: Commands) -> Iterator[ManifestTarget]:
    content = project.text(path) or ""
    for timer in _TIMER.finditer(content):
        found = _WHEN.search(timer[0])
        when = shells.with_values(found[1] or found[2], shells.assigned(content)) if found else ""
        line, latency = content.count("\n", 0, timer.start()) + 1, schedules.latency(when)
        if not _RUNS.search(timer[0]):
            address = _ADDRESS.search(timer[0])
            for route in addresses.paths(address[1] if address else ""):
                step = Step(path, line, f"Cloud Scheduler, schedule {when}")
                yield ManifestTarget(route, "schedule", latency, step, "cloud-scheduler")
            continue
        image = _image(path, project)
        step = Step(path, line, f"Cloud Run job, schedule {when}")
        words, _ = containers.command(project.text(image) or "") if image is not None else ([], 0)
        for started in commands.argument_list(words, image) if image is not None else ():
            if not started.serves:
                yield ManifestTarget(started.target, "schedule", latency, step, "cloud-run", started.word)


def _image(path: str, project: Project) -> str | None:
    """The only Dockerfile beside the script or in the nearest folder above it that has one."""
    files = [name for name in project.names if containers.is_dockerfile(name)]
    for folder in folders_above(path):
        beside = [name for name in files if name.rpartition("/")[0] == folder]
        if beside:
            return beside[0] if len(beside) == 1 else None
    return None
