"""Mistral's batch jobs (mistralai): a file of requests goes up, files of answers and of errors come down."""

from __future__ import annotations

import contextlib
import copy
import functools
import importlib
import inspect
import json
import os
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from batchlint.runtime.facts import ENDPOINTS, LIMITS
from batchlint.runtime.model import CAPTURES, CONNECT, Backend, Request, Spool, State, Verdict


class CapturedMistral(BaseException):
    """Carries the HTTP request that the SDK was about to send out of the SDK."""


class MistralBatches(Backend):
    """Through the sync side of the user's client, which has a sync and an async one."""

    provider = "mistral"
    limits = LIMITS["mistral"]
    retries = 0  # as the client's default

    def __init__(self, client: Any) -> None:
        self.client, self.jobs = client, client.batch.jobs
        self.scope = f"mistral {client.sdk_configuration.get_server_details()[0]}"

    def find(self, key: str, count: int, since: float | None, others: frozenset[str]) -> str | None:
        page = 0
        while found := self.jobs.list(metadata={"llm_batch": key}, page=page).data:
            for job in found:
                if (job.metadata or {}).get("llm_batch") == key and job.status != "FAILED":
                    return str(job.id)
            page += 1
        return None

    def create(self, key: str, endpoint: str, lines: Iterator[tuple[str, bytes]]) -> str:
        file, model = Spool().file, ""
        for custom_id, body in lines:
            request = json.loads(body)
            model = request.pop("model", "")
            file.write(json.dumps({"custom_id": custom_id, "body": request}).encode() + b"\n")
        file.seek(0)
        upload = {"file_name": f"llm_batch-{key}.jsonl", "content": file}
        stored = self.client.files.upload(file=upload, purpose="batch", retries=None)
        about = {"endpoint": endpoint, "model": model, "metadata": {"llm_batch": key}}
        return str(self.jobs.create(input_files=[stored.id], retries=None, **about).id)

    def poll(self, batch: str) -> State:
        job = self.jobs.get(job_id=batch)
        text = f"{job.status.lower()}, {job.completed_requests} of {job.total_requests} done"
        reasons = "; ".join(error.message for error in job.errors[:3]) or "no reason given"
        ended = job.status in ("SUCCESS", "FAILED", "TIMEOUT_EXCEEDED", "CANCELLED")
        refused = job.status == "FAILED" and not (job.output_file or job.error_file)
        return State(ended, text, reasons if refused else "")

    def download(self, batch: str, file: BinaryIO) -> None:
        job = self.jobs.get(job_id=batch)
        for name in (job.output_file, job.error_file):
            if name:
                with contextlib.closing(self.client.files.download(file_id=name)) as response:
                    file.writelines(response.iter_bytes())

    def verdict(self, line: bytes) -> Verdict:
        status = (json.loads(line).get("response") or {}).get("status_code") or 0
        if not status:
            return Verdict.NEVER_RUN
        return Verdict.AGAIN if status in (408, 409, 429) or status >= 500 else Verdict.FINAL

    def answer(self, line: bytes, decode: Any) -> Any:
        return decode(json.loads(line)["response"])

    def forget(self, batch: str) -> None:
        self.jobs.delete(job_id=batch)

    def cancel(self, batch: str) -> None:
        self.jobs.cancel(job_id=batch)


MISTRAL: dict[int, MistralBatches] = {}


def capture_mistral(method: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Request:
    kwargs = {name: value for name, value in kwargs.items() if name not in ("timeout_ms", "retries")}
    if kwargs.get("http_headers") or kwargs.get("server_url"):
        raise ValueError("a request of a batch cannot carry http_headers or server_url: set them on the client")
    client = method.__self__
    while not hasattr(client, "batch"):
        client = client.parent_ref

    def send(request: Any) -> Any:
        raise CapturedMistral(request)

    try:
        _replay_mistral(method, args, kwargs, send)
        raise TypeError(f"{method.__qualname__} sends no request")
    except CapturedMistral as captured:
        sent = captured.args[0]
    endpoint, body = sent.url.path, json.loads(sent.content)
    if endpoint not in ENDPOINTS["mistral"]:
        raise ValueError(f"{endpoint} has no batch endpoint")
    if body.pop("stream", None):
        raise ValueError(f"{method.__qualname__} streams: it cannot run in a batch")
    backend = MISTRAL.get(id(client)) or MISTRAL.setdefault(id(client), MistralBatches(client))
    return Request(backend, endpoint, body, functools.partial(_decode_mistral, method, args, kwargs))


def _replay_mistral(method: Any, args: tuple[Any, ...], kwargs: dict[str, Any], send: Callable[..., Any]) -> Any:
    """Call the method of a copy whose requests go to `send`."""
    double = copy.copy(method.__self__)

    async def send_async(*hook: Any, request: Any, **rest: Any) -> Any:
        return send(request)

    double.do_request = lambda *hook, request, **rest: send(request)
    double.do_request_async = send_async
    started = getattr(double, method.__name__)(*args, **kwargs)
    if not inspect.iscoroutine(started):
        return started
    try:
        started.send(None)
    except StopIteration as stop:
        return stop.value
    finally:
        started.close()
    raise TypeError(f"{method.__qualname__} waits for something else than its request")


def _decode_mistral(method: Any, args: tuple[Any, ...], kwargs: dict[str, Any], answer: dict[str, Any]) -> Any:
    """The SDK's own object or error for this response."""

    def reply(request: Any) -> Any:
        http = importlib.import_module(type(request).__module__.partition(".")[0])
        return http.Response(answer["status_code"], json=answer.get("body"), request=request)

    return _replay_mistral(method, args, kwargs, reply)


CAPTURES["mistralai"] = capture_mistral


def connect_mistral(scope: str) -> MistralBatches:
    sdk = importlib.import_module("mistralai.client")
    key = os.environ.get("MISTRAL_API_KEY")
    return MistralBatches(sdk.Mistral(api_key=key, server_url=scope.partition(" ")[2]))


CONNECT["mistral"] = connect_mistral
