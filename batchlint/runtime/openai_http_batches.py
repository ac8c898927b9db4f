"""OpenAI's Batch API without an SDK: a file of requests goes up, a file of answers and a file of errors come down."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from typing import Any, BinaryIO

from batchlint.runtime.asking import BACKENDS
from batchlint.runtime.http_accounts import HTTPAccount
from batchlint.runtime.journal import new_file


class OpenAIHTTP(HTTPAccount):
    """A file of requests goes up; a file of answers and a file of errors come down."""

    provider = "openai_http"

    @classmethod
    def connect(cls, server: str) -> Any:
        """With the account that the environment names."""
        return cls(server, {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"})

    def named(self, prefix: str, since: float, db: sqlite3.Connection | None = None) -> Iterator[tuple[str, str]]:
        """The keys that start so and their batches, newest first; without those whose input `forget` has deleted."""
        page = "/batches?limit=100"
        while page:
            found = self.ask(page)
            for batch in found["data"]:
                if batch["created_at"] < since:
                    return
                key = (batch.get("metadata") or {}).get("llm_batch", "")
                if key.startswith(prefix) and batch["status"] != "failed" and self.has(batch["input_file_id"]):
                    yield key, batch["id"]
            page = f"/batches?limit=100&after={found['last_id']}" if found.get("has_more") else ""

    def has(self, file: str) -> bool:
        try:
            self.ask(f"/files/{file}")
        except Exception as error:
            if getattr(error, "code", None) != 404:
                raise
            return False
        return True

    def create(self, key: str, endpoint: str, lines: Iterator[tuple[str, bytes]]) -> str:
        file, bound = new_file(), f"llm_batch-{key}"
        field = f'--{bound}\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s'
        file.write((field % ("purpose", "batch\r\n")).encode())
        file.write((field % (f'file"; filename="{bound}.jsonl', "")).encode())
        for custom_id, body in lines:
            head = json.dumps({"custom_id": custom_id, "method": "POST", "url": endpoint})
            file.write(head[:-1].encode() + b', "body": ' + body + b"}\n")
        file.write(f"\r\n--{bound}--\r\n".encode())
        about = {"Content-Type": f"multipart/form-data; boundary={bound}", "Content-Length": str(file.tell())}
        file.seek(0)
        with self.open("/files", file, **about) as response:
            upload = json.load(response)["id"]
        settings = {"endpoint": endpoint, "completion_window": "24h", "metadata": {"llm_batch": key}}
        return str(self.ask("/batches", {"input_file_id": upload, **settings})["id"])

    def poll(self, batch: str) -> tuple[bool, str, str]:
        found = self.ask(f"/batches/{batch}")
        errors = (found.get("errors") or {}).get("data") or []
        reasons = "; ".join(f"{error.get('code')}: {error.get('message')}" for error in errors[:3])
        status, counts = found["status"], found.get("request_counts")
        text = f"{status}, {counts['completed'] + counts['failed']} of {counts['total']} done" if counts else status
        refused = (reasons or "no reason given") if status == "failed" else ""
        return status in ("completed", "failed", "expired", "cancelled"), text, refused

    def download(self, batch: str, file: BinaryIO) -> None:
        """Answers and errors; an expired or cancelled batch has both as well, and they are paid."""
        found = self.ask(f"/batches/{batch}")
        for name in (found.get("output_file_id"), found.get("error_file_id")):
            if name:
                self.save(f"/files/{name}/content", file)

    def response(self, row: dict[str, Any]) -> tuple[int, Any, str | None]:
        """The HTTP status of a line of the results, 0 where the request was never run; its body; its id."""
        found = row.get("response") or {}
        return int(found.get("status_code") or 0), found.get("body"), found.get("request_id")

    def forget(self, batch: str) -> None:
        """Delete the input file: the mark that the answers have been used, so that no later run takes them."""
        self.ask(f"/files/{self.ask(f'/batches/{batch}')['input_file_id']}", verb="DELETE")

    def cancel(self, batch: str) -> None:
        self.ask(f"/batches/{batch}/cancel", {})


BACKENDS["openai_http"] = OpenAIHTTP
