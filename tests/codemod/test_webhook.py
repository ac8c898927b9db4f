"""`fix --collect webhook`: a handler for the provider's events, whose signatures are real, that makes a job collect."""

from __future__ import annotations

import ast
import base64
import hashlib
import hmac
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fake_provider import FakeProvider
from launcher import LAUNCHER, Ended

from batchlint import rewriting
from batchlint.config import load

from .test_two_phase import HANDLER, JOB, ON_GITHUB, ON_LAMBDA

SECRET = base64.b64encode(b"a secret that the provider has told").decode()
ENVIRONMENT = {"OPENAI_WEBHOOK_SECRET": f"whsec_{SECRET}"}
# What a project does to receive events, and how a request gets there.
FASTAPI = """
import asyncio, json, os
import llm_batch_webhook
from fastapi import FastAPI

app = FastAPI()
app.include_router(llm_batch_webhook.router)


def post(path, body, headers):
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
             "headers": pairs, "http_version": "1.1", "scheme": "http", "server": ("test", 80), "root_path": ""}
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], sent[1]["body"].decode()
"""
FLASK = """
import json, os
import llm_batch_webhook
from flask import Flask

app = Flask(__name__)
app.register_blueprint(llm_batch_webhook.blueprint)


def post(path, body, headers):
    answer = app.test_client().post(path, data=body, headers=headers)
    return answer.status_code, answer.get_data(as_text=True)
"""
DJANGO = """
import json, os
import django
from django.conf import settings
from django.urls import path

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="x")
django.setup()

import llm_batch_webhook
from django.test import Client

urlpatterns = [path("llm-batch/ended", llm_batch_webhook.batch_ended)]


def post(path, body, headers):
    answer = Client().post(path, data=body, content_type="application/json", headers=headers)
    return answer.status_code, answer.content.decode()
"""
SERVER = """

given = json.load(open("request.json"))
status, answer = post("/llm-batch/ended", given["body"].encode(), given["headers"])
print(status, answer)
try:
    os.wait()  # for the job that was started
except ChildProcessError:
    print("nothing was started")
"""
FRAMEWORKS = {"fastapi": FASTAPI, "flask": FLASK, "django": DJANGO}


def planned(folder: Path, framework: str, files: dict[str, str]) -> rewriting.Outcome:
    for name, text in {**files, "requirements.txt": f"openai\n{framework.title()}>=1\n"}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return rewriting.rewrite([folder], load([folder]), unsafe=False, strategy="auto", collect="webhook")


def event(kind: str, batch: str, *, secret: str = SECRET) -> dict[str, object]:
    """An event as OpenAI sends it, signed by the Standard Webhooks specification."""
    body = json.dumps({"id": "evt_1", "object": "event", "created_at": 1, "type": kind, "data": {"id": batch}})
    now = str(int(time.time()))
    mark = hmac.new(base64.b64decode(secret), f"wh_1.{now}.{body}".encode(), hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(mark).decode()}"
    return {"body": body, "headers": {"webhook-id": "wh_1", "webhook-timestamp": now, "webhook-signature": signature}}


class Project:
    """A project with a nightly job and a web server, rewritten."""

    def __init__(self, folder: Path, framework: str) -> None:
        self.folder = folder
        outcome = planned(
            folder, framework, {"app.py": JOB, "crontab": "0 3 * * * python app.py\n", "texts/a.txt": "one"}
        )
        rewriting.apply(outcome, allow_untracked=True)
        (folder / "server.py").write_text(FRAMEWORKS[framework] + SERVER)

    def run(self, provider: FakeProvider, script: str) -> Ended:
        return LAUNCHER.run(self.folder, script, {**provider.environment(), **ENVIRONMENT})

    def send(self, provider: FakeProvider, request: dict[str, object]) -> list[str]:
        (self.folder / "request.json").write_text(json.dumps(request))
        done = self.run(provider, "server.py")
        assert done.code == 0, done.errors
        return [line for line in done.output.splitlines() if line.startswith(("2", "4", "nothing"))]


@pytest.fixture(params=list(FRAMEWORKS))
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    pytest.importorskip(request.param)
    return Project(tmp_path, request.param)


