"""One round: put requests into batches, wait, and find every answer. Pays for nothing that is paid already."""

from __future__ import annotations

import atexit
import hashlib
import itertools
import json
import os
import re
import sqlite3
import time
from collections.abc import Callable, Generator, Iterator
from typing import TypeVar

from batchlint.runtime.journal import (
    SESSION,
    claim,
    deliver,
    drop,
    finish,
    intend,
    journal,
    made,
    prune,
    release,
    spent,
)
from batchlint.runtime.model import Backend, BatchError, BatchExpired, NotReady, Request, Spool, Verdict, log

T = TypeVar("T")
SUBMISSIONS = 6
PATIENCE = 50
CALLS = itertools.count(1)
CUSTOM_ID = re.compile(rb'"custom_id"\s*:\s*"([^"\\]+)"')


class Call:
    """One run of `run_batch` or `gather_batch`: its rounds share a deadline and what they have bought."""

    def __init__(self, wait: bool = True) -> None:
        self.wait = wait
        self.number = next(CALLS)
        self.backends: dict[str, Backend] = {}
        self.deadline = time.monotonic() + float(os.environ.get("LLM_BATCH_DEADLINE_SECONDS", "172800"))

    def fulfil(self, requests: list[Request]) -> Iterator[float]:
        """Afterwards every request has its answer. Yields the seconds to sleep while the provider works.

        Raises BatchError, BatchExpired, and NotReady where the caller does not wait.
        """
        if not self.backends:
            with journal() as db:
                prune(db)
            atexit.unregister(finish)
            atexit.register(finish)
        bodies = Spool()
        for request in requests:
            request.body = bodies.add(request.body)
        for attempt in range(SUBMISSIONS):
            batches = yield from self._submit(requests, attempt, bodies)
            yield from self._collect(batches)
            requests = [request for request in requests if request.file is None]
            if not requests:
                return
            log(f"{len(requests)} requests came back without an answer: submitting them again")
        raise BatchExpired(f"{len(requests)} requests went unanswered {SUBMISSIONS} times; start again to go on")

    def delivered(self, requests: list[Request]) -> None:
        """The answers have reached the code that asked for them."""
        if requests:
            with journal() as db:
                deliver(db, requests)

    def close(self, error: BaseException | None, own: bool = False) -> None:
        """Clean up after a good end; else keep what is paid for the next call. `own`: an error of the user's code."""
        if not self.backends:
            return
        with journal() as db:
            if error is not None:
                release(db, self.number, SESSION + "!" if own else "")
                return
            ended = spent(db, self.number)
        for key, batch in ended:
            try:
                self.backends[key].forget(batch)
            except Exception as problem:
                log(f"could not delete the input of batch {batch}: {problem}")

    def _submit(self, requests: list[Request], attempt: int, bodies: Spool) -> Pauses[list[Batch]]:
        """Find or create the batch of each request. One process at a time does this, so that two starts buy once."""
        batches: list[Batch] = []
        with journal() as db:
            fresh, known = (requests, {}) if attempt else claim(db, requests, self.number)
            for key, members in known.items():
                query = "select batch, count, created from batches where key = ?"
                batch, count, created = db.execute(query, (key,)).fetchone()
                if batch is None:  # killed between the intent and the provider's answer
                    find, others = members[0].backend.find, made(db)
                    batch = yield from self._patiently("look for a batch", find, key, count, created, others)
                if batch is None:
                    drop(db, key)
                    fresh += members
                else:
                    log(f"going on with batch {batch}: {len(members)} requests")
                    batches.append(self._made(db, key, batch, members))
            for chunk in split(fresh):
                names = sorted({request.batch for request in chunk}) + sorted(request.custom_id for request in chunk)
                key = hashlib.sha256("\n".join(names).encode()).hexdigest()[:32]
                intend(db, key, chunk, self.number)
                try:
                    batch = yield from self._create(key, chunk, bodies, made(db))
                except Refused:
                    drop(db, key)
                    db.commit()
                    raise
                batches.append(self._made(db, key, batch, chunk))
        return batches

    def _made(self, db: sqlite3.Connection, key: str, batch: str, members: list[Request]) -> Batch:
        db.execute("update batches set batch = ? where key = ?", (batch, key))
        db.commit()
        self.backends[key] = members[0].backend
        for request in members:
            request.batch = key
        return Batch(key, batch, members)

    def _create(self, key: str, chunk: list[Request], bodies: Spool, others: frozenset[str]) -> Pauses[str]:
        first = chunk[0]
        since: float | None = None

        def create() -> str:
            # A create that seemed to fail may have made the batch, and so may a run whose disk is gone.
            nonlocal since
            batch = first.backend.find(key, len(chunk), since, others)
            since = since or time.time()
            if batch is None:
                lines = ((request.custom_id, bodies.get(*request.body)) for request in chunk)
                batch = first.backend.create(key, first.endpoint, lines)
            return batch

        batch = yield from self._patiently("create a batch", create)
        log(f"batch {batch}: {len(chunk)} requests to {first.endpoint} with {first.model}")
        return batch

    def _collect(self, batches: list[Batch]) -> Iterator[float]:
        """Poll until every batch has ended, and note where each answer lies."""
        said: dict[str, str] = {}
        for pause in backoff():
            for batch in list(batches):
                state = yield from self._patiently(f"poll batch {batch.id}", batch.backend.poll, batch.id)
                if said.get(batch.key) != state.text:
                    said[batch.key] = state.text
                    log(f"batch {batch.id} {state.text}")
                if not state.ended:
                    continue
                batches.remove(batch)
                if not state.failed:
                    yield from self._patiently(f"read the results of batch {batch.id}", batch.read)
                    continue
                with journal() as db:
                    drop(db, batch.key)
                if not (state.queue_full and batches):  # else there is room again when the others have ended
                    raise BatchError(f"the provider refused batch {batch.id}: {state.failed}")
            if not batches:
                return
            self._may_wait(pause, ", ".join(batch.id for batch in batches))
            yield pause

    def _may_wait(self, pause: float, what: str) -> None:
        if not self.wait:
            raise NotReady(pause)
        if time.monotonic() + pause > self.deadline:
            raise BatchError(f"{what}: not ended before the deadline; start again to go on waiting")

    def _patiently(self, what: str, action: Callable[..., T], *args: object) -> Pauses[T]:
        """Try again while the provider or the network has trouble; the SDK's own retries are off."""
        for tries, pause in enumerate(backoff(), 1):
            try:
                return action(*args)
            except Exception as error:
                if not is_transient(error):
                    raise Refused(f"cannot {what}: {error}") from error
                if tries == PATIENCE:
                    raise BatchError(f"cannot {what}, tried {tries} times: {error}") from error
                log(f"cannot {what} yet: {error}")
            yield pause
        raise AssertionError


