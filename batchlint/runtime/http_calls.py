"""Calls of `requests` and `httpx` that the program itself makes to a provider's API, without an SDK."""

from __future__ import annotations

import copy
import functools
import http.client
import io
import json
import shutil
import ssl
import sys
import urllib.request
from collections.abc import Callable
from typing import Any, BinaryIO

from batchlint.runtime.asking import BACKENDS, Captured, Request
from batchlint.runtime.facts import FACTS
from batchlint.runtime.replaying import replayed

OF_ONE_REQUEST = {"idempotency-key", "x-request-id", "x-client-request-id"}


class HTTPCalls:
    """Around a `requests.Session` or a client of `httpx`, whose calls say where a request goes and who pays for it."""

    def __init__(self, owner: Any) -> None:
        self.owner = owner

    def silenced(self, owner: Any, kwargs: dict[str, Any]) -> Any:
        """A copy of the session that raises Captured where the original would send."""
        return http_double(owner, Captured.throw)

    def request(self, method: Any, args: Any, kwargs: Any, sent: Any, how: Any) -> Request:
        """What the method was about to send, as a request; ValueError where a batch cannot carry it."""
        url, content = str(sent[0].url), sent[0].body if hasattr(sent[0], "body") else sent[0].content
        before, slash, path = url.rpartition("/v1/")
        kinds = [BACKENDS[name] for name, facts in FACTS.items() if f"/v1/{path}" in facts["endpoints"]]
        kinds = [kind for kind in kinds if issubclass(kind, HTTPAccount)]
        if not slash or not kinds:
            raise ValueError(f"{url} has no batch endpoint")
        body = json.loads(content)
        if body.pop("stream", None):
            raise ValueError(f"the answer of {url} is streamed: it cannot come from a batch")
        left = {"host", "connection", "accept", "accept-encoding", "content-type", "content-length", *OF_ONE_REQUEST}
        headers = tuple(sorted((name, text) for name, text in sent[0].headers.items() if name.lower() not in left))
        return Request(http_account(kinds[0], f"{before}/v1", headers), f"/v1/{path}", body, (self.owner, url))


@functools.lru_cache(maxsize=64)
def http_account(kind: Any, server: str, headers: tuple[tuple[str, str], ...]) -> Any:
    return kind(server, dict(headers))


@functools.cache
def session_of(method: Any) -> Any:
    """Where `requests.post` and `httpx.post` come from: a session, as they make one for each call."""
    package = sys.modules[method.__module__.partition(".")[0]]
    make = getattr(package, "Session", None) or getattr(package, "Client", None)
    return make() if make else None


def http_double(owner: Any, send: Callable[[Any], Any]) -> Any:
    """A copy of the session whose requests go to `send` instead of the network."""
    double = copy.copy(owner)
    vars(double).update({**vars(owner), "trust_env": False})
    if hasattr(owner, "adapters"):
        double.adapters = {"http": HTTPSender(send)}
    else:
        double._transport, double._mounts = HTTPSender(send), {}
    return double


class HTTPSender:
    """Stands where a session has its connections: an adapter of `requests`, a transport of `httpx`."""

    def __init__(self, send: Callable[[Any], Any]) -> None:
        self.send_one = send

    def send(self, request: Any, **how: Any) -> Any:
        return self.send_one(request)

    def handle_request(self, request: Any) -> Any:
        return self.send_one(request)

    async def handle_async_request(self, request: Any) -> Any:
        return self.send_one(request)


class HTTPAccount:
    """A server and the headers that open it. Its batches are asked for with nothing but the standard library."""

    provider = ""
    retries = 0

    def __init__(self, server: str, headers: dict[str, str]) -> None:
        self.server, self.headers = server, headers

    def open(self, path: str, data: Any = None, verb: str | None = None, **headers: str) -> Any:
        """The open response. Raises `urllib.error.HTTPError`, whose `code` is the HTTP status."""
        url = path if path.startswith("http") else self.server + path
        asked = urllib.request.Request(url, data, {**self.headers, **headers}, method=verb)
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

    def answer(self, decode: Any, status: int, body: Any, request_id: str | None) -> Any:
        """The response object that the session makes of it, whatever its status."""
        owner, url = decode
        content = json.dumps(body, ensure_ascii=False).encode()
        headers = {"content-type": "application/json", "content-length": str(len(content))}
        double = http_double(owner, lambda request: http_response(request, status, headers, content))
        double.auth = None
        if hasattr(double, "_event_hooks"):
            double._event_hooks = {**double._event_hooks, "request": []}  # which have heard of it
        return replayed(owner.post, double, (url,), {})


@functools.cache
def http_trust() -> ssl.SSLContext:
    """The certificates that `requests` and `httpx` trust."""
    import certifi

    return ssl.create_default_context(cafile=certifi.where())


def http_response(request: Any, status: int, headers: dict[str, str], content: bytes) -> Any:
    package = sys.modules[type(request).__module__.partition(".")[0]]
    if not hasattr(package, "adapters"):
        return package.Response(status, headers=headers, content=content, request=request)
    from urllib3 import HTTPResponse

    reason = http.client.responses.get(status, "")
    raw = HTTPResponse(io.BytesIO(content), headers, status, reason=reason, preload_content=False)
    return package.adapters.HTTPAdapter().build_response(request, raw)


BACKENDS["requests"] = BACKENDS["httpx"] = BACKENDS["httpx2"] = HTTPCalls
