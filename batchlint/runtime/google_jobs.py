"""Gemini's Batch API: the requests go up inside the create call and come back inside the batch."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from typing import Any, BinaryIO

from batchlint.runtime.facts import FACTS


class GoogleJobs:
    """What does not depend on the SDK. `call` sends a request to the REST API and gives the body of the answer."""

    provider = ""
    retries = 2  # how often a request that failed by chance is tried again

    def call(self, verb: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        raise NotImplementedError

    def named(self, prefix: str, since: float, db: sqlite3.Connection | None = None) -> Iterator[tuple[str, str]]:
        """The keys that start so and their batches, newest first; `forget` deletes a batch."""
        page, oldest = "", time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(since))
        while True:
            found = self.call("get", f"batches?pageSize=100{page}")
            for batch in found.get("operations", []):
                about = batch.get("metadata", {})
                name, key = str(about.get("displayName", "")).rpartition("llm_batch-")[1:]
                is_there = about.get("createTime", "9") >= oldest and not about.get("state", "").endswith("_FAILED")
                if name and key.startswith(prefix) and is_there:
                    yield key, str(batch["name"])
            if not found.get("nextPageToken"):
                return
            page = f"&pageToken={found['nextPageToken']}"

    def create(self, key: str, endpoint: str, lines: Iterator[tuple[str, bytes]]) -> str:
        requests = [{"request": json.loads(body), "metadata": {"key": custom_id}} for custom_id, body in lines]
        batch = {"displayName": f"llm_batch-{key}", "inputConfig": {"requests": {"requests": requests}}}
        path = endpoint.replace(":generateContent", ":batchGenerateContent")
        return str(self.call("post", path, {"batch": batch})["name"])

    def poll(self, batch: str) -> tuple[bool, str, str]:
        found = self.call("get", batch)
        state = found.get("metadata", {}).get("state", "").rpartition("STATE_")[2]
        failed = str(found.get("error", {}).get("message") or "no reason given") if state == "FAILED" else ""
        ended = state in ("SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "PARTIALLY_SUCCEEDED")
        return ended, state.lower(), failed

    def download(self, batch: str, file: BinaryIO) -> None:
        found = self.call("get", batch)
        output = found.get("response") or found.get("metadata", {}).get("output") or {}
        for row in output.get("inlinedResponses", {}).get("inlinedResponses", []):
            line = {"custom_id": row.get("metadata", {}).get("key"), **row}
            file.write(json.dumps(line).encode() + b"\n")

    def response(self, row: dict[str, Any]) -> tuple[int, Any]:
        """The HTTP status of a line of the results, 0 where the request was never run; its body."""
        if "response" in row:
            return 200, row["response"]
        error = row.get("error", {})
        code = error.get("code", 13)
        status = 0 if code == 1 else int(FACTS[self.provider]["statuses"].get(str(code), code if code >= 400 else 500))
        return status, {"error": error}

    def forget(self, batch: str) -> None:
        """Delete the batch: its answers have been used, and no later run may take them."""
        self.call("delete", batch)

    def cancel(self, batch: str) -> None:
        self.call("post", f"{batch}:cancel")
