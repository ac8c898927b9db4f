"""OpenAI's Batch API: a file of requests goes up, a file of answers and a file of errors come down."""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Iterator
from typing import Any, BinaryIO

from batchlint.runtime.asking import BACKENDS
from batchlint.runtime.doubles import copied
from batchlint.runtime.journal import new_file
from batchlint.runtime.stainless import Stainless


class OpenAIBatches(Stainless):
    """A file of requests goes up; a file of answers and a file of errors come down. Also Azure, Groq and the like."""

    provider, header = "openai", "x-request-id"

    def __init__(self, owner: Any) -> None:
        super().__init__(owner)
        # A retried create makes a second batch: `Rounds` looks for the first before it tries again.
        self.batches, self.files = (copied(each, max_retries=0) for each in (self.client.batches, self.client.files))

    @classmethod
    def connect(cls, server: str) -> Any:
        """With the account that the environment names."""
        from openai import OpenAI

        return cls(OpenAI(base_url=server).batches)

    def named(self, prefix: str, since: float, db: sqlite3.Connection | None = None) -> Iterator[tuple[str, str]]:
        """The keys that start so and their batches, newest first; without those whose input `forget` has deleted."""
        for batch in itertools.takewhile(lambda batch: batch.created_at >= since, self.batches.list(limit=100)):
            key = (batch.metadata or {}).get("llm_batch", "")
            if key.startswith(prefix) and batch.status != "failed":
                try:
                    self.files.retrieve(batch.input_file_id)
                    yield key, str(batch.id)
                except Exception as error:
                    if getattr(error, "status_code", None) != 404:
                        raise

    def create(self, key: str, endpoint: str, lines: Iterator[tuple[str, bytes]]) -> str:
        file = new_file()
        for custom_id, body in lines:
            head = json.dumps({"custom_id": custom_id, "method": "POST", "url": endpoint})
            file.write(head[:-1].encode() + b', "body": ' + body + b"}\n")
        file.seek(0)
        upload = self.files.create(file=(f"llm_batch-{key}.jsonl", file), purpose="batch")
        about = {"endpoint": endpoint, "completion_window": "24h", "metadata": {"llm_batch": key}}
        return str(self.batches.create(input_file_id=upload.id, **about).id)

    def poll(self, batch: str) -> tuple[bool, str, str]:
        found = self.batches.retrieve(batch)
        errors = (found.errors.data if found.errors else None) or []
        reasons = "; ".join(f"{e.code}: {e.message}" + (f" (line {e.line})" if e.line else "") for e in errors[:3])
        counts = found.request_counts
        text = f"{found.status}, {counts.completed + counts.failed} of {counts.total} done" if counts else found.status
        refused = (reasons or "no reason given") if found.status == "failed" else ""
        return found.status in ("completed", "failed", "expired", "cancelled"), text, refused

    def download(self, batch: str, file: BinaryIO) -> None:
        """Answers and errors; an expired or cancelled batch has both as well, and they are paid."""
        found = self.batches.retrieve(batch)
        for name in filter(None, (found.output_file_id, found.error_file_id)):
            self.save(self.files.with_streaming_response.content(name), file)

    def response(self, row: dict[str, Any]) -> tuple[int, Any, str | None]:
        """The HTTP status of a line of the results, 0 where the request was never run; its body; its id."""
        found = row.get("response") or {}
        return int(found.get("status_code") or 0), found.get("body"), found.get("request_id")

    def forget(self, batch: str) -> None:
        """Delete the input file: the mark that the answers have been used, so that no later run takes them."""
        self.files.delete(self.batches.retrieve(batch).input_file_id)

    def cancel(self, batch: str) -> None:
        self.batches.cancel(batch)


BACKENDS["openai"] = BACKENDS["groq"] = OpenAIBatches
