"""Gemini's Batch API (google-genai): the requests go up inside the create call and come back inside the batch."""

from __future__ import annotations

import copy
import functools
import importlib
import inspect
import json
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from batchlint.runtime.facts import ERROR_STATUS, LIMITS
from batchlint.runtime.model import CAPTURES, CONNECT, Backend, Request, State, Verdict


class CapturedGoogle(BaseException):
    """Carries the request that the SDK was about to send out of the SDK."""


class Stand:
    """Stands in for the SDK's HTTP client: requests go to `send`, everything else to the original."""

    def __init__(self, original: Any, send: Callable[..., Any]) -> None:
        self.original, self.send = original, send

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)

    def request(self, *args: Any) -> Any:
        return self.send(*args)

    async def async_request(self, *args: Any) -> Any:
        return self.send(*args)


class GoogleBatches(Backend):
    """Through the HTTP client that the user's client has, with the REST bodies that the SDK made."""

    provider = "google"
    limits = LIMITS["google"]

    def __init__(self, http: Any) -> None:
        self.http = http
        self.scope = f"google {http._http_options.base_url}"

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return dict(json.loads(self.http.request(method, path, body or {}).body or "{}"))

    def find(self, key: str, count: int, since: float | None, others: frozenset[str]) -> str | None:
        page = ""
        while True:
            found = self.call("get", f"batches?pageSize=100{page}")
            for batch in found.get("operations", []):
                facts = batch.get("metadata", {})
                if facts.get("displayName") == f"llm_batch-{key}" and not facts.get("state", "").endswith("_FAILED"):
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

    def verdict(self, line: bytes) -> Verdict:
        row = json.loads(line)
        if "response" in row:
            return Verdict.FINAL
        status = _http_status(row.get("error", {}))
        if status == 499:  # cancelled before it was run
            return Verdict.NEVER_RUN
        return Verdict.AGAIN if status in (408, 409, 429) or status >= 500 else Verdict.FINAL

    def answer(self, line: bytes, decode: Any) -> Any:
        row = json.loads(line)
        if "response" in row:
            types = importlib.import_module("google.genai.types")
            return decode(types.HttpResponse(headers={}, body=json.dumps(row["response"])))
        errors = importlib.import_module("google.genai.errors")
        status = _http_status(row["error"])
        raise (errors.ClientError if status < 500 else errors.ServerError)(status, {"error": row["error"]}, None)

    def forget(self, batch: str) -> None:
        self.call("delete", batch)

    def cancel(self, batch: str) -> None:
        self.call("post", f"{batch}:cancel")


def _http_status(error: dict[str, Any]) -> int:
    code = error.get("code", 13)
    return 499 if code == 1 else int(ERROR_STATUS["google"].get(str(code), code if code >= 400 else 500))


GOOGLE: dict[int, GoogleBatches] = {}


def capture_google(method: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Request:
    http = method.__self__._api_client
    if http.vertexai:
        raise ValueError("a batch of Vertex AI needs Cloud Storage or BigQuery: llm_batch has no backend for it")
    config = kwargs.get("config") or {}
    tools = config.get("tools") if isinstance(config, dict) else config.tools
    if any(callable(tool) for tool in tools or []):
        raise ValueError(f"{method.__qualname__} calls Python functions by itself: it cannot run in a batch")

    def send(verb: str, path: str, body: dict[str, Any], *rest: Any) -> Any:
        raise CapturedGoogle(path, body)

    try:
        _replay_google(method, args, kwargs, send)
        raise TypeError(f"{method.__qualname__} sends no request")
    except CapturedGoogle as captured:
        path, body = captured.args
    if not path.endswith(":generateContent"):
        raise ValueError(f"{path.rpartition(':')[2]} has no batch endpoint")
    backend = GOOGLE.get(id(http)) or GOOGLE.setdefault(id(http), GoogleBatches(http))
    body = {name: value for name, value in body.items() if not name.startswith("_")}
    decode = functools.partial(_decode_google, method, args, kwargs)
    return Request(backend, path, json.loads(json.dumps(body, default=_plain)), decode)


def _replay_google(method: Any, args: tuple[Any, ...], kwargs: dict[str, Any], send: Callable[..., Any]) -> Any:
    """Call the method of a copy whose requests go to `send`."""
    double = copy.copy(method.__self__)
    double._api_client = Stand(double._api_client, send)
    started = getattr(double, method.__name__)(*args, **kwargs)
    if not inspect.iscoroutine(started):
        return started
    try:
        started.send(None)
    except StopIteration as stop:
        return stop.value
    finally:
        started.close()
    raise TypeError(f"{method.__qualname__} waits for something else than its request")


def _decode_google(method: Any, args: tuple[Any, ...], kwargs: dict[str, Any], answer: Any) -> Any:
    return _replay_google(method, args, kwargs, lambda *sent: answer)


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json", by_alias=True, exclude_none=True)


CAPTURES["google"] = capture_google


def connect_google(scope: str) -> GoogleBatches:
    genai = importlib.import_module("google.genai")
    client = genai.Client(http_options={"base_url": scope.partition(" ")[2]})
    return GoogleBatches(client._api_client)


CONNECT["google"] = connect_google
