"""The batches of each round: find or create them, wait, and note where every answer lies."""

from __future__ import annotations

import atexit
import hashlib
import itertools
import json
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from batchlint.runtime.asking import BatchError, Line, Request
from batchlint.runtime.facts import FACTS
from batchlint.runtime.journal import SESSION, claim, journal, new_file, note, prune, tidy


class State(NamedTuple):
    """What a poll of a batch says. `failed`: why the provider refused the batch as a whole."""

    ended: bool
    text: str
    failed: str = ""
    queue_full: bool = False


class Rounds:
    """The rounds of one `run_batch` or `gather_batch`: they share a deadline and what they have bought."""

    SUBMISSIONS = 6  # how often a request is submitted that comes back without an answer
    PATIENCE = 50  # how often something is tried while the provider is in trouble
    prefix = ""  # of the keys of its batches

    def __init__(self) -> None:
        self.session = SESSION
        self.bought: dict[str, tuple[str, Any]] = {}  # by the key of a batch: how the provider calls it, the backend
        self.stopped = threading.Event()
        self.deadline = time.monotonic() + float(os.environ.get("LLM_BATCH_DEADLINE_SECONDS", "172800"))

    def answer(self, requests: list[Request]) -> None:
        """Get every request its answer. Raises BatchError."""
        if not self.bought:
            atexit.unregister(tidy)
            atexit.register(tidy)
        bodies, end = new_file(), 0
        for request in requests:
            end += bodies.write(request.body)
            request.body = Line(bodies, end - len(request.body), len(request.body))
        for attempt in range(self.SUBMISSIONS):
            self.collect(self.submit(requests, is_first=attempt == 0))
            requests = [request for request in requests if request.answer is None]
            if not requests:
                return
            log(f"{len(requests)} requests came back without an answer: submitting them again")
        raise BatchError(f"{len(requests)} requests went unanswered {self.SUBMISSIONS} times; start again to go on")

    def submit(self, requests: list[Request], is_first: bool) -> dict[str, list[Request]]:
        """Find or create the batch of each request. One process at a time does this, so that two starts buy once."""
        with journal() as db:
            if not self.bought:
                prune(db)
            fresh, batches = claim(db, requests, self.session) if is_first else (requests, {})
            for key, members in list(batches.items()):
                (id,) = db.execute("select batch from batches where key = ?", (key,)).fetchone()
                # Without an id the run was killed between the intent and the provider's answer.
                id = id or self.patiently("look for a batch", members[0].backend.find, key, db)
                if id is None:
                    db.execute("delete from requests where key = ?", (key,))
                    fresh += batches.pop(key)
                else:
                    log(f"going on with batch {id}: {len(members)} requests")
                    note(db, key, members, self.session)
                    self.has_bought(db, key, id, members)
            for chunk in split(fresh):
                first = chunk[0]
                names = sorted({request.batch for request in chunk}) + sorted(request.custom_id for request in chunk)
                key = self.prefix + hashlib.sha256("\n".join(names).encode()).hexdigest()[:32]
                what = f"{len(chunk)} requests to {first.endpoint} with {first.model}"
                row = (key, first.backend.provider, first.backend.server, what)
                db.execute("insert or replace into batches values (?, ?, ?, ?, null, null)", row)
                note(db, key, chunk, self.session)  # the intent: from here on a restart looks for this batch
                id = self.patiently("create a batch", create, db, key, chunk)
                log(f"batch {id}: {what}")
                self.has_bought(db, key, id, chunk)
                batches[key] = chunk
        return batches

    def has_bought(self, db: sqlite3.Connection, key: str, id: str, members: list[Request]) -> None:
        db.execute("update batches set batch = ?, tried = coalesce(tried, ?) where key = ?", (id, time.time(), key))
        db.commit()
        self.bought[key] = (id, members[0].backend)
        for request in members:
            request.batch = key

    def collect(self, batches: dict[str, list[Request]]) -> None:
        """Wait for every batch and note where each answer lies."""
        refused = 0
        for key, members in batches.items():
            id, backend = self.bought[key]
            state = self.wait_for(id, backend)
            if not state.failed:
                self.patiently(f"read the results of batch {id}", read, id, backend, members)
                continue
            with journal() as db:
                db.execute("delete from requests where key = ?", (key,))
            refused += 1
            if not state.queue_full or refused == len(batches):  # else there is room now: the others have ended
                raise BatchError(f"the provider refused batch {id}: {state.failed}")

    def wait_for(self, id: str, backend: Any) -> State:
        """Poll until the batch has ended."""
        pauses, said = backoff(), ""
        while True:
            state: State = self.patiently(f"poll batch {id}", backend.poll, id)
            if state.text != said:
                said = state.text
                log(f"batch {id} {said}")
            if state.ended:
                return state
            self.sleep(next(pauses), f"batch {id}")

    def patiently(self, what: str, action: Callable[..., Any], *args: object) -> Any:
        """Try again while the provider or the network has trouble; the SDK's own retries are off."""
        for pause in itertools.islice(backoff(), self.PATIENCE):
            try:
                return action(*args)
            except Exception as error:
                if not is_transient(error):
                    raise BatchError(f"cannot {what}: {error}") from error
                log(f"cannot {what} yet: {error}")
            self.sleep(pause, what)
        raise BatchError(f"cannot {what}, tried {self.PATIENCE} times")

    def sleep(self, seconds: float, what: str) -> None:
        if time.monotonic() + seconds > self.deadline:
            raise BatchError(f"{what}: not ended before the deadline; start again to go on waiting")
        if self.stopped.wait(seconds):
            raise BatchError(f"{what}: nobody waits any more; start again to go on")

    def finish(self, is_good: bool) -> None:
        """The answers have been used. After a good end the provider may forget those batches of which all have been."""
        self.mark(self.session, time.time())
        for key, (id, backend) in self.bought.items() if is_good else ():
            with journal() as db:
                if db.execute("select 1 from requests where key = ? and used is null", (key,)).fetchone():
                    continue
            self.forget(id, backend)

    def forget(self, id: str, backend: Any) -> None:
        try:
            backend.forget(id)
        except Exception as problem:
            log(f"could not delete the input of batch {id}: {problem}")

    def release(self) -> None:
        """Leave the answers to a later call: this one did not come to its end."""
        self.mark("", None)

    def mark(self, session: str, used: float | None) -> None:
        if self.bought:
            with journal() as db:
                rows = [(session, used, key, self.session) for key in self.bought]
                db.executemany("update requests set session = ?, used = ? where key = ? and session = ?", rows)


