"""What has been bought already: which request is in which batch. Gone after a good run."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from batchlint.runtime.asking import Request
from batchlint.runtime.facts import FACTS

# Where the code lies on a read-only disk, as in AWS Lambda, the state goes into the temporary folder.
HOME = Path() if os.access(".", os.W_OK) else Path(tempfile.gettempdir())
FOLDER = (HOME / os.environ.get("LLM_BATCH_DIR", ".llm_batch")).absolute()
STATE, LOCK = FOLDER / "state.sqlite", FOLDER / "lock"
SESSION = os.urandom(16).hex()  # this run of the program
SCHEMA = """
create table if not exists batches (
    key text primary key, provider text, server text, what text, batch text, tried real);
create table if not exists requests (
    digest blob, number integer, key text, session text, used real, tries integer,
    primary key (digest, number)) without rowid;
create index if not exists requests_of_batch on requests (key);
"""


@contextlib.contextmanager
def journal() -> Iterator[sqlite3.Connection]:
    """The state, for one process at a time. Where nothing is bought nothing stays."""
    while True:
        FOLDER.mkdir(parents=True, exist_ok=True)
        with LOCK.open("a+b") as lock:
            if os.name == "nt":
                import msvcrt

                msvcrt.locking(lock.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined]
            else:
                import fcntl

                fcntl.flock(lock, fcntl.LOCK_EX)
            if os.fstat(lock.fileno()).st_nlink == 0:  # the process before removed it while this one waited
                continue
            with contextlib.closing(sqlite3.connect(STATE)) as db, db:
                db.executescript(SCHEMA)
                yield db
                is_empty = db.execute("select 1 from batches").fetchone() is None
            for path in (STATE, LOCK) if is_empty else ():
                with contextlib.suppress(OSError):
                    path.unlink()
            return


def claim(
    db: sqlite3.Connection, requests: list[Request], session: str
) -> tuple[list[Request], dict[str, list[Request]]]:
    """Number equal requests: those that are new, and those that an earlier run has put into a batch, by its key."""
    fresh: list[Request] = []
    known: dict[str, list[Request]] = {}
    last: dict[bytes, int] = {}
    query = "select number, key, session, tries from requests where digest = ? and number > ? order by number"
    for request in requests:
        request.number = last.get(request.digest, -1)
        for number, key, holder, tries in db.execute(query, (request.digest, request.number)):
            request.number = number
            if holder != session:
                request.tries = tries if holder else 0  # after an error it is tried anew
                known.setdefault(key, []).append(request)
                break
        else:
            request.number += 1
            fresh.append(request)
        last[request.digest] = request.number
    return fresh, known


def note(db: sqlite3.Connection, key: str, members: list[Request], session: str) -> None:
    """The requests are in the batch with this key, and this session is going to use their answers."""
    rows = ((request.digest, request.number, key, session, request.tries) for request in members)
    db.executemany("insert or replace into requests values (?, ?, ?, ?, null, ?)", rows)
    db.commit()


def prune(db: sqlite3.Connection) -> None:
    """Forget runs that ended an hour ago without tidying up, and what the providers no longer keep."""
    now, kept = time.time(), min(facts["kept_days"] for facts in FACTS.values()) * 86400
    ended = "select session from requests group by session having count(used) = count(*) and max(used) < ?"
    db.execute(f"delete from requests where session in ({ended})", (now - 3600,))
    db.execute("delete from batches where tried is null or tried < ?", (now - kept,))
    db.execute("delete from requests where key not in (select key from batches)")
    db.execute("delete from batches where key not in (select key from requests)")


def tidy() -> None:
    """At the end of the process: after a good run nothing stays, after an error the next start gets what is paid."""
    with journal() as db:
        if hasattr(sys, "last_type"):  # an exception that nobody caught
            db.execute("update requests set session = '', used = null where session = ?", (SESSION,))
        db.execute("delete from requests where session = ?", (SESSION,))
        prune(db)
    with contextlib.suppress(OSError):
        FOLDER.rmdir()


def new_file() -> BinaryIO:
    """A file without a name: nothing is left of it after a kill."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryFile(dir=FOLDER)
