"""Anthropic's Message Batches without an SDK: the requests go up in one call, the results come down as JSON lines."""

from __future__ import annotations

import datetime
import json
import os
import sqlite3
from collections.abc import Iterator
from typing import Any, BinaryIO

from batchlint.runtime.asking import BACKENDS
from batchlint.runtime.facts import FACTS
from batchlint.runtime.http_accounts import HTTPAccount
from batchlint.runtime.message_results import message_result


class AnthropicHTTP(HTTPAccount):
    """The requests go up in the create call, the results come down as JSON lines."""

    provider = "anthropic_http"

    @classmethod
    def connect(cls, server: str) -> Any:
        """With the account that the environment names."""
        return cls(server, {"x-api-key": os.environ["ANTHROPIC_API_KEY"], "anthropic-version": "2023-06-01"})

    def named(self, key: str, since: float, db: sqlite3.Connection) -> Iterator[tuple[str, str]]:
        """These batches carry no key: one of the same size, made since the intent. Its results tell if it is ours."""
        (begun,) = db.execute("select since from batches where key = ?", (key,)).fetchone()
        (count,) = db.execute("select count(*) from requests where key = ?", (key,)).fetchone()
        taken = {id for (id,) in db.execute("select id from batches")}
        page = "/messages/batches?limit=100" if begun else ""
        while page:
            found = self.ask(page)
            for batch in found["data"]:
                if datetime.datetime.fromisoformat(batch["created_at"].replace("Z", "+00:00")).timestamp() < begun - 60:
                    return
                if sum(batch["request_counts"].values()) == count and batch["id"] not in taken:
                    yield key, batch["id"]
            page = f"/messages/batches?limit=100&after_id={found['last_id']}" if found.get("has_more") else ""

    def create(self, key: str, endpoint: str, lines: Iterator[tuple[str, bytes]]) -> str:
        requests = [{"custom_id": custom_id, "params": json.loads(body)} for custom_id, body in lines]
        return str(self.ask("/messages/batches", {"requests": requests})["id"])

    def poll(self, batch: str) -> tuple[bool, str, str]:
        found = self.ask(f"/messages/batches/{batch}")
        counts = found["request_counts"]
        status, total = found["processing_status"], sum(counts.values())
        return status == "ended", f"{status}, {total - counts['processing']} of {total} done", ""

    def download(self, batch: str, file: BinaryIO) -> None:
        self.save(self.ask(f"/messages/batches/{batch}")["results_url"], file)

    def response(self, row: dict[str, Any]) -> tuple[int, Any, str | None]:
        return message_result(row, FACTS[self.provider]["statuses"])

    def forget(self, batch: str) -> None:
        """Nothing to do: without a key no later run finds the batch."""

    def cancel(self, batch: str) -> None:
        self.ask(f"/messages/batches/{batch}/cancel", {})


BACKENDS["anthropic_http"] = AnthropicHTTP
