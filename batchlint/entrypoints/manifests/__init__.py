"""Files that are not Python and say what starts the code: crontabs, workflows, units, compose files, ...

Each family has a module; this one picks the module by the file's name, and by a word in it where the name says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from batchlint.entrypoints.manifests.targets import ManifestTarget, Project, as_copied
from batchlint.findings import FileError

__all__ = ["ManifestTarget", "is_manifest", "read_manifests"]

_SUFFIXES = frozenset({"yml", "yaml", "tf", "service", "timer", "plist", "sh", "bash", "cron", "crontab", "dockerfile"})
_NAMES = frozenset(
    {
        "pyproject.toml", "setup.cfg", "fly.toml", "railway.toml", "vercel.json", "zappa_settings.json",
        "function.json", "cdk.json", "Makefile", "makefile", "GNUmakefile",
    }
)  # fmt: skip
_STACKS = ("stack", "cdk", "infra", "construct", "lib/")
"""Words in the paths of files that define an app's resources in TypeScript."""
_MARKS = ("CronJob", "Deployment", "StatefulSet", "kind: Job", "CronWorkflow", "AWS::Serverless", "AWS::Lambda")


def is_manifest(path: str) -> bool:
    """Whether a file's name allows that it starts code, or is run by what does."""
    name = as_copied(path.rpartition("/")[2])
    suffix = name.rpartition(".")[2]
    if suffix in _SUFFIXES or name in _NAMES:
        return True
    lower = path.lower()
    if suffix == "ts":
        return any(word in lower for word in _STACKS)
    if name.lower().startswith("readme"):
        return True
    return "cron" in lower or "procfile" in lower or "dockerfile" in lower or "containerfile" in lower


def read_manifests(root: Path, names: Sequence[str]) -> tuple[list[ManifestTarget], list[FileError]]:
    """What the manifests among `names` (all files of the project, relative to `root`) start, and which are broken."""
    from batchlint.entrypoints.manifests import cdk, packaging, terraform
    from batchlint.entrypoints.manifests.commands import Commands

    project = Project(root, names)
    targets: list[ManifestTarget] = []
    errors: list[FileError] = []
    for path in names:
        if packaging.matches(path):
            for row in packaging.read(path, project):
                if isinstance(row, FileError):
                    errors.append(row)
                else:
                    project.scripts.setdefault(row[0], row[1].target)
                    targets.append(row[1])
    commands = Commands(project)
    for path in names:
        if not path.endswith(".py") and is_manifest(path):
            for found in _read(path, project, commands):
                (errors if isinstance(found, FileError) else targets).append(found)  # type: ignore[arg-type]
    folders = cdk.apps(project)
    for path in names if folders else ():
        if cdk.matches(path, folders):
            targets += cdk.read(path, project, commands)
    modules: dict[str, list[str]] = {}
    for path in filter(terraform.matches, names):
        modules.setdefault(path.rpartition("/")[0], []).append(path)
    for paths in modules.values():
        targets += terraform.read(paths, project)
    return list(dict.fromkeys(targets)), errors


def _read(path: str, project: Project, commands: object) -> Iterator[ManifestTarget | FileError]:
    from batchlint.entrypoints.manifests import cloudrun, containers, crontabs, functions, hosts, launchd

    readers: list[tuple[Callable[[str], bool], Callable[..., Iterator[ManifestTarget | FileError]]]] = [
        (crontabs.matches, crontabs.read),
        (crontabs.is_readme, crontabs.read_told),
        (containers.is_dockerfile, containers.read_dockerfile),
        (hosts.is_procfile, hosts.read_procfile),
        (lambda name: name.endswith(".service"), hosts.read_service),
        (launchd.matches, launchd.read),
        (cloudrun.matches, cloudrun.read),
        (hosts.is_toml, hosts.read_toml),
        (hosts.is_vercel, hosts.read_vercel),
        (functions.is_json, functions.read_json),
        (
            lambda name: containers.is_dockerfile(name) or as_copied(name).endswith((".sh", ".bash")),
            crontabs.read_written,
        ),
    ]
    for matches, read in readers:
        if matches(path):
            yield from read(path, project, commands)
    if path.endswith((".yml", ".yaml")):
        yield from _read_yaml(path, project, commands)


def _read_yaml(path: str, project: Project, commands: object) -> Iterator[ManifestTarget | FileError]:
    from batchlint.entrypoints.manifests import containers, documents, dvc, functions, gitlab, hosts, workflows

    readers: list[tuple[Callable[[str], bool], Callable[..., Iterator[ManifestTarget]]]] = [
        (workflows.is_github, workflows.read_github),
        (gitlab.is_gitlab, gitlab.read_gitlab),
        (dvc.is_dvc, dvc.read_dvc),
        (containers.is_compose, containers.read_compose),
        (functions.is_serverless, functions.read_serverless),
        (hosts.is_render, hosts.read_render),
        (hosts.is_app_engine, hosts.read_app_engine),
    ]
    chosen = [read for matches, read in readers if matches(path)]
    content = project.text(path)
    if content is None:
        return
    by_name = bool(chosen)
    if not chosen and any(mark in content for mark in _MARKS):
        chosen = [containers.read_kubernetes, functions.read_sam]
    if hosts.is_cron_yaml(path):  # a name that templates of other kinds have as well
        chosen.append(hosts.read_cron_yaml)
    if not chosen:
        return
    nodes, error = documents.compose(path, content)
    if error is not None and by_name:
        yield error
    for node in nodes:
        for read in chosen:
            yield from read(path, node, project, commands)
