"""`run_batch` for tasks that come back instead of waiting."""

from __future__ import annotations

import os
import sqlite3
import traceback
from collections.abc import Generator, Iterable
from types import GeneratorType
from typing import Any

from batchlint.runtime.asking import Request
from batchlint.runtime.journal import STATE, journal
from batchlint.runtime.looking import Looking
from batchlint.runtime.rounds import Rounds, log


class NotReady(Exception):  # noqa: N818
    """The batch has not ended. Call again after `seconds` with the same requests."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the batch has not ended; ask again in {seconds:.0f} s")
        self.seconds = seconds


def collect_batch(
    generators: Iterable[Any], *, return_exceptions: bool = False, wait: bool = False, job: str = ""
) -> list[Any]:
    """`run_batch` that raises NotReady instead of waiting.

    `return_exceptions`: an exception of a generator becomes its result. `wait`: wait all the same. `job`: who comes
    back after NotReady; jobs with equal requests share a batch, until the last of them has used it.
    """
    works = map(guarded, generators) if return_exceptions else generators
    return Looking(works, wait).run(Rounds() if wait else Looks(job))


def guarded(work: Any) -> Generator[Any, Any, Any]:
    try:
        return (yield from work) if isinstance(work, GeneratorType) else work
    except Exception as error:
        return error


def raise_errors(results: Iterable[Any]) -> None:
    """Raise the first error among the results; the others are told on stderr."""
    errors = [result for result in results if isinstance(result, Exception)]
    for error in errors[1:]:
        log("".join(traceback.format_exception(error)).rstrip())
    if errors:
        raise errors[0]


class Looks(Rounds):
    """One look of a job. Each is a session of its own: the processes of a worker have the one that they began with."""

    def __init__(self, job: str) -> None:
        super().__init__()
        self.session = os.urandom(16).hex()
        self.job, self.comes_back = job, False

    def submit(self, requests: list[Request]) -> dict[str, list[Request]]:
        batches = super().submit(requests)
        with journal() as db:
            jobs(db).executemany("insert or ignore into jobs values (?, ?)", ((key, self.job) for key in batches))
        return batches

    def sleep(self, seconds: float, what: str) -> None:
        self.comes_back = True
        raise NotReady(seconds)

    def release(self) -> None:
        """The next look takes over the answers and what has been tried; after an error whoever asks for them does."""
        if not self.comes_back:
            super().release()
        if STATE.exists():
            with journal() as db:
                if not self.comes_back:
                    jobs(db).execute("delete from jobs where job = ?", (self.job,))
                self.forget_unused(db)

    def finish(self, is_good: bool) -> None:
        """Nothing of a batch may be found the next night: the last job that uses it deletes it."""
        if not is_good:
            self.release()
        elif STATE.exists():
            with journal() as db:
                jobs(db).execute("delete from jobs where job = ?", (self.job,))
                own = "delete from requests where key = ? and session = ? and key not in (select key from jobs)"
                db.executemany(own, [(key, self.session) for key in self.bought])
                self.forget_unused(db)

    def forget_unused(self, db: sqlite3.Connection) -> None:
        """Forget the batches that nobody takes anything from any more."""
        for key, (id, _) in self.bought.items():
            rows = "select 1 from requests where key = ? union select 1 from jobs where key = ? and job != ?"
            if id and jobs(db).execute(rows, (key, key, self.job)).fetchone() is None:
                self.forget(key)


def jobs(db: sqlite3.Connection) -> sqlite3.Connection:
    """The state with a table of who comes back for which batch."""
    db.execute("create table if not exists jobs (key text, job text, primary key (key, job)) without rowid")
    db.execute("delete from jobs where key not in (select key from batches)")
    return db
