"""Anthropic's Message Batches: the requests go up in the create call, the results come down as JSON lines."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import Any, BinaryIO

from batchlint.runtime.asking import BACKENDS
from batchlint.runtime.doubles import copied
from batchlint.runtime.facts import FACTS
from batchlint.runtime.message_results import message_result
from batchlint.runtime.stainless import Stainless


class AnthropicBatches(Stainless):
    """The requests go up in the create call, the results come down as JSON lines."""

    provider, header = "anthropic", "request-id"

    def __init__(self, owner: Any) -> None:
        super().__init__(owner)
        # A retried create makes a second batch: `Rounds` looks for the first before it tries again.
        self.batches = copied(self.client.messages.batches, max_retries=0)

    @classmethod
    def connect(cls, server: str) -> Any:
        """With the account that the environment names."""
        from anthropic import Anthropic

        return cls(Anthropic(base_url=server).messages)

    def named(self, key: str, since: float, db: sqlite3.Connection) -> Iterator[tuple[str, str]]:
        """These batches carry no key: one of the same size, made since the intent. Its results tell if it is ours."""
        (begun,) = db.execute("select since from batches where key = ?", (key,)).fetchone()
        (count,) = db.execute("select count(*) from requests where key = ?", (key,)).fetchone()
        taken = {id for (id,) in db.execute("select id from batches")}
        for batch in self.batches.list(limit=100) if begun else ():
            if batch.created_at.timestamp() < begun - 60:
                return
            if sum(batch.request_counts.to_dict().values()) == count and batch.id not in taken:
                yield key, str(batch.id)

    def create(self, key: str, endpoint: str, lines: Iterator[tuple[str, bytes]]) -> str:
        requests = [{"custom_id": custom_id, "params": json.loads(body)} for custom_id, body in lines]
        return str(self.batches.create(requests=requests).id)

    def poll(self, batch: str) -> tuple[bool, str, str]:
        found = self.batches.retrieve(batch)
        counts = found.request_counts
        done = counts.succeeded + counts.errored + counts.expired + counts.canceled
        text = f"{found.processing_status}, {done} of {done + counts.processing} done"
        return found.processing_status == "ended", text, ""

    def download(self, batch: str, file: BinaryIO) -> None:
        self.save(self.batches.with_streaming_response.results(batch), file)

    def response(self, row: dict[str, Any]) -> tuple[int, Any, str | None]:
        return message_result(row, FACTS[self.provider]["statuses"])

    def forget(self, batch: str) -> None:
        """Nothing to do: without a key no later run finds the batch."""

    def cancel(self, batch: str) -> None:
        self.batches.cancel(batch)


BACKENDS["anthropic"] = AnthropicBatches
