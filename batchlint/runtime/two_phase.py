"""For jobs that cannot stay until a batch has ended: a run submits and leaves, the next one collects."""

from __future__ import annotations

import functools
import hashlib
import io
import json
import os
import sqlite3
import tempfile
import time
import weakref
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from batchlint.runtime.asking import ASK, Line, Request, captured
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
    asking = ASK.set(remembered)
    try:
        return Looking(generators).run(Visit(job, wait))
    finally:
        ASK.reset(asking)


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


CALLS: weakref.WeakKeyDictionary[Request, Callable[[], Any]] = weakref.WeakKeyDictionary()


def remembered(method: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Request:
    """The request, with the call that makes it at once."""
    asked = captured(method, args, dict(kwargs))
    CALLS[asked] = functools.partial(method, *args, **kwargs)
    return asked


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
        since = time.time() - FACTS[backend.provider]["kept_days"] * 86400
        found = self.persist("look for earlier batches", lambda: list(backend.named(self.prefix, since)))
        with journal() as db:
            prune(db)
            known = {key for (key,) in db.execute("select key from batches")}
        for key, id in found:
            if key not in known:
                ids = self.persist(f"wait for batch {id}", held, id, backend)
                with journal() as db:
                    adopt(db, backend, key, id, ids)

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
            request.answer = Line(io.BytesIO(), 0, 0)
            request.result = functools.partial(told, *called(CALLS[request]))  # type: ignore[method-assign]

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


def called(call: Callable[[], Any]) -> tuple[Any, Exception | None]:
    """The call's result, or its error."""
    try:
        return call(), None
    except Exception as error:
        return None, error


def told(answer: Any, error: Exception | None) -> Any:
    if error is not None:
        raise error
    return answer


def held(id: str, backend: Any) -> list[str] | None:
    """The custom_ids of what a batch has run; None until it has ended."""
    if not backend.poll(id).ended:
        return None
    file = new_file()
    backend.download(id, file)
    file.seek(0)
    return [json.loads(line)["custom_id"] for line in file if line.strip()]


def adopt(db: sqlite3.Connection, backend: Any, key: str, id: str, ids: list[str]) -> None:
    """Newer batches come first: a request that came back unanswered is in the one that asked again."""
    what = f"{len(ids)} requests of an earlier run"
    row = (key, backend.provider, backend.server, what, id, time.time())
    db.execute("insert into batches values (?, ?, ?, ?, ?, ?)", row)
    parts = (custom_id.rpartition("-") for custom_id in ids)
    rows = ((bytes.fromhex(digest), int(number), key) for digest, _, number in parts)
    db.executemany("insert or ignore into requests values (?, ?, ?, '', 0, null)", rows)
    log(f"found batch {id} with {what}")


ALONE: dict[str, Any] = {}


def wait_for_others(job: str) -> None:
    """Let no other process of this machine run the job until this one has ended."""
    if job in ALONE or os.name == "nt":
        return
    import fcntl

    name = f"llm_batch-{os.getuid()}-{job_prefix(f'{FOLDER} {job}')}.lock"
    ALONE[job] = (Path(tempfile.gettempdir()) / name).open("a")
    fcntl.flock(ALONE[job], fcntl.LOCK_EX)
