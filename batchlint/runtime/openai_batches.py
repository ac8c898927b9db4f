"""OpenAI's Batch API: a file of requests goes up, a file of answers and a file of errors come down."""

from __future__ import annotations

import importlib
import json
import re
import time
from collections.abc import Iterator
from typing import Any, BinaryIO

from batchlint.runtime.facts import ENDPOINTS, LIMITS
from batchlint.runtime.model import CAPTURES, CONNECT, Request, Spool, State, Verdict
from batchlint.runtime.stainless import Capture, Stainless

SUCCEEDED = re.compile(rb'"status_code"\s*:\s*200\b')
FIND_SECONDS = 48 * 3600


class OpenAIBatches(Stainless):
    """Works with OpenAI, Azure and SDKs of the same make that have the same batch API."""

    provider = "openai"
    limits = LIMITS["openai"]

    def find(self, key: str, count: int, since: float | None, others: frozenset[str]) -> str | None:
        """The batch that carries the key in its metadata, if its answers have not been handed out yet."""
        after: dict[str, str] = {}
        while True:
            page = self.do(self.api.batches.list(limit=100, **after))
            for batch in page.data:
                if (batch.metadata or {}).get("llm_batch") == key and batch.status != "failed" and self._unspent(batch):
                    return str(batch.id)
            if not page.has_more or not page.data or page.data[-1].created_at < time.time() - FIND_SECONDS:
                return None
            after = {"after": page.data[-1].id}

    def _unspent(self, batch: Any) -> bool:
        try:
            self.do(self.api.files.retrieve(batch.input_file_id))
        except Exception as error:
            if getattr(error, "status_code", None) == 404:  # deleted by `forget`
                return False
            raise
        return True

    def create(self, key: str, endpoint: str, lines: Iterator[tuple[str, bytes]]) -> str:
        file = Spool().file
        for custom_id, body in lines:
            head = json.dumps({"custom_id": custom_id, "method": "POST", "url": endpoint})
            file.write(head[:-1].encode() + b', "body": ' + body + b"}\n")
        file.seek(0)
        upload = self.do(self.api.files.create(file=(f"llm_batch-{key}.jsonl", file), purpose="batch"))
        batch = self.do(
            self.api.batches.create(
                input_file_id=upload.id, endpoint=endpoint, completion_window="24h", metadata={"llm_batch": key}
            )
        )
        return str(batch.id)

    def poll(self, batch: str) -> State:
        found = self.do(self.api.batches.retrieve(batch))
        errors = (found.errors.data if found.errors else None) or []
        reasons = "; ".join(f"{e.code}: {e.message}" + (f" (line {e.line})" if e.line else "") for e in errors[:3])
        counts = found.request_counts
        text = f"{found.status}, {counts.completed + counts.failed} of {counts.total} done" if counts else found.status
        ended = found.status in ("completed", "failed", "expired", "cancelled")
        failed = (reasons or "no reason given") if found.status == "failed" else ""
        return State(ended, text, failed, any(e.code == "token_limit_exceeded" for e in errors))

    def download(self, batch: str, file: BinaryIO) -> None:
        """Answers and errors; an expired or cancelled batch has both as well, and they are paid."""
        found = self.do(self.api.batches.retrieve(batch))
        for name in (found.output_file_id, found.error_file_id):
            if name:
                self.copy(self.api.files.with_streaming_response.content(name), file)

    def verdict(self, line: bytes) -> Verdict:
        if SUCCEEDED.search(line):
            return Verdict.FINAL
        response = json.loads(line).get("response")
        status = (response or {}).get("status_code") or 0
        if not status:
            return Verdict.NEVER_RUN
        return Verdict.AGAIN if status in (408, 409, 429) or status >= 500 else Verdict.FINAL

    def answer(self, line: bytes, decode: Any) -> Any:
        response = json.loads(line)["response"]
        request_id = response.get("request_id")
        if response["status_code"] == 200:
            return self.typed(decode, response["body"], request_id)
        raise self.error(response["status_code"], response["body"], request_id, "x-request-id")

    def forget(self, batch: str) -> None:
        """Delete the input file: the mark that the answers have been handed out, so that no later run takes them."""
        self.do(self.api.files.delete(self.do(self.api.batches.retrieve(batch)).input_file_id))

    def cancel(self, batch: str) -> None:
        self.do(self.api.batches.cancel(batch))


def capture_openai(method: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Request:
    backend, options, body, decode = OPENAI(method, args, kwargs)
    endpoint = "/v1/" + options.url.rpartition("/v1/")[2].lstrip("/")
    if endpoint not in ENDPOINTS["openai"]:
        raise ValueError(f"{endpoint} has no batch endpoint")
    return Request(backend, endpoint, body, decode)


OPENAI = Capture(OpenAIBatches)
CAPTURES["openai"] = CAPTURES["groq"] = capture_openai


def connect_openai(scope: str) -> OpenAIBatches:
    openai = importlib.import_module("openai")
    return OpenAIBatches(openai.OpenAI(base_url=scope.partition(" ")[2]))


CONNECT["openai"] = connect_openai
