"""`--collect webhook`: a handler that runs a job again when the provider says that its batch has ended."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from batchlint import datafiles
from batchlint.codemod.refusals import EditedHelperError
from batchlint.facts import FunctionId, module_name
from batchlint.graph import Graph

NAME = "llm_batch_webhook"
Jobs = Mapping[str, tuple[str, ...]]
"""The arguments with which Python starts each job in the project's folder, by the name of its batches."""


def _frameworks() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = datafiles.document("webhooks", "frameworks")["frameworks"]
    return found


def frameworks() -> tuple[str, ...]:
    """Import names of the web frameworks that a handler can be written for."""
    return tuple(_frameworks())


def framework_of(graph: Graph, requirements: Iterable[str]) -> str | None:
    """The web framework of a project: what most of its files import, else what the texts of its requirements name."""
    counts = dict.fromkeys(frameworks(), 0)
    for module in graph.modules.values():
        for function in module.functions.values():
            for bindings in function.bindings.values():
                for binding in bindings:
                    top = binding.source.module.partition(".")[0] if binding.source else ""
                    counts[top] = counts[top] + 1 if top in counts else counts.get(top, 0)
    found = max(frameworks(), key=lambda name: counts[name])
    if counts[found]:
        return found
    texts = list(requirements)
    return next((n for n in frameworks() if any(re.search(rf"(?i)\b{n}\b", text) for text in texts)), None)


def command(graph: Graph, entry: FunctionId) -> tuple[str, ...]:
    """How Python starts the module body."""
    if entry.path.rpartition("/")[0] in graph.settings.packages:
        return "-m", module_name(entry.path).removeprefix("src.")
    return (entry.path,)


def render(framework: str, helper: str, jobs: Jobs, depth: int) -> str:
    """The text of the handler; `helper` is how it names the helper module, `depth` its folders below the project's."""
    facts, event_facts = _frameworks()[framework], datafiles.document("webhooks", "providers")["providers"]["openai"]
    imports = [*facts["imports"], "from openai import InvalidWebhookSignatureError, OpenAI"]
    imports += ["", f"from {helper} import job_prefix"]
    listed = "".join(
        f"    {_quoted(job)}: [{', '.join(map(_quoted, words))}],\n" for job, words in sorted(jobs.items())
    )
    head = (Path(datafiles.__file__).parent / "data" / "webhooks" / "handler.txt").read_text(encoding="utf-8")
    events = ", ".join(map(_quoted, event_facts["events"]))
    text = head.format(
        mount=facts["mount"],
        register=event_facts["register"],
        secret=event_facts["secret"],
        imports="\n".join(imports),
        events=f"({events})",
        jobs=f"{{\n{listed}}}",
        depth=depth,
    )
    return text + str(facts["route"])


def extended(path: str, text: str, framework: str, helper: str, jobs: Jobs, depth: int) -> str:
    """The handler with these jobs too; raises EditedHelperError where it is no longer as it was written."""
    known = _jobs_in(text)
    if known is not None and all(known.get(job) == words for job, words in jobs.items()):
        return text
    for each in frameworks():
        if known is not None and render(each, helper, known, depth) == text:
            return render(each, helper, {**known, **jobs}, depth)
    lacking = ", ".join(f"{_quoted(job)}: {list(words)}" for job, words in jobs.items() if job not in (known or {}))
    raise EditedHelperError(f"{path} was edited and lacks a job: add {lacking} to its JOBS")


def _jobs_in(text: str) -> Jobs | None:
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "JOBS":
            try:
                return {job: tuple(words) for job, words in ast.literal_eval(node.value).items()}
            except (ValueError, AttributeError, TypeError):
                return None
    return None


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
