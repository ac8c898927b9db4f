"""Mistral's batch jobs (mistralai): a file of requests goes up, files of answers and of errors come down."""

from __future__ import annotations

import contextlib
import copy
import functools
import itertools
import json
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from batchlint.runtime.asking import BACKENDS, Captured, Request
from batchlint.runtime.facts import FACTS
from batchlint.runtime.journal import new_file
from batchlint.runtime.replaying import replayed


class MistralBatches:
    """Through the sync side of the user's client, which has a sync and an async one."""

    provider = "mistral"
    retries = 0  # as the client's default

    def __init__(self, owner: Any) -> None:
        while not hasattr(owner, "batch"):
            owner = owner.parent_ref
        self.client, self.jobs = owner, owner.batch.jobs
        self.server = str(owner.sdk_configuration.get_server_details()[0])

    @classmethod
    def connect(cls, server: str) -> Any:
        """With the account that the environment names."""
        from mistralai.client import Mistral

        return cls(Mistral(api_key=os.environ.get("MISTRAL_API_KEY"), server_url=server))

    def silenced(self, owner: Any, kwargs: dict[str, Any]) -> Any:
        """A copy of an object of the client that raises Captured where the original would send."""
        if kwargs.get("http_headers") or kwargs.get("server_url"):
            raise ValueError("a request of a batch cannot carry http_headers or server_url: set them on the client")
        for name in ("timeout_ms", "retries"):
            kwargs.pop(name, None)
        return mistral_double(owner, Captured.throw)

    def request(self, method: Any, args: Any, kwargs: Any, sent: Any, how: Any) -> Request:
        """What it was about to send, as a request; ValueError where a batch cannot carry it."""
        endpoint, body = sent[0].url.path, json.loads(sent[0].content)
        if endpoint not in FACTS["mistral"]["endpoints"]:
            raise ValueError(f"{endpoint} has no batch endpoint")
        if body.pop("stream", None):
            raise ValueError(f"{method.__qualname__} streams: it cannot run in a batch")
        return Request(self, endpoint, body, functools.partial(mistral_answer, method, args, kwargs))

    def named(self, prefix: str, since: float, db: sqlite3.Connection | None = None) -> Iterator[tuple[str, str]]:
        """The keys that start so, or are so where the state is given, and their jobs; `forget` deletes a job."""
        about = {"llm_batch": prefix} if db else None
        for page in itertools.count():
            found = self.jobs.list(metadata=about, page=page).data
            for job in found or ():
                key = str((job.metadata or {}).get("llm_batch", ""))
                if key and key.startswith(prefix) and job.status != "FAILED" and job.created_at >= since:
                    yield key, str(job.id)
            if not found or found[-1].created_at < since:
                return

    def create(self, key: str, endpoint: str, lines: Iterator[tuple[str, bytes]]) -> str:
        file, model = new_file(), ""
        for custom_id, body in lines:
            request = json.loads(body)
            model = request.pop("model", "")
            file.write(json.dumps({"custom_id": custom_id, "body": request}).encode() + b"\n")
        file.seek(0)
        upload = {"file_name": f"llm_batch-{key}.jsonl", "content": file}
        stored = self.client.files.upload(file=upload, purpose="batch", retries=None)
        about = {"endpoint": endpoint, "model": model, "metadata": {"llm_batch": key}}
        return str(self.jobs.create(input_files=[stored.id], retries=None, **about).id)

    def poll(self, batch: str) -> tuple[bool, str, str]:
        job = self.jobs.get(job_id=batch)
        text = f"{job.status.lower()}, {job.completed_requests} of {job.total_requests} done"
        reasons = "; ".join(error.message for error in job.errors[:3]) or "no reason given"
        ended = job.status in ("SUCCESS", "FAILED", "TIMEOUT_EXCEEDED", "CANCELLED")
        refused = job.status == "FAILED" and not (job.output_file or job.error_file)
        return ended, text, reasons if refused else ""

    def download(self, batch: str, file: BinaryIO) -> None:
        """Answers and errors; a job that ran out of time has both as well, and they are paid."""
        job = self.jobs.get(job_id=batch)
        for name in (job.output_file, job.error_file):
            if name:
                with contextlib.closing(self.client.files.download(file_id=name)) as response:
                    file.writelines(response.iter_bytes())
                file.write(b"\n")

    def response(self, row: dict[str, Any]) -> tuple[int, Any]:
        """The HTTP status of a line of the results, 0 where the request was never run; its body."""
        found = row.get("response") or {}
        return int(found.get("status_code") or 0), found.get("body")

    def answer(self, decode: Any, status: int, body: Any) -> Any:
        return decode(status, body)

    def forget(self, batch: str) -> None:
        """Delete the job: its answers have been used, and no later run may take them."""
        self.jobs.delete(job_id=batch)

    def cancel(self, batch: str) -> None:
        self.jobs.cancel(job_id=batch)


def mistral_double(owner: Any, send: Callable[..., Any]) -> Any:
    """A copy of the object whose requests go to `send`."""
    double = copy.copy(owner)

    async def send_async(*hook: Any, request: Any, **rest: Any) -> Any:
        return send(request)

    double.do_request = lambda *hook, request, **rest: send(request)
    double.do_request_async = send_async
    return double


def mistral_answer(method: Any, args: tuple[Any, ...], kwargs: dict[str, Any], status: int, body: Any) -> Any:
    """What the method makes of the response."""

    def reply(request: Any) -> Any:
        http = sys.modules[type(request).__module__.partition(".")[0]]
        return http.Response(status, json=body, request=request)

    return replayed(method, mistral_double(method.__self__, reply), args, kwargs)


BACKENDS["mistralai"] = BACKENDS["mistral"] = MistralBatches
