"""Anthropic's Message Batches: the requests go up in the create call, the results come down as JSON lines."""

from __future__ import annotations

import importlib
import json
import sqlite3
from collections.abc import Iterator
from typing import Any, BinaryIO

from batchlint.runtime.asking import BACKENDS
from batchlint.runtime.facts import FACTS
from batchlint.runtime.rounds import State
from batchlint.runtime.stainless import Stainless


class AnthropicBatches(Stainless):
    """The requests go up in the create call, the results come down as JSON lines."""

    provider, header = "anthropic", "request-id"

    @classmethod
    def connect(cls, server: str) -> Any:
        """With the account that the environment names."""
        return cls(importlib.import_module("anthropic").Anthropic(base_url=server).messages)

    def find(self, key: str, db: sqlite3.Connection) -> str | None:
        """These batches carry no key: one of the same size, made since the intent. Its results tell if it is ours."""
        (since,) = db.execute("select tried from batches where key = ?", (key,)).fetchone()
        (count,) = db.execute("select count(*) from requests where key = ?", (key,)).fetchone()
        taken = {id for (id,) in db.execute("select batch from batches")}
        for batch in self.do(self.api.messages.batches.list(limit=100)).data if since else ():
            size = sum(batch.request_counts.to_dict().values())
            if batch.created_at.timestamp() >= since - 60 and size == count and batch.id not in taken:
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
        self.save(self.api.messages.batches.with_streaming_response.results(batch), file)

    def status(self, row: dict[str, Any]) -> int:
        """The HTTP status of a line; 0 where the request was never run."""
        result = row["result"]
        if result["type"] == "succeeded":
            return 200
        if result["type"] != "errored":
            return 0
        error = result["error"]
        return int(FACTS["anthropic"]["statuses"].get(error.get("error", error).get("type"), 500))

    def answer(self, row: dict[str, Any], decode: Any) -> Any:
        result = row["result"]
        body = result["message"] if "message" in result else result["error"]
        return self.answered(decode, self.status(row), body, result.get("error", {}).get("request_id"))

    def forget(self, batch: str) -> None:
        """Nothing to do: without a key no later run finds the batch."""

    def cancel(self, batch: str) -> None:
        self.do(self.api.messages.batches.cancel(batch))


BACKENDS["anthropic"] = AnthropicBatches
