"""Gemini's Batch API (google-genai): the requests go up inside the create call and come back inside the batch."""

from __future__ import annotations

import copy
import functools
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from batchlint.runtime.asking import BACKENDS, Captured, Request
from batchlint.runtime.facts import FACTS
from batchlint.runtime.replaying import replayed


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

    def named(self, prefix: str, since: float, db: sqlite3.Connection | None = None) -> Iterator[tuple[str, str]]:
        """The keys that start so and their batches, newest first; `forget` deletes a batch."""
        page, oldest = "", time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(since))
        while True:
            found = self.call("get", f"batches?pageSize=100{page}")
            for batch in found.get("operations", []):
                about = batch.get("metadata", {})
                name, key = str(about.get("displayName", "")).rpartition("llm_batch-")[1:]
                is_there = about.get("createTime", "9") >= oldest and not about.get("state", "").endswith("_FAILED")
                if name and key.startswith(prefix) and is_there:
                    yield key, str(batch["name"])
            if not found.get("nextPageToken"):
                return
            page = f"&pageToken={found['nextPageToken']}"

    def create(self, key: str, endpoint: str, lines: Iterator[tuple[str, bytes]]) -> str:
        requests = [{"request": json.loads(body), "metadata": {"key": custom_id}} for custom_id, body in lines]
        batch = {"displayName": f"llm_batch-{key}", "inputConfig": {"requests": {"requests": requests}}}
        path = endpoint.replace(":generateContent", ":batchGenerateContent")
        return str(self.call("post", path, {"batch": batch})["name"])

    def poll(self, batch: str) -> tuple[bool, str, str]:
        found = self.call("get", batch)
        state = found.get("metadata", {}).get("state", "").rpartition("STATE_")[2]
        failed = str(found.get("error", {}).get("message") or "no reason given") if state == "FAILED" else ""
        ended = state in ("SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "PARTIALLY_SUCCEEDED")
        return ended, state.lower(), failed

    def download(self, batch: str, file: BinaryIO) -> None:
        found = self.call("get", batch)
        output = found.get("response") or found.get("metadata", {}).get("output") or {}
        for row in output.get("inlinedResponses", {}).get("inlinedResponses", []):
            line = {"custom_id": row.get("metadata", {}).get("key"), **row}
            file.write(json.dumps(line).encode() + b"\n")

    def response(self, row: dict[str, Any]) -> tuple[int, Any]:
        """The HTTP status of a line of the results, 0 where the request was never run; its body."""
        if "response" in row:
            return 200, row["response"]
        error = row.get("error", {})
        code = error.get("code", 13)
        status = 0 if code == 1 else int(FACTS["google"]["statuses"].get(str(code), code if code >= 400 else 500))
        return status, {"error": error}

    def answer(self, decode: Any, status: int, body: dict[str, Any]) -> Any:
        from google.genai import errors, types

        if status == 200:
            return decode(types.HttpResponse(headers={}, body=json.dumps(body)))
        raise (errors.ClientError if status < 500 else errors.ServerError)(status, body, None)

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
