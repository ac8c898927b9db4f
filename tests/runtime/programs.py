"""Runs small programs that import the assembled helper, as a user's tree would have it."""

from __future__ import annotations

import textwrap
import threading
from collections.abc import Iterable
from pathlib import Path

from fake_provider import FakeProvider
from launcher import LAUNCHER, Ended, Running

from batchlint.runtime import render
from batchlint.runtime.assemble import NAMES

PROVIDERS = ("openai", "anthropic")


class Program:
    """A folder with `program.py` and `llm_batch.py`, run in child processes against a fake provider."""

    def __init__(
        self, folder: Path, source: str, providers: tuple[str, ...] = PROVIDERS, names: Iterable[str] = NAMES
    ) -> None:
        self.folder = folder
        (folder / "llm_batch.py").write_text(render(providers, names), encoding="utf-8")
        (folder / "program.py").write_text(textwrap.dedent(source), encoding="utf-8")

    def start(self, provider: FakeProvider, *arguments: str, script: str = "program.py", **variables: str) -> Running:
        environment = {"HOME": str(self.folder), **provider.environment(), **variables}
        return LAUNCHER.start(self.folder, script, environment, *arguments)

    def run(self, provider: FakeProvider, *arguments: str, script: str = "program.py", **variables: str) -> Ended:
        return self.start(provider, *arguments, script=script, **variables).wait()

    def run_killed(self, provider: FakeProvider, when: threading.Event) -> None:
        """Start, and kill -9 as soon as the event is set."""
        running = self.start(provider)
        assert when.wait(30), running.kill().errors
        running.kill()

    @property
    def state(self) -> list[str]:
        """What the helper has left behind."""
        return sorted(path.name for path in self.folder.glob(".llm_batch/*"))
