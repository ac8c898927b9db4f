"""OpenAI's Batch API for code that is written for openai < 1.0, which has classes instead of a client."""

from __future__ import annotations

import functools
import inspect
import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO
from urllib.parse import unquote_plus

from batchlint.runtime.asking import BACKENDS, Captured, Request
from batchlint.runtime.facts import FACTS
from batchlint.runtime.journal import new_file
from batchlint.runtime.replaying import replayed


class OpenAILegacyBatches:
    """A file of requests goes up; a file of answers and a file of errors come down, all through the SDK's requests."""

    provider = "openai_legacy"
    retries = 0  # as the SDK
    NOT_IN_A_LINE = ("api_key", "api_base", "api_type", "api_version", "organization", "headers")

    def __init__(self, owner: Any, server: str | None = None) -> None:
        from openai.api_requestor import APIRequestor

        self.requestor = APIRequestor(api_base=server)
        if "azure" in str(self.requestor.api_type).lower():
            raise ValueError("a batch of Azure needs the current SDK: openai < 1.0 asks each deployment by its own URL")
        self.server = str(self.requestor.api_base)

    @classmethod
    def connect(cls, server: str) -> Any:
        """With the account that the environment names."""
        return cls(None, server)

    def silenced(self, owner: Any, kwargs: dict[str, Any]) -> Any:
        """A subclass that raises Captured where the original would send."""
        if unfit := next((name for name in self.NOT_IN_A_LINE if kwargs.get(name)), None):
            raise ValueError(f"a request of a batch cannot carry {unfit}: set it on the module")
        if type(self.requestor)().api_base != self.server:
            raise ValueError("openai.api_base has changed since the first request: one program, one server")
        return openai_legacy_double(owner, Captured.throw)

    def request(self, method: Any, args: Any, kwargs: Any, sent: Any, how: dict[str, Any]) -> Request:
        """What it was about to send, as a request; ValueError where a batch cannot carry it."""
        engine, path = re.fullmatch(r"(?:/engines/([^/]+))?(/.*)", sent[1]).groups()  # type: ignore[union-attr]
        endpoint, body = f"/v1{path}", dict(how["params"])
        if engine:
            body["model"] = unquote_plus(engine)
        if endpoint not in FACTS[self.provider]["endpoints"]:
            raise ValueError(f"{endpoint} has no batch endpoint")
        if body.pop("stream", None):
            raise ValueError(f"{method.__qualname__} streams: it cannot run in a batch")
        return Request(self, endpoint, body, functools.partial(openai_legacy_answer, method, args, kwargs))

    def call(self, verb: str, path: str, **how: Any) -> dict[str, Any]:
        return dict(self.requestor.request(verb, path, **how)[0].data)

    def named(self, prefix: str, since: float, db: sqlite3.Connection | None = None) -> Iterator[tuple[str, str]]:
        """The keys that start so and their batches, newest first; without those whose input `forget` has deleted."""
        page: dict[str, Any] = {"limit": 100}
        while True:
            found = self.call("get", "/batches", params=page)
            for batch in found["data"]:
                if batch["created_at"] < since:
                    return
                key = str((batch["metadata"] or {}).get("llm_batch", ""))
                if key and key.startswith(prefix) and batch["status"] != "failed":
                    try:
                        self.call("get", f"/files/{batch['input_file_id']}")
                        yield key, str(batch["id"])
                    except Exception as error:
                        if getattr(error, "http_status", None) != 404:
                            raise
            if not found.get("has_more"):
                return
            page["after"] = found["data"][-1]["id"]

    def create(self, key: str, endpoint: str, lines: Iterator[tuple[str, bytes]]) -> str:
        file = new_file()
        for custom_id, body in lines:
            line = {"custom_id": custom_id, "method": "POST", "url": endpoint, "body": json.loads(body)}
            file.write(json.dumps(line).encode() + b"\n")
        file.seek(0)
        name = f"llm_batch-{key}.jsonl"
        form = [("purpose", (None, "batch")), ("file", (name, file, "application/octet-stream"))]
        about = {"endpoint": endpoint, "completion_window": "24h", "metadata": {"llm_batch": key}}
        about["input_file_id"] = self.call("post", "/files", files=form)["id"]
        return str(self.call("post", "/batches", params=about)["id"])

    def poll(self, batch: str) -> tuple[bool, str, str]:
        found = self.call("get", f"/batches/{batch}")
        status, counts = found["status"], found.get("request_counts") or {}
        text = f"{status}, {counts['completed'] + counts['failed']} of {counts['total']} done" if counts else status
        errors = (found.get("errors") or {}).get("data") or []
        reasons = "; ".join(f"{error.get('code')}: {error.get('message')}" for error in errors[:3]) or "no reason given"
        ended = status in ("completed", "failed", "expired", "cancelled")
        return ended, text, reasons if status == "failed" else ""

    def download(self, batch: str, file: BinaryIO) -> None:
        """Answers and errors; an expired or cancelled batch has both as well, and they are paid."""
        found = self.call("get", f"/batches/{batch}")
        for name in (found.get("output_file_id"), found.get("error_file_id")):
            if name:
                with self.requestor.request_raw("get", f"/files/{name}/content", stream=True) as response:
                    response.raise_for_status()
                    file.writelines(response.iter_content(65536))
                file.write(b"\n")

    def response(self, row: dict[str, Any]) -> tuple[int, Any]:
        """The HTTP status of a line of the results, 0 where the request was never run; its body."""
        found = row.get("response") or {}
        return int(found.get("status_code") or 0), found.get("body")

    def answer(self, decode: Any, status: int, body: Any) -> Any:
        """What the SDK makes of such a response: its own object, or its own exception raised."""
        return decode(self.requestor._interpret_response_line(json.dumps(body), status, {}, stream=False))

    def forget(self, batch: str) -> None:
        """Delete the input file: the mark that the answers have been used, so that no later run takes them."""
        self.call("delete", f"/files/{self.call('get', f'/batches/{batch}')['input_file_id']}")

    def cancel(self, batch: str) -> None:
        self.call("post", f"/batches/{batch}/cancel")


class Requestor:
    """Stands in for the SDK's: requests go to `send`."""

    def __init__(self, original: Any, send: Callable[..., Any]) -> None:
        self.key, self.send = original.api_key, send

    def request(self, *args: Any, **kwargs: Any) -> tuple[Any, bool, str]:
        return self.send(*args, **kwargs), False, self.key

    async def arequest(self, *args: Any, **kwargs: Any) -> tuple[Any, bool, str]:
        return self.request(*args, **kwargs)


def openai_legacy_double(owner: Any, send: Callable[..., Any]) -> Any:
    """A subclass of the SDK's class whose requests go to `send`."""
    name = "_EngineAPIResource__prepare_create_request"  # gives ten things, among them who sends
    if not inspect.isclass(owner) or not hasattr(owner, name):
        raise ValueError(f"{owner!r} has no batch endpoint")
    prepare = getattr(owner, name)

    def prepared(cls: Any, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        *first, requestor, url, params = prepare(*args, **kwargs)
        return (*first, Requestor(requestor, send), url, params)

    return type(owner.__name__, (owner,), {name: classmethod(prepared)})


def openai_legacy_answer(method: Any, args: tuple[Any, ...], kwargs: dict[str, Any], answer: Any) -> Any:
    """What the method makes of the response."""
    double = openai_legacy_double(method.__self__, lambda *sent, **how: answer)
    return replayed(method, double, args, kwargs)


BACKENDS["openai_legacy"] = BACKENDS["openai.api_resources"] = OpenAILegacyBatches
