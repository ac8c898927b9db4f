"""A provider's batches for programs without an SDK: asked for with the standard library and the program's headers."""

from __future__ import annotations

import functools
import json
import shutil
import ssl
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from batchlint.runtime.asking import BACKENDS, Request
from batchlint.runtime.facts import FACTS

OF_ONE_REQUEST = {"host", "connection", "accept", "accept-encoding", "content-type", "content-length"}
OF_ONE_REQUEST |= {"idempotency-key", "x-request-id", "x-client-request-id"}


class HTTPAccount:
    """A server and the headers that open it."""

    provider = ""
    retries = 0

    def __init__(self, server: str, headers: dict[str, str]) -> None:
        self.server, self.headers = server, headers

    @classmethod
    def parts(cls, url: str) -> tuple[str, str, dict[str, str]] | None:
        """The server, the endpoint there, and the headers that the URL stands for; None for what has no batch."""
        before, _, path = url.rpartition("/v1/")
        return (f"{before}/v1", f"/v1/{path}", {}) if f"/v1/{path}" in FACTS[cls.provider]["endpoints"] else None

    def open(self, path: str, data: Any = None, verb: str | None = None, **headers: str) -> Any:
        """The open response. Raises `urllib.error.HTTPError`, whose `code` is the HTTP status."""
        url = path if path.startswith("http") else self.server + path
        # Some providers turn away what the standard library calls itself.
        asked = urllib.request.Request(url, data, {"User-Agent": "llm_batch", **self.headers, **headers}, method=verb)
        return urllib.request.urlopen(asked, timeout=600, context=http_trust() if url.startswith("https") else None)

    def ask(self, path: str, body: Any = None, verb: str | None = None) -> Any:
        """The answer to a request with a body of JSON, or without one."""
        data = None if body is None else json.dumps(body).encode()
        with self.open(path, data, verb, **{"Content-Type": "application/json"}) as response:
            return json.load(response)

    def save(self, path: str, file: BinaryIO) -> None:
        with self.open(path) as response:
            shutil.copyfileobj(response, file)
        file.write(b"\n")

    def answer(self, decode: Any, status: int, body: Any, request_id: str | None = None) -> Any:
        """The response object that the program's library makes of it, whatever its status."""
        content = json.dumps(body, ensure_ascii=False).encode()
        return decode(status, {"content-type": "application/json", "content-length": str(len(content))}, content)


def http_request(url: str, content: str | bytes, headers: Mapping[str, str], decode: Callable[..., Any]) -> Request:
    """What a program was about to send, as a request; ValueError where a batch cannot carry it.

    `decode`: makes the program's response of an HTTP status, headers and a body.
    """
    kinds = [BACKENDS[name] for name in FACTS if issubclass(BACKENDS[name], HTTPAccount)]
    kind, found = next(((kind, found) for kind in kinds if (found := kind.parts(url))), (None, None))
    if not found:
        raise ValueError(f"{url.partition('?')[0]} has no batch endpoint")
    server, endpoint, opening = found
    body = json.loads(content)
    if body.pop("stream", None):
        raise ValueError(f"the answer of {url} is streamed: it cannot come from a batch")
    own = {name: text for name, text in headers.items() if name.lower() not in OF_ONE_REQUEST}
    account = http_account(kind, server, tuple(sorted({**own, **opening}.items())))
    return Request(account, endpoint, body, decode)


@functools.lru_cache(maxsize=64)
def http_account(kind: Any, server: str, headers: tuple[tuple[str, str], ...]) -> Any:
    return kind(server, dict(headers))


@functools.cache
def http_trust() -> ssl.SSLContext:
    """The certificates that `requests` and `httpx` trust; those of the machine where none of them is."""
    try:
        import certifi
    except ImportError:
        return ssl.create_default_context()
    return ssl.create_default_context(cafile=certifi.where())
