"""The batches of each round: find or create them, wait, and note where every answer lies."""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
import os
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from batchlint.runtime.asking import BatchError, Insisting, Line, Request
from batchlint.runtime.facts import FACTS
from batchlint.runtime.journal import RELEASED, SESSION, journal, new_file

FAILED: Counter[bytes] = Counter()  # how often the batch of a request did, by the request's digest


class Rounds:
    """The rounds of one `run_batch` or `gather_batch`: they share a deadline and what they have bought."""

    SUBMISSIONS = 6  # how often a request is submitted that comes back without an answer
    PATIENCE = 50  # how often something is tried while the provider is in trouble
    prefix = ""  # of the keys of its batches  # with visits

    def __init__(self) -> None:
        self.session = SESSION
        self.bought: dict[str, tuple[str, Any]] = {}  # by the key of a batch: how the provider calls it, the backend
        self.deadline = time.monotonic() + float(os.environ.get("LLM_BATCH_DEADLINE_SECONDS", "172800"))

    def answer(self, requests: list[Request]) -> None:
        """Get every request its answer. Raises BatchError."""
        if min((FAILED[request.digest] for request in requests), default=0) >= self.SUBMISSIONS:
            raise Insisting(f"the batch of these requests failed {self.SUBMISSIONS} times in this run")
        bodies = new_file()
        for request in requests:
            request.body = Line(bodies, bodies.tell(), bodies.write(request.body))
        for _ in range(self.SUBMISSIONS):
            try:
                batches = self.submit(requests)
                refused = list(filter(None, itertools.starmap(self.collect, batches.items())))
                if refused and len(refused) == len(batches):  # else there is room now for those: the others have ended
                    raise BatchError("; ".join(refused))
            except BatchError:
                FAILED.update(request.digest for request in requests)
                raise
            requests = [request for request in requests if request.answer is None]
            if not requests:
                return
            log(f"{len(requests)} requests came back without an answer: submitting them again")
        raise BatchError(f"{len(requests)} requests went unanswered {self.SUBMISSIONS} times; start again to go on")

    def submit(self, requests: list[Request]) -> dict[str, list[Request]]:
        """The batch of each request, found or created: by one process at a time, so that two starts buy once."""
        with journal() as db:
            if not self.bought:
                prune(db)
            batches = self.claim(db, requests)
            for chunk in split(batches.pop("", [])):
                first, names = chunk[0], sorted([*{each.batch for each in chunk}, *(each.custom_id for each in chunk)])
                key = hashlib.sha256("\n".join(names).encode()).hexdigest()[:32]
                key = self.prefix + key  # with visits
                what = f"{len(chunk)} requests to {' with '.join(filter(None, (first.endpoint, first.model)))}"
                row = (key, first.backend.provider, first.backend.server, what)
                db.execute("insert or replace into batches values (?, ?, ?, ?, null, null)", row)
                self.note(db, key, chunk)
                batches[key] = chunk
            db.commit()  # the intent: from here on a restart looks for these batches
            for key, members in batches.items():
                self.bought[key] = ("", members[0].backend)
                self.bought[key] = (self.persist("create a batch", self.create, db, key, members), members[0].backend)
                for request in members:
                    request.batch = key
        return batches

    def claim(self, db: sqlite3.Connection, requests: list[Request]) -> dict[str, list[Request]]:
        """By the key of the batch that an earlier run has put them into, the requests; under "" those that are new."""
        known = "select number, key, tries from requests where digest = ? and session != ?"
        known += " order by used is not null, number limit 1"  # what was used may be of an earlier night
        new = "select coalesce(max(number) + 1, 0), '', 0 from requests where digest = ?"
        batches: dict[str, list[Request]] = {}
        for request in requests:
            key = ""  # of one that came back without an answer
            if not request.batch:
                row = db.execute(known, (request.digest, self.session)).fetchone()
                # Equal requests are told apart by their number.
                request.number, key, request.tries = row or db.execute(new, (request.digest,)).fetchone()
            batches.setdefault(key, []).append(request)
            self.note(db, key, [request])
        return batches

    def note(self, db: sqlite3.Connection, key: str, members: list[Request]) -> None:
        """The requests are in the batch with this key, and this session is going to use their answers."""
        rows = ((request.digest, request.number, key, self.session, request.tries) for request in members)
        db.executemany("insert or replace into requests values (?, ?, ?, ?, ?, null)", rows)

    def create(self, db: sqlite3.Connection, key: str, members: list[Request]) -> str:
        """The batch with this key. One that seemed to fail may be there, and so may one of a run whose disk is gone."""
        first, text = members[0], "going on with batch"
        id, what = db.execute("select id, what from batches where key = ?", (key,)).fetchone()
        id = id or next((found for _, found in first.backend.named(key, time.time() - 48 * 3600, db)), None)
        db.execute("update batches set since = coalesce(since, ?) where key = ?", (time.time(), key))
        if id is None:
            db.commit()
            lines = ((request.custom_id, request.body.read()) for request in members)
            id, text = first.backend.create(key, first.endpoint, lines), "batch"
        db.execute("update batches set id = ? where key = ?", (id, key))
        db.commit()
        log(f"{text} {id}: {what}")
        return str(id)

    def collect(self, key: str, members: list[Request]) -> str:
        """Wait for the batch and note where each answer lies; why the provider took none of it, where it refused."""
        id, backend = self.bought[key]
        _, _, refused = self.persist(f"wait for batch {id}", fetch, id, backend, members)
        if refused:
            with journal() as db:
                db.execute("delete from requests where key = ?", (key,))
        return refused and f"the provider refused batch {id}: {refused}"

    def persist(self, what: str, action: Callable[..., Any], *args: object) -> Any:
        """What the action returns. Tried again while that is None, or while the provider or the network has trouble."""
        tries = failures = 0
        while True:
            try:
                if (found := action(*args)) is not None:
                    return found
                failures = 0
            except Exception as error:
                failures += 1
                if failures > self.PATIENCE or not is_passing(error):
                    raise BatchError(f"cannot {what}: {error}") from error
                log(f"cannot {what} yet: {error}")
            self.sleep(float(os.environ.get("LLM_BATCH_POLL_SECONDS") or min(5 * 1.5 ** min(tries, 9), 120)), what)
            tries += 1

    def sleep(self, seconds: float, what: str) -> None:
        if time.monotonic() + seconds > self.deadline:
            raise BatchError(f"{what}: not ended before the deadline; start again to go on waiting")
        time.sleep(seconds)

    def release(self) -> None:
        """Leave the answers to a later call: this one did not come to its end."""
        self.mark(RELEASED)

    def finish(self, is_good: bool) -> None:
        """The answers have been used. After a good end the provider may forget those batches of which all have been."""
        wanted = self.mark(f"used = {time.time()}")
        for key in self.bought.keys() - wanted if is_good else ():
            self.forget(key)

    def mark(self, change: str) -> set[str]:
        """Change what the journal says of the requests; the keys of batches with answers that somebody may use yet."""
        if not self.bought:
            return set()
        with journal() as db:
            rows = [(key, self.session) for key in self.bought]
            db.executemany(f"update requests set {change} where key = ? and session = ?", rows)
            return {key for (key,) in db.execute("select distinct key from requests where used is null")}

    def forget(self, key: str) -> None:
        id, backend = self.bought[key]
        try:
            backend.forget(id)
        except Exception as problem:
            log(f"could not delete the input of batch {id}: {problem}")


