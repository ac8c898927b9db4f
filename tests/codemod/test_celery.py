"""Celery tasks after the rewrite, run by real workers: nothing is lost, paid for twice, or waited for."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_provider import Failure, FakeProvider, Faults

from .programs import rewrite, rows
from .workers import Process, Project

APP = """
    import os
    import sqlite3

    from celery import Celery
    from celery.utils.log import get_task_logger
    from openai import InternalServerError, OpenAI

    app = Celery("shop")
    app.config_from_object("celeryconfig")
    logger = get_task_logger(__name__)
    NAMES = ["tea", "cup", "jam", "tea"]


    def connect():
        return sqlite3.connect("shop.db")


    with connect() as con:
        con.execute("create table if not exists blurbs (id integer, text text)")


    @app.task
    def ping():
        logger.info("pong")


    def ask(name):
        asked = [{"role": "user", "content": f"Describe {name}"}]
        return OpenAI().chat.completions.create(model="gpt-5", messages=asked).choices[0].message.content


    def store(number, text):
        with connect() as con:
            con.execute("insert into blurbs values (?, ?)", (number, text))


"""
ENQUEUING = """
    @app.task(autoretry_for=(InternalServerError,), default_retry_delay=0, max_retries=2)
    def describe(number, name):
        store(number, ask(name))


    @app.task
    def nightly():
        logger.info("started in %s", os.getpid())
        for number, name in enumerate(NAMES):
            describe.delay(number, name)
"""
BY_HAND = """
    @app.task(bind=True, max_retries=2)
    def describe(self, number, name):
        try:
            text = ask(name)
        except InternalServerError as error:
            if self.request.retries >= self.max_retries:
                store(number, "none")
                return
            logger.warning("try %s failed", self.request.retries + 1)
            raise self.retry(exc=error, countdown=0)
        store(number, text)


    @app.task
    def nightly():
        for number, name in enumerate(NAMES):
            describe.delay(number, name)
"""
EVENTS = """
    @app.task(autoretry_for=(InternalServerError,), default_retry_delay=0, max_retries=2)
    def describe(number, name):
        store(number, ask(name))


    def on_change(product):
        describe.delay(product.id, name=product.name)
"""
LOOPING = """
    @app.task
    def nightly():
        for number, name in enumerate(NAMES):
            store(number, ask(name))
"""


@pytest.fixture
def faults() -> Faults:
    return Faults(hold_from=0)


@pytest.fixture
def provider(faults: Faults) -> Iterator[FakeProvider]:
    with FakeProvider(faults) as provider:
        yield provider


@pytest.fixture
def project(tmp_path: Path, provider: FakeProvider) -> Project:
    done = rewrite({"tasks.py": APP + ENQUEUING})
    assert done.planned, done.refusals
    return Project(tmp_path, done.files, provider)


PAYLOAD = """
    @app.task
    def describe(payload):
        store(payload["number"], ask(payload["name"]))


    @app.task
    def nightly():
        payload = {{"number": 0}}
        for number, name in enumerate(NAMES):
            {fresh}
            payload["name"] = name
            describe.delay(payload)
