"""Anthropic's Message Batches: the requests go up in the create call, the results come down as JSON lines."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from batchlint.runtime.facts import ENDPOINTS, ERROR_STATUS, LIMITS
from batchlint.runtime.model import CAPTURES, CONNECT, Request, State, Verdict
from batchlint.runtime.stainless import Capture, Stainless

RUN = re.compile(rb'"type"\s*:\s*"succeeded"')


class AnthropicBatches(Stainless):
    provider = "anthropic"
    limits = LIMITS["anthropic"]

    def find(self, key: str, count: int, since: float | None, others: frozenset[str]) -> str | None:
        """These batches carry no key: one of the same size, made since the intent. Its results tell if it is ours."""
        if since is None:
            return None
        page = self.do(self.api.messages.batches.list(limit=100))
        for batch in page.data:
            size = sum(batch.request_counts.to_dict().values())
            if batch.created_at.timestamp() >= since - 60 and size == count and batch.id not in others:
                return str(batch.id)
        return None

    def create(self, key: str, endpoint: str, lines: Iterator[tuple[str, bytes]]) -> str:
        requests = [{"custom_id": custom_id, "params": json.loads(body)} for custom_id, body in lines]
        return str(self.do(self.api.messages.batches.create(requests=requests)).id)

    def poll(self, batch: str) -> State:
        found = self.do(self.api.messages.batches.retrieve(batch))
        counts = found.request_counts
        done = counts.succeeded + counts.errored + counts.expired + counts.canceled
        text = f"{found.processing_status}, {done} of {done + counts.processing} done"
        return State(found.processing_status == "ended", text)

    def download(self, batch: str, file: BinaryIO) -> None:
        self.copy(self.api.messages.batches.with_streaming_response.results(batch), file)

    def verdict(self, line: bytes) -> Verdict:
        if RUN.search(line):
            return Verdict.FINAL
        result = json.loads(line)["result"]
        if result["type"] != "errored":
            return Verdict.NEVER_RUN
        status = _status(result)
        return Verdict.AGAIN if status in (408, 409, 429) or status >= 500 else Verdict.FINAL

    def answer(self, line: bytes, decode: Any) -> Any:
        result = json.loads(line)["result"]
        if result["type"] == "succeeded":
            return self.typed(decode, result["message"], None)
        raise self.error(_status(result), result["error"], result["error"].get("request_id"), "request-id")

    def cancel(self, batch: str) -> None:
        self.do(self.api.messages.batches.cancel(batch))


def _status(result: dict[str, Any]) -> int:
    error = result["error"]
    kind = error.get("error", error).get("type")
    return int(ERROR_STATUS["anthropic"].get(kind, 500))


def capture_anthropic(method: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Request:
    backend, options, body, decode = ANTHROPIC(method, args, kwargs)
    if options.url not in ENDPOINTS["anthropic"]:
        raise ValueError(f"{options.url} has no batch endpoint")
    return Request(backend, options.url, body, decode)


ANTHROPIC = Capture(AnthropicBatches)
CAPTURES["anthropic"] = capture_anthropic


def connect_anthropic(scope: str) -> AnthropicBatches:
    anthropic = importlib.import_module("anthropic")
    return AnthropicBatches(anthropic.Anthropic(base_url=scope.partition(" ")[2]))


CONNECT["anthropic"] = connect_anthropic
