"""Celery workers as processes of their own, with a folder as the broker; tests wait for lines of the worker's log."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from celery import Celery
from fake_provider import FakeProvider

from . import whole_messages
from .programs import rows

PATIENCE = 60
"""Seconds after which a process is killed, so that a test that waits for it fails."""


class Project:
    """A folder with a Celery project whose app is in `tasks.py`."""

    def __init__(self, folder: Path, files: Mapping[str, str], provider: FakeProvider) -> None:
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONDONTWRITEBYTECODE": "1",
            **provider.environment(),
        }
        for name in ("queue", "control", "processed"):
            (folder / name).mkdir(parents=True)
        options = {
            "data_folder_in": str(folder / "queue"),
            "data_folder_out": str(folder / "queue"),
            "control_folder": str(folder / "control"),
            "processed_folder": str(folder / "processed"),
            "store_processed": True,
            "polling_interval": 0.02,
        }
        config = {"broker_url": "filesystem://", "broker_transport_options": options}
        text = "".join(f"{name} = {value!r}\n" for name, value in config.items())
        text = f"import whole_messages\n\n{text}"
        shutil.copy(whole_messages.__file__, folder / "whole_messages.py")
        for name, source in {**files, "celeryconfig.py": text}.items():
            (folder / name).write_text(source, encoding="utf-8")
        self._app = Celery(set_as_current=False, **config)

    def send(self, task: str, *arguments: object) -> None:
        """Put a task of `tasks.py` into the queue."""
        self._app.send_task(f"tasks.{task}", arguments)

    def worker(self, pool: str = "solo") -> Process:
        """A worker that runs one task at a time: in its own process ("solo"), or in a child ("prefork")."""
        flags = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO"]
        worker = Process(self, "worker", "-P", pool, "-c", "1", *flags)
        worker.until(" ready.")
        return worker

    def beat(self) -> Process:
        """What sends the tasks of the schedule."""
        return Process(self, "beat", "--loglevel", "DEBUG")

    def deliver_again(self) -> None:
        """What a broker does with the message whose consumer is gone; this one forgets it."""
        newest = max((self.folder / "processed").iterdir())
        shutil.move(newest, self.folder / "queue" / newest.name)

    @property
    def state(self) -> list[str]:
        """The batches that the helper still knows."""
        path = self.folder / ".llm_batch" / "state.sqlite"
        return [key for key, *_ in rows(path)["batches"]] if path.exists() else []


class Process:
    """A process of Celery."""

    def __init__(self, project: Project, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "tasks", *arguments],
            cwd=project.folder,
            env=project.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.log: list[str] = []
        self._watch = threading.Timer(PATIENCE, self.process.kill)
        self._watch.daemon = True
        self._watch.start()

    def until(self, pattern: str, times: int = 1) -> re.Match[str]:
        """Read the log up to the line that the pattern is found in; fails where the process ends before."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.log.append(line)
            found = re.search(pattern, line)
            times -= found is not None
            if found and not times:
                return found
        raise AssertionError(f"the process ended before `{pattern}`:\n{''.join(self.log)}")

    def kill(self) -> None:
        self.process.kill()
        self._end()

    def stop(self) -> None:
        """Let it end as an administrator would."""
        self.process.send_signal(signal.SIGTERM)
        self._end()

    def _end(self) -> None:
        assert self.process.stdout
        self.log += self.process.stdout.readlines()
        self.process.wait()
        self._watch.cancel()

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *problem: object) -> None:
        if self.process.poll() is None:
            self.kill()
