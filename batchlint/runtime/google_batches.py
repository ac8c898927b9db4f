"""Gemini's Batch API (google-genai): the requests go up inside the create call and come back inside the batch."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Callable
from typing import Any

from batchlint.runtime.asking import BACKENDS, Captured, Request
from batchlint.runtime.google_jobs import GoogleJobs
from batchlint.runtime.replaying import replayed


class GoogleBatches(GoogleJobs):
    """Through the HTTP client that the user's client has, with the REST bodies that the SDK made."""

    provider = "google"

    def __init__(self, owner: Any) -> None:
        self.client = owner._api_client
        self.server = str(self.client._http_options.base_url)

    @classmethod
    def connect(cls, server: str) -> Any:
        """With the account that the environment names."""
        from google.genai import Client

        return cls(Client(http_options={"base_url": server}).models)

    def silenced(self, owner: Any, kwargs: dict[str, Any]) -> Any:
        """A copy of an object of the client that raises Captured where the original would send."""
        if self.client.vertexai:
            raise ValueError("a batch of Vertex AI needs Cloud Storage or BigQuery: llm_batch has no backend for it")
        config = kwargs.get("config") or {}
        tools = config.get("tools") if isinstance(config, dict) else config.tools
        if any(callable(tool) for tool in tools or []):
            raise ValueError("the SDK calls Python functions by itself: such a call cannot run in a batch")
        return google_double(owner, Captured.throw)

    def request(self, method: Any, args: Any, kwargs: Any, sent: Any, how: Any) -> Request:
        """What it was about to send, as a request; ValueError where a batch cannot carry it."""
        _, path, body, *_ = sent
        if not path.endswith(":generateContent"):
            raise ValueError(f"{path.rpartition(':')[2]} has no batch endpoint")
        plain = {name: value for name, value in body.items() if not name.startswith("_")}
        decode = functools.partial(google_answer, method, args, kwargs)
        return Request(self, path, json.loads(json.dumps(plain, default=_dumped)), decode)

    def call(self, verb: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return dict(json.loads(self.client.request(verb, path, body or {}).body or "{}"))

    def answer(self, decode: Any, status: int, body: dict[str, Any]) -> Any:
        from google.genai import errors, types

        if status == 200:
            return decode(types.HttpResponse(headers={}, body=json.dumps(body)))
        raise (errors.ClientError if status < 500 else errors.ServerError)(status, body, None)


class Stand:
    """Stands in for the SDK's HTTP client: requests go to `send`, everything else to the original."""

    def __init__(self, original: Any, send: Callable[..., Any]) -> None:
        self.original, self.request = original, send

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)

    async def async_request(self, *args: Any) -> Any:
        return self.request(*args)


def google_double(owner: Any, send: Callable[..., Any]) -> Any:
    """A copy of the object whose requests go to `send`."""
    double = copy.copy(owner)
    double._api_client = Stand(double._api_client, send)
    return double


def google_answer(method: Any, args: tuple[Any, ...], kwargs: dict[str, Any], answer: Any) -> Any:
    """What the method makes of the response."""
    return replayed(method, google_double(method.__self__, lambda *sent: answer), args, kwargs)


def _dumped(value: Any) -> Any:
    return value.model_dump(mode="json", by_alias=True, exclude_none=True)


BACKENDS["google"] = GoogleBatches
