"""Calls of `aiohttp` that the program itself makes to a provider's API, without an SDK."""

from __future__ import annotations

import asyncio
import functools
import http.client
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from batchlint.runtime.asking import BACKENDS, Captured, Request
from batchlint.runtime.http_accounts import http_request


class AioCalls:
    """Around an `aiohttp.ClientSession`, whose calls say where a request goes and who pays for it."""

    def __init__(self, owner: Any) -> None:
        self.owner = owner

    def silenced(self, owner: Any, kwargs: dict[str, Any]) -> Any:
        """What raises Captured where the original would send."""
        return SimpleNamespace(post=Captured.throw)

    def request(self, method: Any, args: Any, kwargs: Any, sent: Any, how: dict[str, Any]) -> Request:
        """What the method was about to send, as a request; ValueError where a batch cannot carry it."""
        url = self.owner._build_url(*sent, *([] if sent else [how["url"]]))
        url = url.update_query(how["params"]) if how.get("params") else url
        content = how.get("data") if how.get("json") is None else self.owner.json_serialize(how["json"])
        if not isinstance(content, str | bytes):
            raise ValueError(f"{url.path} is asked with something else than JSON: it cannot run in a batch")
        headers = {**self.owner.headers, **(how.get("headers") or {})}
        raising = self.owner.raise_for_status if how.get("raise_for_status") is None else how["raise_for_status"]
        if callable(raising):
            raise ValueError("a function for `raise_for_status` cannot look at the response of a batch")
        decode = functools.partial(AioAnswer.made, url, raising)
        return http_request(str(url), content, headers, decode)


class AioAnswer:
    """What programs ask of a response of `aiohttp`, which only a connection can make."""

    method = "POST"

    def __init__(self, url: Any, status: int, headers: dict[str, str], content: bytes) -> None:
        self.url = self.real_url = url
        self.status, self.headers, self.content_type = status, headers, headers["content-type"]
        self.reason, self.ok, self.charset, self._content = (
            http.client.responses.get(status),
            status < 400,
            None,
            content,
        )

    @classmethod
    def made(cls, url: Any, raising: bool, status: int, headers: dict[str, str], content: bytes) -> AioAnswer:
        """The response, after the session has looked at its status where it does."""
        answer = cls(url, status, headers, content)
        if raising:
            answer.raise_for_status()
        return answer

    async def read(self) -> bytes:
        return self._content

    async def text(self, encoding: str | None = None, errors: str = "strict") -> str:
        return self._content.decode(encoding or "utf-8", errors)

    async def json(self, *, encoding: str | None = None, loads: Callable[[str], Any] = json.loads, **how: Any) -> Any:
        return loads(await self.text(encoding))

    def raise_for_status(self) -> None:
        """Raises `aiohttp.ClientResponseError` where the provider refused the request."""
        import aiohttp

        http: Any = aiohttp
        if not self.ok:
            asked = http.RequestInfo(self.url, self.method, {}, self.url)
            about = {"status": self.status, "message": self.reason, "headers": self.headers}
            raise http.ClientResponseError(asked, (), **about)

    def close(self) -> None:
        """Nothing is open."""

    def release(self) -> asyncio.Future[None]:
        """Nothing to give back, whether it is awaited or not."""
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    async def __aenter__(self) -> AioAnswer:
        return self

    async def __aexit__(self, *problem: object) -> None:
        """Nothing to close."""


BACKENDS["aiohttp"] = AioCalls
