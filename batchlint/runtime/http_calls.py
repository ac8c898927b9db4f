"""Calls of `requests` and `httpx` that the program itself makes to a provider's API, without an SDK."""

from __future__ import annotations

import copy
import functools
import http.client
import io
import sys
from collections.abc import Callable
from typing import Any

from batchlint.runtime.asking import BACKENDS, Captured, Request
from batchlint.runtime.http_accounts import http_request
from batchlint.runtime.replaying import replayed


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
        return http_request(url, content, sent[0].headers, functools.partial(http_answer, self.owner, url))


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


def http_answer(owner: Any, url: str, status: int, headers: dict[str, str], content: bytes) -> Any:
    """The response object that the session makes of it."""
    double = http_double(owner, lambda request: http_response(request, status, headers, content))
    double.auth = None
    if hasattr(double, "_event_hooks"):
        double._event_hooks = {**double._event_hooks, "request": []}  # which have heard of it
    return replayed(owner.post, double, (url,), {})


def http_response(request: Any, status: int, headers: dict[str, str], content: bytes) -> Any:
    package = sys.modules[type(request).__module__.partition(".")[0]]
    if not hasattr(package, "adapters"):
        return package.Response(status, headers=headers, content=content, request=request)
    from urllib3 import HTTPResponse

    reason = http.client.responses.get(status, "")
    raw = HTTPResponse(io.BytesIO(content), headers, status, reason=reason, preload_content=False)
    return package.adapters.HTTPAdapter().build_response(request, raw)


BACKENDS["requests"] = BACKENDS["httpx"] = BACKENDS["httpx2"] = HTTPCalls
