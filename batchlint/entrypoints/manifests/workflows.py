"""GitHub Actions: workflows on a schedule or for somebody who waits, and the actions of the repository that they use.

https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule
https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax#runs
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from batchlint import datafiles
from batchlint.entrypoints.manifests import containers, documents, schedules
from batchlint.entrypoints.manifests.commands import Commands, Started
from batchlint.entrypoints.manifests.documents import Node
from batchlint.entrypoints.manifests.targets import ManifestTarget, Project, goes_on, stem
from batchlint.findings import Latency, Step

MAX_DEPTH = 4
"""How many actions that use actions are followed."""


class _Run(NamedTuple):
    """A step of a job: what it runs, and where that is written."""

    path: str
    node: Node
    script: str
    line: int
    folder: str = ""


def is_github(path: str) -> bool:
    workflow = re.search(r"(?:^|/)\.(?:github|gitea|forgejo)/(?:workflows|actions)/.*\.ya?ml$", path)
    return bool(workflow) or _is_action(path)


def _is_action(path: str) -> bool:
    return path.rpartition("/")[2] in {"action.yml", "action.yaml"}


def read_github(path: str, node: Node, project: Project, commands: Commands) -> Iterator[ManifestTarget]:
    if _is_action(path):
        yield from _read_action(path, node, project, commands)
        return
    triggers = documents.get(node, "on")
    crons = [
        documents.text(documents.get(each, "cron")) for each in documents.elements(documents.get(triggers, "schedule"))
    ]
    crons = [cron for cron in crons if cron]
    events = sorted({name for name, _, _ in documents.items(triggers)} | set(documents.texts(triggers)) - {""})
    jobs = list(documents.items(documents.get(node, "jobs")))
    for name, job, _ in jobs:
        runs = list(_of_job(path, node, job, project))
        waiting = [Step(path, at, f"job {other}") for other, each, at in jobs if _needs(each, name)]
        for number, run in enumerate(runs):
            for started, line in in_script(run.script, run.line, run.path, run.folder, commands):
                if crons:
                    what = f"job {name}, on schedule (cron {', '.join(crons)})"
                    yield ManifestTarget(
                        started.target,
                        "schedule",
                        schedules.latency(*crons),
                        Step(run.path, line, what),
                        "github-actions",
                        started.given,
                        _before(runs[: number + 1]),
                        next(_after(runs[number:], line, started.target, waiting), None),
                    )
                elif events:
                    what = f"job {name}, on {', '.join(events)}"
                    given = (run.node, documents.get(node, "env"), documents.get(job, "env"))
                    answers = _is_personal(events) and _answers(given, started.target, project)
                    latency = Latency.REALTIME if answers else None
                    yield ManifestTarget(
                        started.target, "script", latency, Step(run.path, line, what), "github-actions"
                    )


def _read_action(path: str, node: Node, project: Project, commands: Commands) -> Iterator[ManifestTarget]:
    """What an action runs for the workflows of others; those of its own repository are read with their triggers."""
    if ".github/" in path:
        return
    name = documents.text(documents.get(node, "name")) or path
    for run in _of_action(path, node, project):
        for started, line in in_script(run.script, run.line, run.path, run.folder, commands):
            latency = Latency.REALTIME if _answers((run.node,), started.target, project) else None
            step = Step(run.path, line, f"action {name}")
            yield ManifestTarget(started.target, "script", latency, step, "github-actions")


# -- steps
def _of_job(path: str, workflow: Node, job: Node, project: Project, depth: int = 0) -> Iterator[_Run]:
    """The steps of a job, and those of the reusable workflow that it uses."""
    default = documents.text(documents.get(workflow, "defaults", "run", "working-directory"))
    folder = documents.text(documents.get(job, "defaults", "run", "working-directory")) or default
    yield from _of_steps(path, documents.get(job, "steps"), folder, project, depth)
    used = _local(documents.text(documents.get(job, "uses")), project)
    if used is not None and depth < MAX_DEPTH:
        for called in documents.compose(used, project.text(used) or "")[0]:
            for _, each, _ in documents.items(documents.get(called, "jobs")):
                yield from _of_job(used, called, each, project, depth + 1)


def _of_steps(path: str, steps: Node, folder: str, project: Project, depth: int) -> Iterator[_Run]:
    for step in documents.elements(steps):
        used = _local(documents.text(documents.get(step, "uses")), project)
        if used is not None and depth < MAX_DEPTH:
            for action in documents.compose(used, project.text(used) or "")[0]:
                yield from _of_action(used, action, project, depth + 1)
            continue
        run = documents.get(step, "run")
        script = documents.text(run)
        if documents.text(documents.get(step, "shell")).startswith("python"):
            script = shlex.join(["python", "-c", script])
        place = documents.text(documents.get(step, "working-directory")) or folder
        yield _Run(path, step, script, 0 if run is None else first_line(run), place)


def _of_action(path: str, node: Node, project: Project, depth: int = 0) -> Iterator[_Run]:
    """The steps of a composite action, or what the container of a Docker action runs."""
    runs = documents.get(node, "runs")
    yield from _of_steps(path, documents.get(runs, "steps"), "", project, depth)
    image = documents.text(documents.get(runs, "image"))
    file = project.file(image, [path.rpartition("/")[0]]) if image and "://" not in image else None
    if file is None:
        return
    words, line = containers.command(project.text(file) or "")
    entry = documents.get(runs, "entrypoint")
    if entry is not None:
        words, file, line = [documents.text(entry)], path, documents.line(entry)
    arguments = [word for word in documents.texts(documents.get(runs, "args")) if word]
    yield _Run(file, runs, shlex.join([*words, *arguments]), line)


def _local(uses: str, project: Project) -> str | None:
    """The file of the action or reusable workflow that lies in the repository itself."""
    if not uses.startswith("./"):
        return None
    place = uses.removeprefix("./").strip("/")
    names = [place] if place.endswith((".yml", ".yaml")) else [f"{place}/action.yml", f"{place}/action.yaml"]
    return next((name for each in names if (name := each.lstrip("/")) in project.names), None)


def first_line(script: Node) -> int:
    """The line of the file on which a script's first line stands."""
    return documents.line(script) + (1 if getattr(script, "style", None) in ("|", ">") else 0)


