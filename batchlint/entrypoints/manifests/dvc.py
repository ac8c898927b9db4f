"""DVC: the stages of a data pipeline, each with its command.

https://doc.dvc.org/user-guide/project-structure/dvcyaml-files
"""

from __future__ import annotations

from collections.abc import Iterator

from batchlint.entrypoints.manifests import documents
from batchlint.entrypoints.manifests.commands import Commands
from batchlint.entrypoints.manifests.documents import Node
from batchlint.entrypoints.manifests.targets import ManifestTarget, Project
from batchlint.entrypoints.manifests.workflows import first_line, in_script
from batchlint.findings import Latency, Step


def is_dvc(path: str) -> bool:
    return path.rpartition("/")[2] == "dvc.yaml"


def read_dvc(path: str, node: Node, project: Project, commands: Commands) -> Iterator[ManifestTarget]:
    """A command is one text or several; what is told once for many stages stands below `do`."""
    for name, stage, _ in documents.items(documents.get(node, "stages")):
        told = documents.get(stage, "do") or stage
        folder = documents.text(documents.get(told, "wdir"))
        for element in documents.elements(documents.get(told, "cmd")):
            for started, line in in_script(documents.text(element), first_line(element), path, folder, commands):
                step = Step(path, line, f"DVC stage {name}")
                yield ManifestTarget(started.target, "pipeline", Latency.HOURS, step, "dvc", started.given)
