"""GitLab CI: jobs of a pipeline, on a schedule or not.

https://docs.gitlab.com/ci/pipelines/schedules/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batchlint.entrypoints.manifests import documents
from batchlint.entrypoints.manifests.commands import Commands
from batchlint.entrypoints.manifests.documents import Node
from batchlint.entrypoints.manifests.targets import ManifestTarget, Project
from batchlint.entrypoints.manifests.workflows import first_line, in_script
from batchlint.findings import Latency, Step

_NO_JOBS = frozenset({"stages", "variables", "workflow", "default", "include", "image", "services", "cache", "pages"})


def is_gitlab(path: str) -> bool:
    return path.rpartition("/")[2].endswith((".gitlab-ci.yml", ".gitlab-ci.yaml")) or ".gitlab/" in path


def read_gitlab(path: str, node: Node, project: Project, commands: Commands) -> Iterator[ManifestTarget]:
    for name, job, _ in documents.items(node):
        if name in _NO_JOBS or not list(documents.items(job)):
            continue
        scheduled = _is_scheduled(job)
        for key in ("before_script", "script", "after_script"):
            for element in documents.elements(documents.get(job, key)):
                script = documents.text(element)
                for started, line in in_script(script, first_line(element), path, "", commands):
                    kind, latency = ("schedule", Latency.HOURS) if scheduled else ("script", None)
                    what = f"job {name}" + (", run by a pipeline schedule" if scheduled else "")
                    yield ManifestTarget(
                        started.target, kind, latency, Step(path, line, what), "gitlab-ci", started.given
                    )


def _is_scheduled(job: Node) -> bool:
    only = documents.get(job, "only")
    if "schedules" in documents.texts(only) or "schedules" in documents.texts(documents.get(only, "refs")):
        return True
    return any(
        re.search(r"CI_PIPELINE_SOURCE\s*==\s*[\"']schedule", documents.text(documents.get(rule, "if")))
        for rule in documents.elements(documents.get(job, "rules"))
    )