def fetch(id: str, backend: Any, members: list[Request]) -> tuple[bool, str, str] | None:
    """None until the batch has ended. Then each request knows its answer, but those not run or failed by chance."""
    state: tuple[bool, str, str] = backend.poll(id)
    ended, text, refused = state
    log(f"batch {id} {text} {refused}".rstrip())
    if refused or not ended:
        return state if ended else None
    waiting, file = {request.custom_id: request for request in members}, new_file()
    backend.download(id, file)
    file.seek(0)
    for line in file:
        row = json.loads(line) if line.strip() else {}
        request = waiting.get(row.get("custom_id", ""))
        if request and (status := backend.response(row)[0]):
            by_chance = is_passing(status)
            request.tries += by_chance
            if not by_chance or request.tries > backend.retries:
                request.answer = Line(file, file.tell() - len(line), len(line))
    return state


def split(requests: list[Request]) -> Iterator[list[Request]]:
    """One batch per server, endpoint and model, and within the provider's limits, in the order of the input."""
    chunks: dict[tuple[str, ...], list[Request]] = {}
    sizes: dict[tuple[str, ...], tuple[int, ...]] = {}
    for request in requests:
        facts = FACTS[request.backend.provider]
        kind = (request.backend.server, request.endpoint, request.model if facts["one_model"] else "")
        size = (1, request.body.length + 250, request.inputs)
        total = tuple(map(sum, zip(size, sizes.get(kind, (0, 0, 0)), strict=True)))
        if kind in chunks and any(most and most < got for most, got in zip(facts["limits"], total, strict=True)):
            yield chunks.pop(kind)
            total = size
        chunks.setdefault(kind, []).append(request)
        sizes[kind] = total
    yield from chunks.values()


def prune(db: sqlite3.Connection) -> None:
    """Forget runs that ended an hour ago without tidying up, and what the providers no longer keep."""
    now, kept = time.time(), min(facts["kept_days"] for facts in FACTS.values()) * 86400
    ended = "select session from requests group by session having count(used) = count(*) and max(used) < ?"
    gone = "select key from batches where coalesce(since, 0) < ?"
    db.execute(f"delete from requests where session in ({ended}) or key in ({gone})", (now - 3600, now - kept))


def is_passing(problem: Exception | int) -> bool:
    """Whether it helps to try again after an error or HTTP status: rate limits, a server in trouble, no connection."""
    status = next((n for name in ("status_code", "http_status", "code") if (n := getattr(problem, name, 0))), problem)
    if isinstance(status, int):
        return status in (408, 409, 429) or status >= 500
    lost = {"APIConnectionError", "TransportError", "ConnectionError", "URLError", "TimeoutError", "Timeout"}
    return any(kind.__name__ in lost for kind in type(problem).__mro__)


@functools.lru_cache(maxsize=1)  # the same line not twice in a row
def log(text: str) -> None:
    print(f"llm_batch: {text}", file=sys.stderr, flush=True)
