"""The words of the helper: a request, where its answer lies, and what can go wrong with a batch as a whole."""

from __future__ import annotations

import contextvars
import functools
import hashlib
import json
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

FOLDER = Path(os.environ.get("LLM_BATCH_DIR", ".llm_batch")).absolute()
READING = threading.Lock()


class BatchError(RuntimeError):
    """The batch as a whole failed, or did not end in time. What is paid is found again by the next start."""


class BatchExpired(BatchError):  # noqa: N818
    """The provider gave requests back unanswered each time they were submitted; the next start submits only those."""


class NotReady(Exception):  # noqa: N818
    """With `wait=False`: the batch has not ended. Call again after `seconds` with the same requests."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the batch has not ended; ask again in {seconds:.0f} s")
        self.seconds = seconds


class Limits(NamedTuple):
    """What one batch may hold; None where the provider states no limit."""

    requests: int | None
    bytes: int
    inputs: int | None = None
    one_model: bool = True


class State(NamedTuple):
    """What a poll of a batch says. `failed`: why the provider refused the batch as a whole."""

    ended: bool
    text: str
    failed: str = ""
    queue_full: bool = False


class Verdict(Enum):
    """What a line of a batch's results is: an answer or a final error, an error that goes away, or no run at all."""

    FINAL = 1
    AGAIN = 2
    NEVER_RUN = 3


class Spool:
    """Bytes on disk instead of in memory; the file has no name, so that nothing is left of it after a kill."""

    def __init__(self) -> None:
        FOLDER.mkdir(parents=True, exist_ok=True)
        self.file: BinaryIO = tempfile.TemporaryFile(dir=FOLDER)  # noqa: SIM115
        self.end = 0

    def add(self, data: bytes) -> tuple[int, int]:
        """Where the data went: start and length."""
        self.file.seek(self.end)
        self.file.write(data)
        start, self.end = self.end, self.end + len(data)
        return start, len(data)

    def get(self, start: int, length: int) -> bytes:
        self.file.seek(start)
        return self.file.read(length)


class Backend:
    """One provider's batch API, through the client that the user's code made."""

    provider = ""
    limits = Limits(0, 0)
    scope = ""  # which server and account
    retries = 2  # how often a request that failed by chance is tried again, as the client would have done

    def find(self, key: str, count: int, since: float | None, others: frozenset[str]) -> str | None:
        """The batch with this key. Where batches carry no key: one of `count` requests made after `since`."""
        raise NotImplementedError

    def create(self, key: str, endpoint: str, lines: Iterator[tuple[str, bytes]]) -> str:
        """Make a batch of (custom_id, JSON body) lines; the provider's name for it."""
        raise NotImplementedError

    def poll(self, batch: str) -> State:
        raise NotImplementedError

    def download(self, batch: str, file: BinaryIO) -> None:
        """Write the results of an ended batch as lines of JSON that hold a custom_id."""
        raise NotImplementedError

    def verdict(self, line: bytes) -> Verdict:
        raise NotImplementedError

    def answer(self, line: bytes, decode: Any) -> Any:
        """The SDK's answer object; raises the SDK's exception."""
        raise NotImplementedError

    def forget(self, batch: str) -> None:
        """Make sure that no later run finds the batch: its answers have been handed out."""

    def cancel(self, batch: str) -> None:
        raise NotImplementedError


class Request:
    """One model call that has been written down instead of being sent."""

    __slots__ = (
        *("backend", "endpoint", "model", "inputs", "body", "digest", "number"),
        *("decode", "batch", "tries", "file", "place"),
    )

    def __init__(self, backend: Backend, endpoint: str, body: dict[str, Any], decode: Any) -> None:
        self.backend, self.endpoint, self.decode = backend, endpoint, decode
        self.model = sys.intern(str(body.get("model") or endpoint))
        self.inputs = _inputs(body.get("input"))
        self.body: Any = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
        # The order of keys differs between SDK versions: it must not make another request.
        same = json.dumps([backend.scope, endpoint, body], sort_keys=True).encode()
        self.digest = hashlib.sha256(same).digest()[:16]
        self.number = self.tries = 0
        self.batch = ""
        self.file: BinaryIO | None = None
        self.place = (0, 0)

    @property
    def custom_id(self) -> str:
        """From the request's content and its occurrence, so that a restart finds it again."""
        return f"{self.digest.hex()}-{self.number}"

    def result(self) -> Any:
        """The SDK's own answer object; raises the SDK's own error where the provider refused this request."""
        assert self.file is not None
        with READING:
            self.file.seek(self.place[0])
            line = self.file.read(self.place[1])
        return self.backend.answer(line, self.decode)


def _inputs(value: Any) -> int:
    """How many texts an embedding request holds: a list of numbers is one text as tokens."""
    return len(value) if isinstance(value, list) and value and not isinstance(value[0], int) else 1


class LiveCall(NamedTuple):
    """A call that `realtime` makes at once."""

    method: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


LIVE: contextvars.ContextVar[bool] = contextvars.ContextVar("llm_batch_live", default=False)


def request(method: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Request | LiveCall:
    """Write down the call `method(*args, **kwargs)` of a provider's SDK; nothing is sent.

    Raises ValueError for what a batch cannot carry, and what the SDK raises for wrong arguments.
    """
    if LIVE.get():
        return LiveCall(method, args, kwargs)
    return captured(method, args, kwargs)


def captured(method: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Request:
    while isinstance(method, functools.partial):
        args, kwargs, method = (*method.args, *args), {**method.keywords, **kwargs}, method.func
    while not hasattr(method, "__self__") and hasattr(method, "__wrapped__"):
        method = method.__wrapped__
    for name in ("extra_headers", "extra_query"):
        if kwargs.get(name):
            raise ValueError(f"a request of a batch cannot carry {name}: set it on the client")
    kwargs.pop("timeout", None)
    owner = getattr(method, "__self__", None)
    packages = {kind.__module__.split(".")[0] for kind in type(owner).__mro__}
    for package, capture in CAPTURES.items():
        if package in packages:
            return capture(method, args, kwargs)
    raise TypeError(f"{getattr(method, '__qualname__', method)!s} is no method of an SDK that llm_batch knows")


# Filled by the backends: how to capture a call of an SDK package, how to reach a provider without the user's client.
CAPTURES: dict[str, Callable[[Any, tuple[Any, ...], dict[str, Any]], Request]] = {}
CONNECT: dict[str, Callable[[str], Backend]] = {}


def log(text: str) -> None:
    print(f"llm_batch: {text}", file=sys.stderr, flush=True)