"""


@pytest.mark.parametrize(
    ("fresh", "planned"), [("payload['number'] = number", False), ("payload = {'number': number}", True)]
)
def test_a_message_that_changes_for_each_task_is_not_sent_later(fresh: str, planned: bool) -> None:
    done = rewrite({"tasks.py": APP + PAYLOAD.format(fresh=fresh)})
    assert bool(done.planned) is planned, done.refusals


def blurbs(project: Project) -> list[Any]:
    return sorted(rows(project.folder / "shop.db")["blurbs"])


def check_done(project: Project, provider: FakeProvider, batches: int = 1, times: int = 1) -> None:
    """Every row has its answer, and each request was paid once."""
    numbers = [number for number, _ in blurbs(project)]
    assert numbers == sorted([0, 1, 2, 3] * times)
    assert (len(provider.batches), sum(provider.answered().values())) == (batches, 4 * batches)
    assert provider.realtime_calls == 0


def check_free(project: Project, provider: FakeProvider, task: str) -> None:
    """A worker does another task while the batch of this one is under way, and then this one."""
    with project.worker() as worker:
        project.send("nightly")
        assert provider.faults.polled_while_held.wait(30)
        project.send("ping")
        worker.until("pong")
        assert blurbs(project) == []
        provider.faults.hold_from = None
        worker.until(f"{task}.*succeeded")
    check_done(project, provider)
    assert project.state == []


def test_a_worker_is_free_while_the_batch_is_under_way(project: Project, provider: FakeProvider) -> None:
    check_free(project, provider, "describe_all")


def test_the_worker_is_killed_while_the_batch_is_under_way(project: Project, provider: FakeProvider) -> None:
    with project.worker() as worker:
        project.send("nightly")
        assert provider.faults.polled_while_held.wait(30)
        worker.kill()
    project.deliver_again()
    provider.faults.hold_from = None
    with project.worker() as worker:
        worker.until("describe_all.*succeeded")
        check_done(project, provider)


@pytest.mark.parametrize("route", ["POST /v1/batches", "GET /v1/files/file-output_batch_0/content"])
def test_the_worker_is_killed_at_any_step(project: Project, provider: FakeProvider, route: str) -> None:
    provider.faults.hold_from = None
    provider.faults.broken_replies = {route: [0]}
    with project.worker() as worker:
        project.send("nightly")
        assert provider.faults.accepted.wait(30)
        worker.kill()
    project.deliver_again()
    with project.worker() as worker:
        worker.until("describe_all.*succeeded")
        check_done(project, provider)
        assert project.state == []


def test_the_child_of_a_worker_is_killed(project: Project, provider: FakeProvider) -> None:
    provider.faults.hold_from = None
    provider.faults.broken_replies = {"GET /v1/batches/batch_0": [0]}
    with project.worker("prefork") as worker:
        project.send("nightly")
        child = int(worker.until(r"started in (\d+)")[1])
        assert provider.faults.accepted.wait(30)
        os.kill(child, signal.SIGKILL)
        worker.until("describe_all.*succeeded")
        check_done(project, provider)
        assert project.state == []


def test_two_starts_share_a_batch(project: Project, provider: FakeProvider) -> None:
    with project.worker() as worker:
        project.send("nightly")
        project.send("nightly")
        assert provider.faults.polled_while_held.wait(30)
        worker.until("describe_all.*received", times=2)
        worker.until("describe_all.*retry", times=3)
        provider.faults.hold_from = None
        worker.until("describe_all.*succeeded", times=2)
        check_done(project, provider, times=2)
        assert project.state == []


def test_the_next_night_asks_again(project: Project, provider: FakeProvider) -> None:
    provider.faults.hold_from = None
    with project.worker("prefork") as worker:
        for _ in range(2):
            project.send("nightly")
            worker.until("describe_all.*succeeded")
        check_done(project, provider, batches=2, times=2)


def test_what_a_task_tries_again_it_tries_again_alone(project: Project, provider: FakeProvider) -> None:
    provider.faults.hold_from = None
    provider.faults.failures = [Failure("jam", 500, times=6)]
    with project.worker() as worker:
        project.send("nightly")
        worker.until("describe_all.*succeeded")
        worker.until(r"tasks.describe\[.*succeeded")
    assert [number for number, _ in blurbs(project)] == [0, 1, 2, 3]
    assert sum(provider.answered().values()) == 4
    assert provider.realtime_calls == 4, "the task's first try has three calls by the SDK, its second one"


def test_what_a_task_tries_again_by_hand_it_tries_again_alone(tmp_path: Path, provider: FakeProvider) -> None:
    done = rewrite({"tasks.py": APP + BY_HAND})
    project = Project(tmp_path, done.files, provider)
    provider.faults.hold_from = None
    provider.faults.failures = [Failure("jam", 500, times=6)]
    with project.worker() as worker:
        project.send("nightly")
        worker.until("try 1 failed")
        worker.until("describe_all.*succeeded")
        worker.until("try 2 failed")
        worker.until(r"tasks.describe\[.*succeeded")
    assert [number for number, _ in blurbs(project)] == [0, 1, 2, 3]
    assert sum(provider.answered().values()) == 4
    assert provider.realtime_calls == 4, "the task's second try has three calls by the SDK, its third one"


def test_a_loop_in_a_task_leaves_its_worker_free(tmp_path: Path, provider: FakeProvider) -> None:
    check_free(Project(tmp_path, rewrite({"tasks.py": APP + LOOPING}).files, provider), provider, "nightly_all")


@pytest.mark.parametrize("program", [ENQUEUING, LOOPING], ids=["enqueuing", "looping"])
def test_the_rows_are_those_of_the_tasks_before(tmp_path: Path, program: str) -> None:
    done = rewrite({"tasks.py": APP + program})
    found = []
    for name, files, last in (("before", done.before, "[a-z]"), ("after", done.files, "_all")):
        with FakeProvider() as provider:
            project = Project(tmp_path / name, files, provider)
            with project.worker() as worker:
                project.send("nightly")
                ended = "describe.*succeeded" if name == "before" and program is ENQUEUING else f"{last}.*succeeded"
                worker.until(ended, times=4 if "describe" in ended else 1)
            found.append((blurbs(project), provider.answered()))
    assert found[0] == found[1]


@pytest.fixture(params=["outbox", "celery-batches"])
def collecting(tmp_path: Path, provider: FakeProvider, request: pytest.FixtureRequest) -> Project:
    """A project whose events come together, in celery-batches four at a time."""
    provider.faults.hold_from = None
    files = rewrite({"tasks.py": APP + EVENTS}, strategy=request.param).files
    return Project(
        tmp_path, {path: text.replace("flush_every=1_000", "flush_every=4") for path, text in files.items()}, provider
    )


def run_events(project: Project, worker: Process) -> None:
    for number, name in enumerate(["tea", "cup", "jam", "tea"]):
        project.send("describe", number, name)
    if "describe_flush" in (project.folder / "tasks.py").read_text():
        worker.until(r"tasks.describe\[.*succeeded", times=4)
        project.send("describe_flush")
    worker.until("describe_all.*succeeded")


def test_events_come_together(collecting: Project, provider: FakeProvider) -> None:
    with collecting.worker() as worker:
        run_events(collecting, worker)
        check_done(collecting, provider)
    assert collecting.state == []


def test_an_event_that_is_tried_again_is_alone(collecting: Project, provider: FakeProvider) -> None:
    provider.faults.failures = [Failure("jam", 500, times=6)]
    with collecting.worker() as worker:
        run_events(collecting, worker)
        worker.until(r"describe_alone\[.*succeeded")
    assert [number for number, _ in blurbs(collecting)] == [0, 1, 2, 3]
    assert sum(provider.answered().values()) == 4


def test_beat_hands_events_on(tmp_path: Path, provider: FakeProvider) -> None:
    project = Project(tmp_path, rewrite({"tasks.py": APP + EVENTS}, strategy="outbox").files, provider)
    with project.beat() as beat:
        beat.until("describe_flush.*15.00 minutes")
