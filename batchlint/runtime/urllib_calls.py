"""Calls of `urllib.request.urlopen` that the program itself makes to a provider's API, without an SDK."""

from __future__ import annotations

import functools
import http.client
import io
import urllib.error
import urllib.request
import urllib.response
from types import SimpleNamespace
from typing import Any

from batchlint.runtime.asking import BACKENDS, Captured, Request
from batchlint.runtime.http_accounts import http_request


class URLCalls:
    """Around the opener behind `urlopen`, whose argument says where a request goes and who pays for it."""

    def __init__(self, owner: Any) -> None:
        self.owner = owner

    def silenced(self, owner: Any, kwargs: dict[str, Any]) -> Any:
        """What raises Captured where the original would send."""
        return SimpleNamespace(urlopen=Captured.throw)

    def request(self, method: Any, args: Any, kwargs: Any, sent: Any, how: dict[str, Any]) -> Request:
        """What the function was about to send, as a request; ValueError where a batch cannot carry it."""
        url = sent[0] if sent else how["url"]
        data = sent[1] if len(sent) > 1 else how.get("data")
        asked = url if isinstance(url, urllib.request.Request) else urllib.request.Request(url)
        content = asked.data if data is None else data
        if not isinstance(content, bytes):
            raise ValueError(f"{asked.full_url} is asked without a body of bytes: it cannot run in a batch")
        decode = functools.partial(url_answer, asked.full_url)
        return http_request(asked.full_url, content, dict(asked.header_items()), decode)


def opener_of(method: Any) -> Any:
    """Where `urlopen` comes from."""
    return urllib.request.build_opener() if method is urllib.request.urlopen else None


def url_answer(url: str, status: int, headers: dict[str, str], content: bytes) -> Any:
    """The open response, or the `HTTPError` raised that `urlopen` raises."""
    about, file, reason = http.client.HTTPMessage(), io.BytesIO(content), http.client.responses.get(status, "")
    for name, text in headers.items():
        about[name] = text
    if status >= 300:
        raise urllib.error.HTTPError(url, status, reason, about, file)
    answer: Any = urllib.response.addinfourl(file, about, url, status)
    answer.reason = answer.msg = reason
    return answer


BACKENDS["urllib"] = URLCalls
