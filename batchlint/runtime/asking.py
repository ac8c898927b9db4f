"""A request: a call of an SDK's method that is written down instead of being made."""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
import sys
from collections.abc import Callable
from typing import Any, BinaryIO, NamedTuple

from batchlint.runtime.asks import ASK  # with asks
from batchlint.runtime.http_calls import session_of  # with http_calls
from batchlint.runtime.reading import READING  # with reading
from batchlint.runtime.urllib_calls import opener_of  # with urllib_calls


class BatchError(RuntimeError):
    """A batch failed as a whole, or did not end in time. What is paid is found again by the next start."""


class Insisting(BaseException):
    """The program asks again and again for what failed. No `except Exception` around it stops this."""


def request(method: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Write down the call `method(*args, **kwargs)` of a provider's SDK; nothing is sent.

    Raises ValueError for what a batch cannot carry, and what the SDK raises for wrong arguments.
    """
    if ask := ASK.get():  # with asks
        return ask(method, args, kwargs)
    while isinstance(method, functools.partial):
        args, kwargs, method = (*method.args, *args), {**method.keywords, **kwargs}, method.func
    method = inspect.unwrap(method, stop=lambda each: hasattr(each, "__self__"))
    if kwargs.get("extra_headers") or kwargs.get("extra_query"):
        raise ValueError("a request of a batch cannot carry extra_headers or extra_query: set them on the client")
    owner = getattr(method, "__self__", None)
    if owner is None:  # with http_calls
        owner = session_of(method)
    if owner is None:  # with urllib_calls
        owner = opener_of(method)
    if not (kind := backend_of(owner)):
        raise TypeError(f"{getattr(method, '__qualname__', method)!s} is no method of an SDK that llm_batch knows")
    if hasattr(kind, "asked"):  # with runnables
        return kind.asked(method, args, kwargs)
    backend = backend_for(kind, owner)
    try:
        started = getattr(backend.silenced(owner, kwargs), method.__name__)(*args, **kwargs)
        if inspect.iscoroutine(started):
            started.send(None)
    except Captured as sent:
        return backend.request(method, args, kwargs, *sent.args)
    raise TypeError(f"{method.__qualname__} sends no request")


class Captured(BaseException):
    """Carries out of the SDK what it was about to send: `throw` stands in for the function that sends."""

    @classmethod
    def throw(cls, *args: Any, **kwargs: Any) -> Any:
        raise cls(args, kwargs)


BACKENDS: dict[str, Any] = {}  # by SDK package: the classes further down, each around an object of the user's client


def backend_of(owner: Any) -> Any:
    """The class that makes batches of the calls of the object's or class's methods; None for no SDK's."""
    kinds = (owner if inspect.isclass(owner) else type(owner)).__mro__
    return next((BACKENDS[n] for kind in kinds for n in BACKENDS if f"{kind.__module__}.".startswith(f"{n}.")), None)


backend_for = functools.lru_cache(maxsize=64)(lambda kind, owner: kind(owner))


class Request:
    """A request of a batch; later, where its answer lies."""

    number = tries = 0  # which of several equal requests; how often it failed by chance
    batch = ""  # the key of its last one
    answer: Line | None = None

    def __init__(self, backend: Any, endpoint: str, body: dict[str, Any], decode: Any) -> None:
        self.backend, self.endpoint, self.decode = backend, endpoint, decode
        self.model = sys.intern(str(body.get("model", "")))
        texts = body.get("input")  # of an embedding request, where a list of numbers is one text as tokens
        self.inputs = len(texts) if isinstance(texts, list) and texts and not isinstance(texts[0], int) else 1
        self.body: Any = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
        # The order of keys differs between SDK versions: it must not make another request.
        same = json.dumps([backend.provider, backend.server, endpoint, body], sort_keys=True).encode()
        self.digest = hashlib.sha256(same).digest()[:16]

    @property
    def custom_id(self) -> str:
        """From the content and its occurrence, so that a restart finds the answer again."""
        return f"{self.digest.hex()}-{self.number}"

    def ready(self, item: Any, loop: Any) -> bool:  # with driver
        return self.answer is not None

    def result(self) -> Any:
        """The SDK's own answer object; raises the SDK's own exception where the provider refused this request."""
        assert self.answer is not None
        return self.backend.answer(self.decode, *self.backend.response(json.loads(self.answer.read())))


class Line(NamedTuple):
    """Bytes in a file: bodies and answers wait on disk, not in memory."""

    file: BinaryIO
    start: int
    length: int

    def read(self) -> bytes:
        with READING:  # around reading
            self.file.seek(self.start)
            return self.file.read(self.length)
