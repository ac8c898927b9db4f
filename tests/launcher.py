"""Child processes in which the SDKs are already imported: a parent that imported them forks one for each program."""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fake_provider import FakeProvider

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUTF8": "1",
    "SSL_CERT_DIR": os.devnull,  # no connection needs the certificates, which take long to load
}
PARENT = """
import asyncio, concurrent.futures, contextlib, json, os, runpy, sqlite3, sys
import anthropic, openai
with contextlib.suppress(ImportError):
    from google import genai
with contextlib.suppress(ImportError):
    import mistralai.client

# What the SDKs import and build at their first requests.
openai_client, anthropic_client = openai.OpenAI(), anthropic.Anthropic()
messages = [{"role": "user", "content": "a rehearsal"}]
openai_client.chat.completions.create(model="m", messages=messages)
openai_client.responses.create(model="m", input="a rehearsal")
openai_client.embeddings.create(model="m", input=["a rehearsal"])
anthropic_client.messages.create(model="m", max_tokens=9, messages=messages)
openai_client.files.create(file=("rehearsal.jsonl", b"{}"), purpose="batch")
list(openai_client.batches.list())
list(anthropic_client.messages.batches.list())

sys.stdout.write("ready\\n")
sys.stdout.flush()
for line in sys.stdin:
    job = json.loads(line)
    child = job["ended"] if "ended" in job else os.fork()
    if child:
        number = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) if "ended" in job else child
        sys.stdout.write(f"{number}\\n")
        sys.stdout.flush()
        continue
    os.chdir(job["folder"])
    os.environ.clear()
    os.environ.update(job["environment"])
    for number, name in ((0, os.devnull), (1, job["output"]), (2, job["errors"])):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644), number)
    sys.stdin, sys.stdout = open(0), open(1, "w")
    sys.argv = [job["script"], *job["arguments"]]
    sys.path.insert(0, job["folder"])
    code = 0
    try:
        runpy.run_path(job["script"], run_name="__main__")
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
    except BaseException:
        sys.last_type, sys.last_value, sys.last_traceback = sys.exc_info()
        sys.excepthook(*sys.exc_info())
        code = 1
    # What the interpreter does at its end: wait for threads, then the functions registered for exit.
    import atexit, threading
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
"""


@dataclass(frozen=True)
class Ended:
    code: int
    output: str
    errors: str

    def __repr__(self) -> str:
        return f"exit {self.code}\n{self.output}\n{self.errors}"


class Launcher:
    def __init__(self) -> None:
        self._parent: subprocess.Popen[str] | None = None
        self._started = 0

    def run(self, folder: Path, script: str, environment: dict[str, str], *arguments: str) -> Ended:
        """Run the script of the folder to its end."""
        return self.start(folder, script, environment, *arguments).wait()

    def start(self, folder: Path, script: str, environment: dict[str, str], *arguments: str) -> Running:
        """Start the script of the folder. Its output lies beside the folder, by the number of the run."""
        self._started += 1
        output, errors = (folder.parent / f"{folder.name}.{self._started}.{kind}" for kind in ("out", "err"))
        errors.touch()  # there to read before the child is
        child = self.ask(
            folder=str(folder),
            script=script,
            arguments=arguments,
            environment={**ENVIRONMENT, **environment},
            output=str(output),
            errors=str(errors),
        )
        return Running(self, child, output, errors)

    def ask(self, **job: Any) -> int:
        """What the parent answers: the number of the child that it has started, or the exit code of an ended one."""
        parent = self._parent = self._parent or self._begin()
        assert parent.stdin and parent.stdout
        parent.stdin.write(json.dumps(job) + "\n")
        parent.stdin.flush()
        return int(parent.stdout.readline())

    def _begin(self) -> subprocess.Popen[str]:
        with FakeProvider() as provider:
            parent = subprocess.Popen(
                [sys.executable, "-c", PARENT],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**ENVIRONMENT, **provider.environment()},
            )
            atexit.register(parent.kill)
            assert parent.stdout and parent.stdout.readline() == "ready\n"
        return parent


@dataclass(frozen=True)
class Running:
    launcher: Launcher
    child: int
    output: Path
    errors: Path

    def wait(self) -> Ended:
        code = self.launcher.ask(ended=self.child)
        return Ended(code, self.output.read_text(encoding="utf-8"), self.errors.read_text(encoding="utf-8"))

    def kill(self) -> Ended:
        os.kill(self.child, signal.SIGKILL)
        return self.wait()


LAUNCHER = Launcher()
