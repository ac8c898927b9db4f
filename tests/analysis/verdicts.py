"""Small programs, and the verdicts on their marked lines.

A program is a mapping from path to source, or one source (then its path is `app.py`); sources are dedented. Each gets
`llm.py` with the wrappers `ask` and `aask` unless it brings its own. The line in question ends in `# !`.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from batchlint import callsites, extraction, graph, scoring
from batchlint.findings import CallSite, Latency, Verdict
from batchlint.graph import GraphSettings, ManifestTarget

Program = str | Mapping[str, str]
LLM = """
from openai import AsyncOpenAI, OpenAI

client = OpenAI()
aclient = AsyncOpenAI()


def ask(text):
    return client.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": text}])


async def aask(text):
    return await aclient.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": text}])
"""
_MARKER = re.compile(r"#\s*!\s*$")


def files(program: Program) -> dict[str, str]:
    given = {"app.py": program} if isinstance(program, str) else dict(program)
    return {path: textwrap.dedent(source) for path, source in {"llm.py": LLM, **given}.items()}


def call_sites(
    program: Program, manifest: Sequence[ManifestTarget] = (), settings: GraphSettings | None = None
) -> list[CallSite]:
    """Every call site of the program."""
    modules = [extraction.extract(path, text, ast.parse(text, path)) for path, text in files(program).items()]
    linked = graph.build(modules, manifest, settings)
    return scoring.score(linked, callsites.find(linked))


def marked(
    program: Program, manifest: Sequence[ManifestTarget] = (), settings: GraphSettings | None = None
) -> CallSite | None:
    """The call site on the marked line, the innermost one; None if the line is none."""
    places = [
        (path, number)
        for path, text in files(program).items()
        for number, line in enumerate(text.splitlines(), 1)
        if _MARKER.search(line)
    ]
    assert len(places) == 1, f"one marked line expected, found {places}"
    path, number = places[0]
    sites = call_sites(program, manifest, settings)
    here = [site for site in sites if site.path == path and site.line <= number <= site.end_line]
    return max(here, key=lambda site: (site.line, site.column), default=None)


def verdict(program: Program, manifest: Sequence[ManifestTarget] = (), settings: GraphSettings | None = None) -> str:
    """The verdict on the marked line; `none` if it is no call site, or one to look at only."""
    site = marked(program, manifest, settings)
    return str(site.verdict) if site and not site.rounds else "none"


def is_waited_for(program: Program) -> bool:
    """Whether somebody is known to wait for the marked call site, rather than that it is just a single call."""
    site = marked(program)
    return site is not None and site.verdict is Verdict.REALTIME and site.latency is Latency.REALTIME


def cases(rows: Mapping[str, Program]) -> list[Any]:
    """Parameters for a test over `rows`."""
    return [pytest.param(program, id=name) for name, program in rows.items()]