def test_an_event_makes_the_job_collect_once(project: Project) -> None:
    with FakeProvider() as provider:
        assert project.run(provider, "app.py").code == 0
        assert not (project.folder / "done.json").exists()
        assert project.send(provider, event("batch.completed", "batch_0"))[0].startswith("200")
        assert json.loads((project.folder / "done.json").read_text()).keys() == {"a"}
        # The same event again: nothing is left to collect, and nothing is bought.
        (project.folder / "done.json").unlink()
        assert project.send(provider, event("batch.completed", "batch_0"))[0].startswith("200")
        assert not (project.folder / "done.json").exists()
        assert (len(provider.batches), len(provider.exchanges)) == (1, 1)


def test_what_is_not_signed_starts_nothing(project: Project) -> None:
    with FakeProvider() as provider:
        project.run(provider, "app.py")
        forged = event("batch.completed", "batch_0", secret=base64.b64encode(b"another").decode())
        status, started = project.send(provider, forged)
        assert (status[:3], started) == ("400", "nothing was started")
        assert not (project.folder / "done.json").exists()


def test_events_of_something_else_start_nothing(project: Project) -> None:
    with FakeProvider() as provider:
        for request in (event("response.completed", "resp_1"), event("batch.failed", "batch_0")):
            provider.batches["batch_0"] = {"id": "batch_0", "object": "batch", "metadata": {}, "status": "failed"}
            status, started = project.send(provider, request)
            assert (status[:3], started) == ("200", "nothing was started")


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_handler_is_clean_python(tmp_path: Path, framework: str) -> None:
    outcome = planned(tmp_path, framework, {"app.py": JOB})
    text = next(edit.after for edit in outcome.edits if edit.path == "llm_batch_webhook.py")
    ast.parse(text)
    (tmp_path / "llm_batch_webhook.py").write_text(text)
    pyflakes = [sys.executable, "-m", "pyflakes", "llm_batch_webhook.py"]
    assert subprocess.run(pyflakes, cwd=tmp_path, capture_output=True, text=True).stdout == ""
    assert '    "app.main": ["app.py"],\n' in text
    assert max(map(len, text.splitlines())) <= 120


def test_a_second_job_joins_the_handler(tmp_path: Path) -> None:
    rewriting.apply(planned(tmp_path, "flask", {"jobs/app.py": JOB}), allow_untracked=True)
    outcome = planned(tmp_path, "flask", {"jobs/other.py": JOB})
    text = next(edit.after for edit in outcome.edits if edit.path == "jobs/llm_batch_webhook.py")
    assert '    "jobs.app.main": ["jobs/app.py"],\n    "jobs.other.main": ["jobs/other.py"],\n' in text
    assert planned(tmp_path, "flask", {}).edits == outcome.edits


@pytest.mark.parametrize("files", [{"app.py": JOB, **ON_GITHUB}, {"app.py": HANDLER, **ON_LAMBDA}], ids=["CI", "host"])
def test_jobs_on_other_machines_get_no_handler(tmp_path: Path, files: dict[str, str]) -> None:
    outcome = planned(tmp_path, "flask", files)
    assert {edit.path for edit in outcome.edits} == {"app.py", "llm_batch.py"}


def test_a_job_that_cannot_leave_waits(tmp_path: Path) -> None:
    source = JOB.replace("    done = {}", '    Path("started").touch()\n    done = {}')
    outcome = planned(tmp_path, "flask", {"app.py": source})
    assert {edit.path for edit in outcome.edits} == {"app.py", "llm_batch.py"}
    assert "`Path('started').touch`" in (outcome.rewritten[0].site.rewrite.detail or "")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("python app.py && python report.py", "what comes behind the command (crontab:1) would go on"),
        ("curl -O https://example.com && python app.py", "what stands in front of the command (crontab:1) may give"),
        ("./nightly.sh", "what comes behind the command (crontab:1) would go on"),
    ],
)
def test_a_command_line_that_does_more_waits(tmp_path: Path, command: str, words: str) -> None:
    files = {"app.py": JOB, "crontab": f"0 3 * * * {command}\n", "nightly.sh": "python app.py\n./mail.sh\n"}
    outcome = planned(tmp_path, "flask", files)
    assert {edit.path for edit in outcome.edits} == {"app.py", "llm_batch.py"}
    assert words in (outcome.rewritten[0].site.rewrite.detail or "")


def test_a_project_without_a_web_framework_is_told(tmp_path: Path) -> None:
    with pytest.raises(rewriting.TreeError, match="needs a web framework in the project: fastapi, flask, django"):
        planned(tmp_path, "nothing", {"app.py": JOB})
