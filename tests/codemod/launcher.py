"""Child processes in which the SDKs are already imported: a parent that imported them forks one for each program."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PARENT = """
import asyncio, concurrent.futures, json, os, runpy, sqlite3, sys
import anthropic, openai
import openai.resources.chat.completions, openai.resources.embeddings, openai.resources.responses
import anthropic.resources.messages

sys.stdout.write("ready\\n")
sys.stdout.flush()
for line in sys.stdin:
    job = json.loads(line)
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\\n")
        sys.stdout.flush()
        continue
    os.chdir(job["folder"])
    os.environ.update(job["environment"])
    for number, name in ((0, os.devnull), (1, job["output"]), (2, job["errors"])):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644), number)
    sys.stdin, sys.stdout = open(0), open(1, "w")
    sys.argv = [job["script"]]
    sys.path.insert(0, job["folder"])
    code = 0
    try:
        runpy.run_path(job["script"], run_name="__main__")
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
    except BaseException:
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


class Launcher:
    def __init__(self) -> None:
        self._parent: subprocess.Popen[str] | None = None

    def run(self, folder: Path, script: str, environment: dict[str, str]) -> Ended:
        """Run the script of the folder to its end."""
        parent = self._parent = self._parent or self._start()
        assert parent.stdin and parent.stdout
        output, errors = folder.parent / f"{folder.name}.out", folder.parent / f"{folder.name}.err"
        job = {"folder": str(folder), "script": script, "environment": environment}
        parent.stdin.write(json.dumps({**job, "output": str(output), "errors": str(errors)}) + "\n")
        parent.stdin.flush()
        code = int(parent.stdout.readline())
        return Ended(code, output.read_text(encoding="utf-8"), errors.read_text(encoding="utf-8"))

    def _start(self) -> subprocess.Popen[str]:
        environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"}
        parent = subprocess.Popen(
            [sys.executable, "-c", PARENT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        atexit.register(parent.kill)
        assert parent.stdout and parent.stdout.readline() == "ready\n"
        return parent


LAUNCHER = Launcher()