Pauses = Generator[float, None, T]


class Refused(BatchError):  # noqa: N818
    """The provider said no, and will say no again."""


class Batch:
    """A batch that the provider has, and the requests of this round that are in it."""

    def __init__(self, key: str, id: str, members: list[Request]) -> None:
        self.key, self.id, self.members = key, id, members
        self.backend = members[0].backend

    def read(self) -> None:
        """Note where each answer lies; what was not run, or failed by chance, stays without."""
        waiting = {request.custom_id: request for request in self.members}
        file = Spool().file
        self.backend.download(self.id, file)
        file.seek(0)
        end = 0
        for line in file:
            start, end = end, end + len(line)
            found = CUSTOM_ID.search(line)
            request = waiting.get(found[1].decode()) if found else None
            request = request or (waiting.get(json.loads(line).get("custom_id")) if line.strip() else None)
            if request is None:
                continue
            verdict = self.backend.verdict(line)
            request.tries += verdict is Verdict.AGAIN
            if verdict is Verdict.FINAL or (verdict is Verdict.AGAIN and request.tries > self.backend.retries):
                request.file, request.place = file, (start, len(line))


def split(requests: list[Request]) -> Iterator[list[Request]]:
    """One batch per account, endpoint and model, and within the provider's limits, in the order of the input."""
    groups: dict[tuple[str, str, str], list[Request]] = {}
    for request in requests:
        model = request.model if request.backend.limits.one_model else ""
        groups.setdefault((request.backend.scope, request.endpoint, model), []).append(request)
    for group in groups.values():
        limits = group[0].backend.limits
        chunk: list[Request] = []
        size = inputs = 0
        for request in group:
            length = request.body[1] + LINE_OVERHEAD
            full = len(chunk) == limits.requests or size + length > limits.bytes
            if chunk and (full or inputs + request.inputs > (limits.inputs or inputs + request.inputs)):
                yield chunk
                chunk, size, inputs = [], 0, 0
            chunk.append(request)
            size, inputs = size + length, inputs + request.inputs
        yield chunk


LINE_OVERHEAD = 250


def backoff() -> Iterator[float]:
    """Seconds between two looks: LLM_BATCH_POLL_SECONDS, else from 5 s up to 2 minutes."""
    fixed = os.environ.get("LLM_BATCH_POLL_SECONDS")
    pause = 5.0
    while True:
        yield float(fixed) if fixed else pause
        pause = min(pause * 1.5, 120.0)


def is_transient(error: Exception) -> bool:
    """Whether it helps to try again: no connection, a time-out, a rate limit or a server in trouble."""
    status = getattr(error, "status_code", None) or getattr(error, "code", None)
    if isinstance(status, int):
        return status in (408, 409, 429) or status >= 500
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"APIConnectionError", "TransportError", "ConnectionError", "TimeoutError"})
