"""Continuous integration: GitHub Actions and GitLab CI, on a schedule or for somebody who waits.

https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule
https://docs.gitlab.com/ci/pipelines/schedules/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from batchlint import datafiles
from batchlint.entrypoints.manifests import documents, schedules
from batchlint.entrypoints.manifests.commands import Commands, Started
from batchlint.entrypoints.manifests.documents import Node
from batchlint.entrypoints.manifests.targets import ManifestTarget, Project, goes_on, stem
from batchlint.findings import Latency, Step

_NO_JOBS = frozenset({"stages", "variables", "workflow", "default", "include", "image", "services", "cache", "pages"})


def is_github(path: str) -> bool:
    return bool(re.search(r"(?:^|/)\.(?:github|gitea|forgejo)/(?:workflows|actions)/.*\.ya?ml$", path))


def is_gitlab(path: str) -> bool:
    return path.rpartition("/")[2].endswith((".gitlab-ci.yml", ".gitlab-ci.yaml")) or ".gitlab/" in path


def read_github(path: str, node: Node, project: Project, commands: Commands) -> Iterator[ManifestTarget]:
    triggers = documents.get(node, "on")
    crons = [
        documents.text(documents.get(each, "cron")) for each in documents.elements(documents.get(triggers, "schedule"))
    ]
    crons = [cron for cron in crons if cron]
    events = sorted({name for name, _, _ in documents.items(triggers)} | set(documents.texts(triggers)) - {""})
    default = documents.text(documents.get(node, "defaults", "run", "working-directory"))
    jobs = list(documents.items(documents.get(node, "jobs")))
    for name, job, _ in jobs:
        folder = documents.text(documents.get(job, "defaults", "run", "working-directory")) or default
        steps = documents.elements(documents.get(job, "steps"))
        waiting = [Step(path, at, f"job {other}") for other, each, at in jobs if _needs(each, name)]
        for number, step in enumerate(steps, 1):
            run = documents.get(step, "run")
            place = documents.text(documents.get(step, "working-directory")) or folder
            moved = next((each for each in steps[: number - 1] if not _gives_the_same(each)), None)
            if moved is None and re.search(_same_steps()["moving"], documents.text(run)):
                moved = run
            before = Step(path, documents.line(moved), "a step of the workflow") if moved is not None else None
            later = [Step(path, documents.line(each), "a later step") for each in steps[number:]] + waiting
            for started, line in _in_script(run, path, place, commands):
                if crons:
                    what = f"on: schedule, cron {', '.join(crons)}: job {name}"
                    after = (
                        [Step(path, line, "a later command")] if goes_on(documents.text(run), started.target) else later
                    )
                    yield ManifestTarget(
                        started.target,
                        "schedule",
                        schedules.latency(*crons),
                        Step(path, line, what),
                        "github-actions",
                        started.word,
                        before,
                        after[0] if after else None,
                    )
                elif events:
                    what = f"on: {', '.join(events)}: job {name}"
                    answers = _is_personal(events) and _answers((step, *_settings(node, job)), started.target, project)
                    latency = Latency.REALTIME if answers else None
                    yield ManifestTarget(started.target, "script", latency, Step(path, line, what), "github-actions")


@cache
def _waited() -> dict[str, Any]:
    return datafiles.document("manifests", "personal_events")


def _is_personal(events: Iterable[str]) -> bool:
    return not set(_waited()["personal_events"]).isdisjoint(events)


def _settings(*nodes: Node) -> Iterator[Node]:
    """The environment that a workflow and a job set."""
    return (documents.get(node, "env") for node in nodes)


def _answers(given: Iterable[Node], target: str, project: Project) -> bool:
    """Whether what a step starts goes by what somebody wrote or changed, and so tells them of it."""
    texts = [documents.text(each) for node in given if node is not None for each in documents.walk(node)]
    file = target if target.endswith(".py") else f"{target.partition(':')[0].replace('.', '/')}.py"
    code = project.text(file) if file in project.names else None
    return any(re.search(_waited()["given"], text) for text in texts) or bool(
        code and re.search(_waited()["answering"], code)
    )


@cache
def _same_steps() -> dict[str, Any]:
    rows = datafiles.document("reruns", "same_steps")
    return dict(rows["same_steps"])


def _gives_the_same(step: Node) -> bool:
    """Whether a step in front of a command leaves it the same input in each run."""
    uses, run = documents.text(documents.get(step, "uses")), documents.text(documents.get(step, "run"))
    if uses:
        return uses.startswith(tuple(_same_steps()["actions"]))
    lines = [line.strip() for line in run.splitlines() if line.strip() and not line.strip().startswith("#")]
    return all(re.fullmatch(_same_steps()["commands"], line) for line in lines)


def _needs(job: Node, name: str) -> bool:
    return name in documents.texts(documents.get(job, "needs"))


def read_gitlab(path: str, node: Node, project: Project, commands: Commands) -> Iterator[ManifestTarget]:
    for name, job, _ in documents.items(node):
        if name in _NO_JOBS or not list(documents.items(job)):
            continue
        scheduled = _is_scheduled(job)
        for key in ("before_script", "script", "after_script"):
            for element in documents.elements(documents.get(job, key)):
                for started, line in _in_script(element, path, "", commands):
                    kind, latency = ("schedule", Latency.HOURS) if scheduled else ("script", None)
                    what = f"job {name}" + (", run by a pipeline schedule" if scheduled else "")
                    yield ManifestTarget(
                        started.target, kind, latency, Step(path, line, what), "gitlab-ci", started.word
                    )


def _is_scheduled(job: Node) -> bool:
    only = documents.get(job, "only")
    if "schedules" in documents.texts(only) or "schedules" in documents.texts(documents.get(only, "refs")):
        return True
    return any(
        re.search(r"CI_PIPELINE_SOURCE\s*==\s*[\"']schedule", documents.text(documents.get(rule, "if")))
        for rule in documents.elements(documents.get(job, "rules"))
    )


def _in_script(node: Node, path: str, folder: str, commands: Commands) -> Iterator[tuple[Started, int]]:
    """What a script starts, with the line on which the file or function is named, as far as that can be told."""
    script = documents.text(node)
    if not script:
        return
    first = documents.line(node) + (1 if getattr(node, "style", None) in ("|", ">") else 0)
    for started in commands.started(script, path, folder or None):
        if started.serves:  # for the tests of this very run; nobody is behind it
            continue
        name = stem(started.target)
        lines = script.splitlines()
        offset = next((number for number, line in enumerate(lines) if name in line), 0)
        yield started, first + (offset if len(lines) > 1 else 0)
