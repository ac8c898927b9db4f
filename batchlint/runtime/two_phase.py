"""For jobs that cannot stay until a batch has ended: a run submits and leaves, the next one collects."""

from __future__ import annotations

import functools
import hashlib
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from batchlint.runtime.asking import Line, Request
from batchlint.runtime.facts import FACTS
from batchlint.runtime.journal import FOLDER, claim, journal, new_file, prune
from batchlint.runtime.looking import Looking
from batchlint.runtime.rounds import Rounds, log

R = TypeVar("R")


class BatchPending(SystemExit):
    """The batch has not ended: ends the program with exit code 0, and no `except Exception` stops it."""

    def __init__(self) -> None:
        super().__init__(0)


def submit_or_collect(generators: Iterable[Any], *, job: str, wait: float = 0) -> list[Any]:
    """`run_batch` for a job that cannot stay: a run submits the batch and leaves, the next run goes on from there.

    Returns what `run_batch` returns when all answers are there. Until then it raises BatchPending after `wait` seconds
    (LLM_BATCH_WAIT_SECONDS), before any effect behind a request. The next run must make the same requests: those that
    it makes no longer are dropped, the few that are new when the batch has ended are asked at once, at the full price.
    `job` names the batches at the provider. With LLM_BATCH_COLLECT_ONLY a run that finds no batch submits none. A
    second process on this machine waits for the first to end.
    """
    wait_for_others(job)
    return Looking(generators).run(Visit(job, wait))


def in_phases(function: Callable[..., R]) -> Callable[..., R | None]:
    """For a function that a host calls: it returns None where BatchPending would end the process."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> R | None:
        try:
            return function(*args, **kwargs)
        except BatchPending:
            return None

    return run


def job_prefix(job: str) -> str:
    """With what the keys of the job's batches begin, in their `llm_batch` metadata."""
    return hashlib.sha256(job.encode()).hexdigest()[:8] + "-"


class Held(NamedTuple):
    """A batch that an earlier run has submitted, as the provider tells of it."""

    key: str
    batch: str
    endpoint: str
    created: float
    file: str  # the provider's name of the input file


class Named(NamedTuple):
    """How a provider tells of batches by their names."""

    held: Callable[[Any, str, float], list[Held]]  # those whose key starts with a prefix, newest first
    ids: Callable[[Any, Held], list[str]]  # the custom_ids in one of them
    late: Callable[[Request], bytes]  # the answer or error to a request, now, as a line of a batch's results


NAMED: dict[str, Named] = {}  # by provider


class Visit(Rounds):
    """One run of such a job. What earlier runs submitted is found at the provider: the disk may be another one."""

    def __init__(self, job: str, seconds: float) -> None:
        super().__init__()
        self.prefix = job_prefix(job)
        self.deadline = time.monotonic() + float(os.environ.get("LLM_BATCH_WAIT_SECONDS", seconds))
        self.looked: set[str] = set()

    def submit(self, requests: list[Request]) -> dict[str, list[Request]]:
        for backend in {request.backend.server: request.backend for request in requests}.values():
            if backend.server not in self.looked:
                self.looked.add(backend.server)
                self.look(backend)
                self.may_submit()
        self.answer_late([request for request in requests if not request.batch])
        return super().submit([request for request in requests if request.answer is None])

    def look(self, backend: Any) -> None:
        """Write what earlier runs have submitted into the journal, as if its file were still there."""
        named = NAMED[backend.provider]
        since = time.time() - FACTS[backend.provider]["kept_days"] * 86400
        found = self.persist("look for earlier batches", named.held, backend, self.prefix, since)
        with journal() as db:
            prune(db)
            for held in found:
                if db.execute("select 1 from batches where key = ?", (held.key,)).fetchone() is None:
                    ids = self.persist(f"read batch {held.batch}", named.ids, backend, held)
                    adopt(db, backend, held, ids)

    def may_submit(self) -> None:
        """A run that was started to collect, and finds that another one has, submits nothing."""
        if os.environ.get("LLM_BATCH_COLLECT_ONLY"):
            with journal() as db:
                known = db.execute("select 1 from requests where key like ? and used is null", (self.prefix + "%",))
                is_known = known.fetchone() is not None
            if not is_known:
                log("there is nothing to collect")
                raise BatchPending

    def answer_late(self, requests: list[Request]) -> None:
        """Ask at once for the few that are new in a run that could collect: there may be new ones in each run."""
        with journal() as db:
            known = claim(db, requests, self.session)
            db.rollback()  # it was only a look
            fresh = known.pop("", [])
            ids = [id for key in known for (id,) in db.execute("select id from batches where key = ?", (key,))]
        members = [request for each in known.values() for request in each]
        if not fresh or len(fresh) > len(members):
            return
        for id in ids:
            state = self.persist(f"poll batch {id}", members[0].backend.poll, id) if id else None
            if state is None or not state.ended or state.refused:
                return
        log(f"asking at once for {len(fresh)} requests that are new since the batch was submitted")
        for request in fresh:
            file = new_file()
            request.answer = Line(file, 0, file.write(NAMED[request.backend.provider].late(request)))

    def sleep(self, seconds: float, what: str) -> None:
        if time.monotonic() + seconds > self.deadline:
            log(f"{what}: not ended yet; this run ends here, and the next one goes on")
            raise BatchPending
        super().sleep(seconds, what)

    def finish(self, is_good: bool) -> None:
        """Also forget the requests that this run no longer makes: their answers must not meet a later run."""
        if is_good:
            with journal() as db:
                rows = [(key, self.session) for key in self.bought]
                db.executemany("delete from requests where key = ? and session != ? and used is null", rows)
        super().finish(is_good)


def adopt(db: sqlite3.Connection, backend: Any, held: Held, ids: list[str]) -> None:
    """Newer batches come first: a request that came back unanswered is in the one that asked again."""
    what = f"{len(ids)} requests to {held.endpoint}"
    row = (held.key, backend.provider, backend.server, what, held.batch, held.created)
    db.execute("insert into batches values (?, ?, ?, ?, ?, ?)", row)
    parts = (custom_id.rpartition("-") for custom_id in ids)
    rows = ((bytes.fromhex(digest), int(number), held.key) for digest, _, number in parts)
    db.executemany("insert or ignore into requests values (?, ?, ?, '', 0, null)", rows)
    log(f"found batch {held.batch} of an earlier run: {what}")


ALONE: dict[str, Any] = {}


def wait_for_others(job: str) -> None:
    """Let no other process of this machine run the job until this one has ended."""
    if job in ALONE or os.name == "nt":
        return
    import fcntl

    name = f"llm_batch-{os.getuid()}-{job_prefix(f'{FOLDER} {job}')}.lock"
    ALONE[job] = (Path(tempfile.gettempdir()) / name).open("a")
    fcntl.flock(ALONE[job], fcntl.LOCK_EX)
