"""The runs of a job that cannot stay until a batch has ended: what earlier ones submitted is found at the provider."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
import json
import os
import sqlite3
import tempfile
import time
import weakref
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, TypeVar

from batchlint.runtime.asking import Line, Request
from batchlint.runtime.asks import ASK, captured
from batchlint.runtime.facts import FACTS
from batchlint.runtime.journal import FOLDER, journal, new_file
from batchlint.runtime.rounds import Rounds, log, prune

R = TypeVar("R")


class BatchPending(SystemExit):
    """The batch has not ended: ends the program with exit code 0, and no `except Exception` stops it."""

    def __init__(self) -> None:
        super().__init__(0)


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


class Phase:
    """What asks in such a job: it knows how to make each request at once. `visit`: the rounds of its first fan-out."""

    def __init__(self, visit: Callable[[], Any], others: Callable[[], Any]) -> None:
        self.next_rounds, self.others = visit, others

    def __call__(self, method: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Request:
        asked: Request = captured(method, args, dict(kwargs))
        CALLS[asked] = functools.partial(method, *args, **kwargs)
        return asked

    def rounds(self) -> Any:
        make, self.next_rounds = self.next_rounds, self.others
        return make()


CALLS: weakref.WeakKeyDictionary[Request, Callable[[], Any]] = weakref.WeakKeyDictionary()


@contextlib.contextmanager
def asking_for(job: str, visit: Callable[[], Any], others: Callable[[], Any] = Rounds) -> Iterator[Phase]:
    """Let the first fan-out meanwhile have these rounds; what comes behind it waits for its batches."""
    wait_for_others(job)
    phase = Phase(visit, others)
    asking = ASK.set(phase)
    try:
        yield phase
    finally:
        ASK.reset(asking)


class Visit(Rounds):
    """One run of such a job. What earlier runs submitted is found at the provider: the disk may be another one."""

    def __init__(self, job: str, seconds: float, rounds: bool = False) -> None:
        super().__init__()
        self.prefix, self.has_rounds = job_prefix(job), rounds
        self.deadline = time.monotonic() + float(os.environ.get("LLM_BATCH_WAIT_SECONDS", seconds))
        self.looked: set[str] = set()
        self.late: set[Request] = set()  # new since the batch was submitted in which they would have been
        self.most = 0  # answers that came in one round
        self.is_late = False  # whether all others are done

    def answer(self, requests: list[Request]) -> None:
        """Answer what earlier runs have submitted; with nothing else left what is late, at once; others by batch."""
        known, new = self.sorted_out(requests)
        waiting = [request for request in requests if request not in new]
        if new and (self.has_rounds or len(new) <= len(waiting)) and any(map(self.has_ended, known.items())):
            super().answer(waiting)  # there may be new ones in each run: it has to end without them
            self.late.update(new)
            if not self.has_rounds:
                self.answer_late(new)
        elif new and not waiting and (self.is_late or self.late.issuperset(new)) and len(new) <= self.most:
            self.is_late = True
            self.answer_late(new)
        else:
            super().answer(requests)
        self.most = max(self.most, len(waiting))

    def sorted_out(self, requests: list[Request]) -> tuple[dict[str, list[Request]], dict[Request, None]]:
        """The requests that earlier runs have submitted, by the key of their batch, and the others."""
        for backend in {request.backend.server: request.backend for request in requests}.values():
            if backend.server not in self.looked:
                self.looked.add(backend.server)
                self.look(backend)
                self.may_submit()
        with journal() as db:
            known = self.claim(db, requests)
            db.rollback()  # it was only a look
        return known, dict.fromkeys(known.pop("", []))

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

    def has_ended(self, batch: tuple[str, list[Request]]) -> bool:
        key, (first, *_) = batch
        with journal() as db:
            id = next((id for (id,) in db.execute("select id from batches where key = ?", (key,))), None)
        ended, _, refused = self.persist(f"poll batch {id}", first.backend.poll, id) if id else (False, "", "")
        return ended and not refused

    def answer_late(self, requests: Collection[Request]) -> None:
        log(f"asking at once for {len(requests)} requests that are new since the batch was submitted")
        for request in requests:
            request.answer = Line(io.BytesIO(), 0, 0)
            request.result = functools.partial(told, *self.called(CALLS[request]))  # type: ignore[method-assign]

    def called(self, call: Callable[[], Any]) -> tuple[Any, Exception | None]:
        """The call's result, or its error."""
        try:
            return call(), None
        except Exception as error:
            return None, error

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


def told(answer: Any, error: Exception | None) -> Any:
    if error is not None:
        raise error
    return answer


def held(id: str, backend: Any) -> list[str] | None:
    """The custom_ids of what a batch has run; None until it has ended."""
    if not backend.poll(id)[0]:
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
