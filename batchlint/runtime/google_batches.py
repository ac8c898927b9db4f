"""Gemini's Batch API (google-genai): the requests go up inside the create call and come back inside the batch."""

from __future__ import annotations

import copy
import functools
import importlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from batchlint.runtime.asking import BACKENDS, Captured, Request, intercepted
from batchlint.runtime.facts import FACTS
from batchlint.runtime.replaying import replayed
from batchlint.runtime.rounds import State


class GoogleBatches:
    """Through the HTTP client that the user's client has, with the REST bodies that the SDK made."""

    provider = "google"
    retries = 2  # how often a request that failed by chance is tried again

    def __init__(self, owner: Any) -> None:
        self.client = owner._api_client
        self.server = str(self.client._http_options.base_url)

    @classmethod
    def connect(cls, server: str) -> Any:
        """With the account that the environment names."""
        return cls(importlib.import_module("google.genai").Client(http_options={"base_url": server}).models)

    def capture(self, method: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Request:
        if self.client.vertexai:
            raise ValueError("a batch of Vertex AI needs Cloud Storage or BigQuery: llm_batch has no backend for it")
        config = kwargs.get("config") or {}
        tools = config.get("tools") if isinstance(config, dict) else config.tools
        if any(callable(tool) for tool in tools or []):
            raise ValueError(f"{method.__qualname__} calls Python functions by itself: it cannot run in a batch")

        def send(verb: str, path: str, body: dict[str, Any], *rest: Any) -> Any:
            raise Captured(path, body)

        path, body = intercepted(method, google_double(method, send), args, kwargs)
        if not path.endswith(":generateContent"):
            raise ValueError(f"{path.rpartition(':')[2]} has no batch endpoint")
        plain = {name: value for name, value in body.items() if not name.startswith("_")}
        decode = functools.partial(google_answer, method, args, kwargs)
        return Request(self, path, json.loads(json.dumps(plain, default=_dumped)), decode)

    def call(self, verb: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return dict(json.loads(self.client.request(verb, path, body or {}).body or "{}"))

    def find(self, key: str, db: sqlite3.Connection) -> str | None:
        page = ""
        while True:
            found = self.call("get", f"batches?pageSize=100{page}")
            for batch in found.get("operations", []):
                about = batch.get("metadata", {})
                if about.get("displayName") == f"llm_batch-{key}" and not about.get("state", "").endswith("_FAILED"):
                    return str(batch["name"])
            if not found.get("nextPageToken"):
                return None
            page = f"&pageToken={found['nextPageToken']}"

    def create(self, key: str, endpoint: str, lines: Iterator[tuple[str, bytes]]) -> str:
        requests = [{"request": json.loads(body), "metadata": {"key": custom_id}} for custom_id, body in lines]
        batch = {"displayName": f"llm_batch-{key}", "inputConfig": {"requests": {"requests": requests}}}
        path = endpoint.replace(":generateContent", ":batchGenerateContent")
        return str(self.call("post", path, {"batch": batch})["name"])

    def poll(self, batch: str) -> State:
        found = self.call("get", batch)
        state = found.get("metadata", {}).get("state", "").rpartition("STATE_")[2]
        failed = str(found.get("error", {}).get("message") or "no reason given") if state == "FAILED" else ""
        ended = state in ("SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "PARTIALLY_SUCCEEDED")
        return State(ended, state.lower(), failed, found.get("error", {}).get("code") == 8)

    def download(self, batch: str, file: BinaryIO) -> None:
        found = self.call("get", batch)
        output = found.get("response") or found.get("metadata", {}).get("output") or {}
        for row in output.get("inlinedResponses", {}).get("inlinedResponses", []):
            line = {"custom_id": row.get("metadata", {}).get("key"), **row}
            file.write(json.dumps(line).encode() + b"\n")

    def status(self, row: dict[str, Any]) -> int:
        """The HTTP status of a line; 0 where the request was never run."""
        if "response" in row:
            return 200
        code = row.get("error", {}).get("code", 13)
        return 0 if code == 1 else int(FACTS["google"]["statuses"].get(str(code), code if code >= 400 else 500))

    def answer(self, row: dict[str, Any], decode: Any) -> Any:
        if "response" in row:
            types = importlib.import_module("google.genai.types")
            return decode(types.HttpResponse(headers={}, body=json.dumps(row["response"])))
        errors, status = importlib.import_module("google.genai.errors"), self.status(row)
        raise (errors.ClientError if status < 500 else errors.ServerError)(status, {"error": row["error"]}, None)

    def forget(self, batch: str) -> None:
        """Delete the batch: its answers have been used, and no later run may take them."""
        self.call("delete", batch)

    def cancel(self, batch: str) -> None:
        self.call("post", f"{batch}:cancel")


class Stand:
    """Stands in for the SDK's HTTP client: requests go to `send`, everything else to the original."""

    def __init__(self, original: Any, send: Callable[..., Any]) -> None:
        self.original, self.request = original, send

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)

    async def async_request(self, *args: Any) -> Any:
        return self.request(*args)


def google_double(method: Any, send: Callable[..., Any]) -> Any:
    """A copy of the method's object whose requests go to `send`."""
    double = copy.copy(method.__self__)
    double._api_client = Stand(double._api_client, send)
    return double


def google_answer(method: Any, args: tuple[Any, ...], kwargs: dict[str, Any], answer: Any) -> Any:
    """What the method makes of the response."""
    return replayed(method, google_double(method, lambda *sent: answer), args, kwargs)


def _dumped(value: Any) -> Any:
    return value.model_dump(mode="json", by_alias=True, exclude_none=True)


BACKENDS["google"] = GoogleBatches
