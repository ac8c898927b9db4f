"""What has been bought already: which request is in which batch. Gone after a good run."""

from __future__ import annotations

import atexit
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
STATE = FOLDER / "state.sqlite"
SESSION = os.urandom(16).hex()  # this run of the program
# A request belongs to the session that asked last. `used`: when a run came to its end with it.
SCHEMA = """
create table if not exists batches (key text primary key, provider text, server text, what text, id text, since real);
create table if not exists requests (
    digest blob, number integer, key text, session text, tries integer, used real,
    primary key (digest, number)) without rowid;
create index if not exists requests_of_batch on requests (key);
"""
RELEASED = "session = '', tries = 0, used = null"  # the next run that asks for it gets its answer, or a new one


@contextlib.contextmanager
def journal() -> Iterator[sqlite3.Connection]:
    """The state, for one process at a time. Where nothing is bought nothing stays."""
    while True:
        FOLDER.mkdir(parents=True, exist_ok=True)
        with STATE.open("ab") as file, contextlib.closing(sqlite3.connect(STATE, timeout=1e6)) as db:
            db.executescript(f"pragma locking_mode = exclusive; begin exclusive; {SCHEMA} commit;")
            if os.fstat(file.fileno()).st_nlink == 0:  # the process before removed it while this one waited
                continue
            yield db
            db.execute("delete from batches where not exists (select 1 from requests where key = batches.key)")
            db.commit()
            if db.execute("select 1 from batches").fetchone() is None:
                with contextlib.suppress(OSError):
                    STATE.unlink()
            return


def claim(db: sqlite3.Connection, requests: list[Request], session: str) -> dict[str, list[Request]]:
    """By the key of the batch that an earlier run has put them into, the requests; under "" those that are new."""
    known = "select number, key, tries from requests where digest = ? and session != ?"
    known += " order by used is not null, number limit 1"  # what was used may be of an earlier night
    new = "select coalesce(max(number) + 1, 0), '', 0 from requests where digest = ?"
    batches: dict[str, list[Request]] = {}
    for request in requests:
        key = ""  # of one that came back without an answer
        if not request.batch:
            row = db.execute(known, (request.digest, session)).fetchone()
            # Equal requests are told apart by their number.
            request.number, key, request.tries = row or db.execute(new, (request.digest,)).fetchone()
        batches.setdefault(key, []).append(request)
        note(db, key, [request], session)
    return batches


def note(db: sqlite3.Connection, key: str, members: list[Request], session: str) -> None:
    """The requests are in the batch with this key, and this session is going to use their answers."""
    rows = ((request.digest, request.number, key, session, request.tries) for request in members)
    db.executemany("insert or replace into requests values (?, ?, ?, ?, ?, null)", rows)


def prune(db: sqlite3.Connection) -> None:
    """Forget runs that ended an hour ago without tidying up, and what the providers no longer keep."""
    now, kept = time.time(), min(facts["kept_days"] for facts in FACTS.values()) * 86400
    ended = "select session from requests group by session having count(used) = count(*) and max(used) < ?"
    gone = "select key from batches where coalesce(since, 0) < ?"
    db.execute(f"delete from requests where session in ({ended}) or key in ({gone})", (now - 3600, now - kept))


@atexit.register
def tidy() -> None:
    """At the end of the process: after a good run nothing stays, after an error the next start gets what is paid."""
    if STATE.exists():
        with journal() as db:
            if hasattr(sys, "last_type"):  # an exception that nobody caught
                db.execute(f"update requests set {RELEASED} where session = ?", (SESSION,))
            db.execute("delete from requests where session = ?", (SESSION,))
    with contextlib.suppress(OSError):
        FOLDER.rmdir()


def new_file() -> BinaryIO:
    """A file without a name: nothing is left of it after a kill."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryFile(dir=FOLDER)
