"""Runs small programs that import the assembled helper, as a user's tree would have it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterable
from pathlib import Path

from fake_provider import FakeProvider

from batchlint.runtime import render
from batchlint.runtime.assemble import NAMES

PROVIDERS = ("openai", "anthropic")


class Program:
    """A folder with `program.py` and `llm_batch.py`, run in child processes against a fake provider."""

    def __init__(
        self,
        folder: Path,
        source: str,
        providers: tuple[str, ...] = PROVIDERS,
        python: str = sys.executable,
        names: Iterable[str] = NAMES,
    ):
        self.folder, self.python = folder, python
        (folder / "llm_batch.py").write_text(render(providers, names), encoding="utf-8")
        (folder / "program.py").write_text(textwrap.dedent(source), encoding="utf-8")

    def start(self, provider: FakeProvider, *arguments: str, script: str = "program.py", **variables: str) -> Running:
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), **provider.environment(), **variables}
        return Running([self.python, script, *arguments], self.folder, environment)

    def run(self, provider: FakeProvider, *arguments: str, **variables: str) -> Result:
        return self.start(provider, *arguments, **variables).wait()

    def run_killed(self, provider: FakeProvider, when: threading.Event) -> None:
        """Start, and kill -9 as soon as the event is set."""
        running = self.start(provider)
        assert when.wait(30), running.kill().errors
        running.kill()

    @property
    def state(self) -> list[str]:
        """What the helper has left behind."""
        return sorted(path.name for path in self.folder.glob(".llm_batch/*"))


class Running:
    def __init__(self, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def wait(self) -> Result:
        output, errors = self.process.communicate(timeout=60)
        return Result(self.process.returncode, output, errors)

    def kill(self) -> Result:
        self.process.send_signal(signal.SIGKILL)
        return self.wait()


class Result:
    def __init__(self, code: int, output: str, errors: str) -> None:
        self.code, self.output, self.errors = code, output, errors

    def __repr__(self) -> str:
        return f"exit {self.code}\n{self.output}\n{self.errors}"
