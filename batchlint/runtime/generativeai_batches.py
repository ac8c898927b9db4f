"""Gemini's Batch API for code that uses google.generativeai, which has no methods for it."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from batchlint.runtime.asking import BACKENDS, Captured, Request
from batchlint.runtime.google_jobs import GoogleJobs
from batchlint.runtime.replaying import replayed


class GenerativeAIBatches(GoogleJobs):
    """Through the REST API, with the account and the host that `genai.configure` has been given."""

    provider = "generativeai"
    HOST = "generativelanguage.googleapis.com"

    def __init__(self, owner: Any) -> None:
        import google.auth
        import google.auth.transport.requests
        from google.generativeai import client
        from requests import Session

        config = client._client_manager.client_config
        options = config.get("client_options")
        key, host = getattr(options, "api_key", None), getattr(options, "api_endpoint", None) or self.HOST
        self.server = host if "://" in host else f"https://{host}"
        self.session: Any = Session()
        self.session.headers.update({"x-goog-api-key": key or ""})
        if not key:
            authorized: Any = google.auth.transport.requests.AuthorizedSession
            self.session = authorized(config.get("credentials") or google.auth.default()[0])

    @classmethod
    def connect(cls, server: str) -> Any:
        """With the account that the environment names."""
        from google.generativeai import configure

        configure(client_options={"api_endpoint": server})
        return cls(None)

    def silenced(self, owner: Any, kwargs: dict[str, Any]) -> Any:
        """A copy of the model that raises Captured where the original would send."""
        if kwargs.get("stream"):
            raise ValueError("a stream cannot run in a batch")
        return generativeai_double(owner, Captured.throw)

    def request(self, method: Any, args: Any, kwargs: Any, sent: Any, how: Any) -> Request:
        """What it was about to send, as a request."""
        (message,) = sent
        body = json.loads(type(message).to_json(message, including_default_value_fields=False))
        path = f"{body.pop('model')}:generateContent"
        return Request(self, path, body, functools.partial(generativeai_answer, method, args, kwargs))

    def call(self, verb: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        from google.api_core import exceptions

        response = self.session.request(verb, f"{self.server}/v1beta/{path}", json=body, timeout=600)
        if not response.ok:
            raise exceptions.from_http_response(response)
        return dict(response.json() or {})

    def answer(self, decode: Any, status: int, body: dict[str, Any]) -> Any:
        """What the SDK makes of such a response: its own object, or its own exception raised."""
        from google.api_core import exceptions
        from google.generativeai import protos

        if status == 200:
            return decode(protos.GenerateContentResponse.from_json(json.dumps(body), ignore_unknown_fields=True))
        code, message = body["error"].get("code", status), body["error"].get("message", "")
        failed = exceptions.from_grpc_status if code < 100 else exceptions.from_http_status
        raise failed(code, message)


def generativeai_double(owner: Any, send: Callable[..., Any]) -> Any:
    """A copy of the model whose requests go to `send`."""
    double = copy.copy(owner)

    async def send_async(*args: Any, **kwargs: Any) -> Any:
        return send(*args, **kwargs)

    double._client = SimpleNamespace(generate_content=send)
    double._async_client = SimpleNamespace(generate_content=send_async)
    return double


def generativeai_answer(method: Any, args: tuple[Any, ...], kwargs: dict[str, Any], answer: Any) -> Any:
    """What the method makes of the response."""
    return replayed(method, generativeai_double(method.__self__, lambda *sent, **how: answer), args, kwargs)


BACKENDS["generativeai"] = BACKENDS["google.generativeai"] = GenerativeAIBatches