def create(db: sqlite3.Connection, key: str, chunk: list[Request]) -> str:
    """The batch of these requests. One that seemed to fail may be there, and so may one of a run whose disk is gone."""
    backend = chunk[0].backend
    id = backend.find(key, db)
    if id is None:
        db.execute("update batches set tried = coalesce(tried, ?) where key = ?", (time.time(), key))
        db.commit()
        id = backend.create(key, chunk[0].endpoint, ((request.custom_id, request.body.read()) for request in chunk))
    return str(id)


def read(id: str, backend: Any, members: list[Request]) -> None:
    """Note where each answer lies; what was not run, or failed by chance, stays without."""
    waiting = {request.custom_id: request for request in members}
    file, end = new_file(), 0
    backend.download(id, file)
    file.seek(0)
    for line in file:
        start, end = end, end + len(line)
        row = json.loads(line) if line.strip() else {}
        request = waiting.get(row.get("custom_id", ""))
        status = backend.status(row) if request else 0
        if request and status:
            by_chance = status in (408, 409, 429) or status >= 500
            request.tries += by_chance
            if not by_chance or request.tries > backend.retries:
                request.answer = Line(file, start, len(line))


def split(requests: list[Request]) -> Iterator[list[Request]]:
    """One batch per server, endpoint and model, and within the provider's limits, in the order of the input."""
    groups: dict[tuple[str, ...], list[Request]] = {}
    for request in requests:
        model = request.model if FACTS[request.backend.provider]["one_model"] else ""
        groups.setdefault((request.backend.server, request.endpoint, model), []).append(request)
    for group in groups.values():
        limits = FACTS[group[0].backend.provider]
        start = size = inputs = 0
        for position, request in enumerate(group):
            size, inputs = size + request.body.length + 250, inputs + request.inputs
            is_full = position - start == limits["requests"] or size > limits["bytes"]
            if position > start and (is_full or inputs > (limits["inputs"] or inputs)):
                yield group[start:position]
                start, size, inputs = position, request.body.length + 250, request.inputs
        yield group[start:]


def backoff() -> Iterator[float]:
    """Seconds between two looks: LLM_BATCH_POLL_SECONDS, else from 5 s up to 2 minutes."""
    for tries in itertools.count():
        yield float(os.environ.get("LLM_BATCH_POLL_SECONDS") or min(5 * 1.5 ** min(tries, 9), 120))


def is_transient(error: Exception) -> bool:
    """Whether it helps to try again: no connection, a time-out, a rate limit or a server in trouble."""
    status = getattr(error, "status_code", None) or getattr(error, "code", None)
    if isinstance(status, int):
        return status in (408, 409, 429) or status >= 500
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"APIConnectionError", "TransportError", "ConnectionError", "TimeoutError"})


def log(text: str) -> None:
    print(f"llm_batch: {text}", file=sys.stderr, flush=True)