def in_script(script: str, first: int, path: str, folder: str, commands: Commands) -> Iterator[tuple[Started, int]]:
    """What a script starts, with the line on which the file or function is named, as far as that can be told.

    `first` is the line of the file `path` on which the script begins.
    """
    for started in commands.started(re.sub(r"\$\{\{.*?\}\}", _variable, script), path, folder or None):
        if started.serves:  # for the tests of this very run; nobody is behind it
            continue
        name = stem(started.target)
        lines = script.splitlines()
        offset = next((number for number, line in enumerate(lines) if name in line), 0)
        yield started, first + offset


def _variable(expression: re.Match[str]) -> str:
    """An expression of the workflow language as one word, as a shell would see it."""
    return "${" + re.sub(r"\W+", "_", expression[0]).strip("_") + "}"


# -- what comes before and after
@cache
def _same_steps() -> dict[str, Any]:
    rows = datafiles.document("reruns", "same_steps")
    return dict(rows["same_steps"])


def _before(runs: Sequence[_Run]) -> Step | None:
    """The first step that may give the last of `runs` another input in each run."""
    *earlier, own = runs
    moved = next((each for each in earlier if not _gives_the_same(each)), None)
    if moved is None and re.search(_same_steps()["moving"], own.script):
        moved = own._replace(node=documents.get(own.node, "run") or own.node)
    return Step(moved.path, documents.line(moved.node), "a step of the workflow") if moved is not None else None


def _after(runs: Sequence[_Run], line: int, target: str, waiting: Sequence[Step]) -> Iterator[Step]:
    """What is done when the target, which the first of `runs` starts, has ended."""
    own, *later = runs
    if goes_on(own.script, target):
        yield Step(own.path, line, "a later command")
    yield from (Step(each.path, documents.line(each.node), "a later step") for each in later)
    yield from waiting


def _gives_the_same(run: _Run) -> bool:
    """Whether a step in front of a command leaves it the same input in each run."""
    uses = documents.text(documents.get(run.node, "uses"))
    if uses:
        return uses.startswith(tuple(_same_steps()["actions"]))
    lines = [line.strip() for line in run.script.splitlines() if line.strip() and not line.strip().startswith("#")]
    return all(re.fullmatch(_same_steps()["commands"], line) for line in lines)


def _needs(job: Node, name: str) -> bool:
    return name in documents.texts(documents.get(job, "needs"))


# -- who waits
@cache
def _waited() -> dict[str, Any]:
    return datafiles.document("manifests", "personal_events")


def _is_personal(events: Iterable[str]) -> bool:
    return not set(_waited()["personal_events"]).isdisjoint(events)


def _answers(given: Iterable[Node], target: str, project: Project) -> bool:
    """Whether what a step starts goes by what somebody wrote or changed, and so tells them of it."""
    texts = [documents.text(each) for node in given if node is not None for each in documents.walk(node)]
    file = target if target.endswith(".py") else f"{target.partition(':')[0].replace('.', '/')}.py"
    code = project.text(file) if file in project.names else None
    return any(re.search(_waited()["given"], text) for text in texts) or bool(
        code and re.search(_waited()["answering"], code)
    )
