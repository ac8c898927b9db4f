"""OpenAI's Batch API: a file of requests goes up, a file of answers and a file of errors come down."""

from __future__ import annotations

import importlib
import json
import sqlite3
import time
from collections.abc import Iterator
from typing import Any, BinaryIO

from batchlint.runtime.asking import BACKENDS
from batchlint.runtime.journal import new_file
from batchlint.runtime.rounds import State
from batchlint.runtime.stainless import Stainless


class OpenAIBatches(Stainless):
    """A file of requests goes up; a file of answers and a file of errors come down. Also Azure, Groq and the like."""

    provider, header = "openai", "x-request-id"

    @classmethod
    def connect(cls, server: str) -> Any:
        """With the account that the environment names."""
        return cls(importlib.import_module("openai").OpenAI(base_url=server).batches)

    def find(self, key: str, db: sqlite3.Connection) -> str | None:
        """The batch that carries the key in its metadata, if its answers have not been used up yet."""
        return next((str(batch.id) for name, batch in self.named(key, time.time() - 48 * 3600) if name == key), None)

    def named(self, prefix: str, since: float) -> Iterator[tuple[str, Any]]:
        """The batches whose key starts so, with the key, if their answers have not been used up; newest first."""
        page = self.do(self.api.batches.list(limit=100))
        while page.data and page.data[0].created_at > since:
            for batch in page.data:
                key = (batch.metadata or {}).get("llm_batch", "")
                if key.startswith(prefix) and batch.status != "failed" and self.is_new(batch):
                    yield key, batch
            if not page.has_more:
                break
            page = self.do(self.api.batches.list(limit=100, after=page.data[-1].id))

    def is_new(self, batch: Any) -> bool:
        try:
            self.do(self.api.files.retrieve(batch.input_file_id))
        except Exception as error:
            if getattr(error, "status_code", None) != 404:
                raise
            return False  # deleted by `forget`
        return True

    def create(self, key: str, endpoint: str, lines: Iterator[tuple[str, bytes]]) -> str:
        file = new_file()
        for custom_id, body in lines:
            head = json.dumps({"custom_id": custom_id, "method": "POST", "url": endpoint})
            file.write(head[:-1].encode() + b', "body": ' + body + b"}\n")
        file.seek(0)
        upload = self.do(self.api.files.create(file=(f"llm_batch-{key}.jsonl", file), purpose="batch"))
        about = {"endpoint": endpoint, "completion_window": "24h", "metadata": {"llm_batch": key}}
        return str(self.do(self.api.batches.create(input_file_id=upload.id, **about)).id)

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
                self.save(self.api.files.with_streaming_response.content(name), file)

    def status(self, row: dict[str, Any]) -> int:
        """The HTTP status of a line; 0 where the request was never run."""
        return int((row.get("response") or {}).get("status_code") or 0)

    def answer(self, row: dict[str, Any], decode: Any) -> Any:
        response = row["response"]
        return self.answered(decode, response["status_code"], response["body"], response.get("request_id"))

    def forget(self, batch: str) -> None:
        """Delete the input file: the mark that the answers have been used, so that no later run takes them."""
        self.do(self.api.files.delete(self.do(self.api.batches.retrieve(batch)).input_file_id))

    def cancel(self, batch: str) -> None:
        self.do(self.api.batches.cancel(batch))


BACKENDS["openai"] = BACKENDS["groq"] = OpenAIBatches
