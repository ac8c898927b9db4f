"""What has been bought already: which request is in which batch. Gone after a good run."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
import time
import uuid
from collections.abc import Iterator

from batchlint.runtime.facts import RESULTS_DAYS
from batchlint.runtime.model import FOLDER, Request

SESSION = uuid.uuid4().hex
RECENT = 3600.0
SCHEMA = """
create table if not exists batches (
    key text primary key, provider text, scope text, endpoint text, model text,
    batch text, count integer, created real);
create table if not exists requests (
    digest blob, number integer, key text, session text, call integer, delivered real,
    primary key (digest, number)) without rowid;
create index if not exists requests_of_batch on requests (key);
"""


@contextlib.contextmanager
def journal() -> Iterator[sqlite3.Connection]:
    """The state file, for one process at a time; commits at the end."""
    with _lock():
        db = sqlite3.connect(FOLDER / "state.sqlite", check_same_thread=False)
        try:
            db.executescript(SCHEMA)
            yield db
            db.commit()
        finally:
            db.close()


@contextlib.contextmanager
def _lock() -> Iterator[None]:
    path = FOLDER / "lock"
    while True:
        FOLDER.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as handle:
            if os.name == "nt":
                import msvcrt

                msvcrt.locking(handle.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined]
            else:
                import fcntl

                fcntl.flock(handle, fcntl.LOCK_EX)
            # The process before may have removed the file while this one waited for it.
            if os.name == "nt" or (path.exists() and os.path.samestat(os.fstat(handle.fileno()), path.stat())):
                yield
                return


def claim(db: sqlite3.Connection, requests: list[Request], call: int) -> tuple[list[Request], dict[str, list[Request]]]:
    """Number the requests by occurrence: which are new, and which an earlier start has put into which batch."""
    fresh: list[Request] = []
    known: dict[str, list[Request]] = {}
    last: dict[bytes, int] = {}
    query = "select number, key, session from requests where digest = ? and number > ? order by number"
    for request in requests:
        request.number = last.get(request.digest, -1)
        key = ""
        for number, found, session in db.execute(query, (request.digest, request.number)):
            request.number = number
            if session != SESSION:
                key = found
                break
        if key:
            known.setdefault(key, []).append(request)
        else:
            request.number += 1
            fresh.append(request)
        last[request.digest] = request.number
    for members in known.values():
        rows = [(SESSION, call, request.digest, request.number) for request in members]
        change = "update requests set session = ?, call = ?, delivered = null where digest = ? and number = ?"
        db.executemany(change, rows)
    return fresh, known


def intend(db: sqlite3.Connection, key: str, requests: list[Request], call: int) -> None:
    """Write down, before the batch is created, what will be in it."""
    first = requests[0]
    row = (key, first.backend.provider, first.backend.scope, first.endpoint, first.model, len(requests), time.time())
    db.execute("insert or replace into batches values (?, ?, ?, ?, ?, null, ?, ?)", row)
    rows = ((request.digest, request.number, key, SESSION, call) for request in requests)
    db.executemany("insert or replace into requests values (?, ?, ?, ?, ?, null)", rows)
    db.commit()


def made(db: sqlite3.Connection) -> frozenset[str]:
    """The provider's names of the batches that are known."""
    return frozenset(batch for (batch,) in db.execute("select batch from batches where batch is not null"))


def drop(db: sqlite3.Connection, key: str) -> None:
    """Forget a batch that the provider never made, or refused as a whole."""
    db.execute("delete from requests where key = ?", (key,))
    db.execute("delete from batches where key = ?", (key,))


def deliver(db: sqlite3.Connection, requests: list[Request]) -> None:
    rows = [(time.time(), request.digest, request.number, SESSION) for request in requests]
    db.executemany("update requests set delivered = ? where digest = ? and number = ? and session = ?", rows)


def release(db: sqlite3.Connection, call: int, session: str) -> None:
    """Let a later call have the answers of a call that did not come to its end."""
    change = "update requests set session = ?, delivered = null where session = ? and call = ?"
    db.execute(change, (session, SESSION, call))


def spent(db: sqlite3.Connection, call: int) -> list[tuple[str, str]]:
    """Batches of the call, by provider, of which every answer has been handed out."""
    query = """select key, batch from batches
        where key in (select distinct key from requests where session = ? and call = ?) and not exists
        (select 1 from requests where requests.key = batches.key and requests.delivered is null)"""
    return list(db.execute(query, (SESSION, call)))


def prune(db: sqlite3.Connection) -> None:
    """Forget what nobody will ask for: runs that have ended, and batches whose answers the provider has deleted."""
    now = time.time()
    ended = "select session from requests group by session having count(delivered) = count(*) and max(delivered) < ?"
    db.execute(f"delete from requests where session in ({ended})", (now - RECENT,))
    old = "select key from batches where created < ?"
    db.execute(f"delete from requests where key in ({old})", (now - RESULTS_DAYS * 86400,))
    db.execute("delete from batches where not exists (select 1 from requests where requests.key = batches.key)")


def finish() -> None:
    """At the end of the process: after a good run nothing stays, after an error the next start gets what is paid."""
    if not (FOLDER / "state.sqlite").exists():
        return
    with _lock():
        with contextlib.closing(sqlite3.connect(FOLDER / "state.sqlite")) as db, db:
            db.executescript(SCHEMA)
            if hasattr(sys, "last_type"):  # an exception that nobody caught
                keep = "update requests set session = '', delivered = null where session in (?, ?)"
                db.execute(keep, (SESSION, SESSION + "!"))
            db.execute("delete from requests where session in (?, ?)", (SESSION, SESSION + "!"))
            prune(db)
            empty = db.execute("select 1 from batches").fetchone() is None
        if empty:
            for name in ("state.sqlite", "lock"):
                with contextlib.suppress(OSError):
                    (FOLDER / name).unlink()
    with contextlib.suppress(OSError):
        FOLDER.rmdir()
