"""What shell scripts have Cloud Scheduler request: a job of Cloud Run, whose image's command runs, a function, a route.

https://docs.cloud.google.com/run/docs/execute/jobs-on-schedule
https://docs.cloud.google.com/sdk/gcloud/reference/functions/deploy (a function's address, its file and its name there)
https://docs.cloud.google.com/sdk/gcloud/reference/functions/describe (its address, asked for by its name)
https://docs.cloud.google.com/sdk/gcloud/reference/scheduler/jobs/create/http
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batchlint.entrypoints.manifests import addresses, containers, schedules, shells
from batchlint.entrypoints.manifests.commands import Commands
from batchlint.entrypoints.manifests.targets import ManifestTarget, Project, dotted, folders_above
from batchlint.findings import Step

SCHEDULER = "cloud-scheduler"
"""The framework of what sends a request, to a route or a function."""
_TIMER = re.compile(r"\bscheduler[ \t]+jobs[ \t]+(?:create|update)[ \t]+http\b(?:\\\n|[^\n])*")
_RUNS = re.compile(r"--uri[= ]\S*/jobs/[^\s/]+:run\b")
"""The address by which an execution of a job is asked for, rather than a route of a service."""
_ADDRESS = re.compile(r"--uri[= ](?!\S*\.googleapis\.com/)(\S+)")
"""An address, other than those of the cloud's own services."""
_FUNCTION = re.compile(r"https://[^/\s]*\.cloudfunctions\.net/([\w-]+)")
_DEPLOYS = re.compile(r"\bfunctions[ \t]+deploy\b[ \t]+(?:\\\n[ \t]*)*[\"']?([\w-]+)(?:\\\n|[^\n])*")
_DESCRIBED = re.compile(
    r"^[ \t]*(\w+)=\"?\$\([ \t]*gcloud[ \t]+functions[ \t]+describe[ \t]+[\"']?([\w-]+)", re.MULTILINE
)
"""A variable with the address of a function."""
_NAMED = re.compile(r"\$\{?(\w+)\}?")
_SOURCE = re.compile(r"--source[= ](?:\"([^\"\n]+)\"|(\S+))")
_ENTRY = re.compile(r"--entry-point[= ]\"?(\w+)")
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
            asked = address[1].strip("\"'") if address else ""
            deployed = _FUNCTION.match(asked)
            function = deployed[1] if deployed else _described(asked, content)
            found_there = _functions(project).get(function) if function else None
            for target in [found_there] if found_there else addresses.paths(asked):
                step = Step(path, line, f"Cloud Scheduler, schedule {when}")
                yield ManifestTarget(target, "schedule", latency, step, SCHEDULER)
            continue
        image = _image(path, project)
        step = Step(path, line, f"Cloud Run job, schedule {when}")
        words, _ = containers.command(project.text(image) or "") if image is not None else ([], 0)
        for started in commands.argument_list(words, image) if image is not None else ():
            if not started.serves:
                yield ManifestTarget(started.target, "schedule", latency, step, "cloud-run", started.given)


def _described(address: str, content: str) -> str | None:
    """The function whose address the variable holds."""
    named = _NAMED.fullmatch(address)
    return dict(_DESCRIBED.findall(content)).get(named[1]) if named else None


def _functions(project: Project) -> dict[str, str]:
    """The dotted names of the functions that scripts deploy, by the names that they have there."""
    found: dict[str, str] = {}
    for path in filter(matches, project.names):
        content = project.text(path) or ""
        variables = shells.assigned(content) if "functions deploy" in content else {}
        bodies = shells.called(content) if variables else ()
        for deployed in _DEPLOYS.finditer(shells.with_values("\n".join([content, *bodies]), variables)):
            source, entry = _SOURCE.search(deployed[0]), _ENTRY.search(deployed[0])
            folder = (source[1] or source[2]).strip("./") if source else ""
            file = project.file(f"{folder}/main.py".lstrip("/"), folders_above(path))
            if file is not None:
                found[deployed[1]] = dotted(file, entry[1] if entry else deployed[1])
    return found


def _image(path: str, project: Project) -> str | None:
    """The only Dockerfile beside the script or in the nearest folder above it that has one."""
    files = [name for name in project.names if containers.is_dockerfile(name)]
    for folder in folders_above(path):
        beside = [name for name in files if name.rpartition("/")[0] == folder]
        if beside:
            return beside[0] if len(beside) == 1 else None
    return None
