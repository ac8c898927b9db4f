"""What has been bought already: which request is in which batch. Gone after a good run."""

from __future__ import annotations

import atexit
import contextlib
import os
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

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
