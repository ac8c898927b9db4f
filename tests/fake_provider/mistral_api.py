"""Mistral: batch jobs over uploaded files; realtime calls and files have OpenAI's routes."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fake_provider.server import Call, FakeProvider, Reply

ENDED = ("SUCCESS", "FAILED", "TIMEOUT_EXCEEDED", "CANCELLED")


def create(provider: FakeProvider, call: Call) -> Reply:
    wanted = call.json
    with provider.lock:
        data = b"".join(provider.files[name]["data"] for name in wanted["input_files"])
        lines = [json.loads(line) for line in data.splitlines()]
        name = f"job-{len(provider.batches)}"
        provider.batches[name] = {
            "id": name,
            "object": "batch",
            "input_files": wanted["input_files"],
            "metadata": wanted.get("metadata"),
            "endpoint": wanted["endpoint"],
            "model": wanted.get("model"),
            "output_file": None,
            "error_file": None,
            "errors": [],
            "status": "QUEUED",
            "created_at": int(time.time()),
            "total_requests": len(lines),
            "completed_requests": 0,
            "succeeded_requests": 0,
            "failed_requests": 0,
            "_lines": lines,
            "_polls": 0,
        }
        return 200, _public(provider.batches[name])


def _public(job: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in job.items() if not name.startswith("_")}


def listing(provider: FakeProvider, call: Call) -> Reply:
    """The jobs whose metadata is as asked for."""
    known = ("page", "page_size", "created_by_me", "order_by")
    wanted = {name: value for name, value in call.query.items() if name not in known}
    jobs = [job for job in provider.batches.values() if "_lines" in job and not job.get("_deleted")]
    rows = [_public(job) for job in reversed(jobs) if wanted.items() <= (job["metadata"] or {}).items()]
    size = int(call.query.get("page_size", 100))
    start = size * int(call.query.get("page", 0))
    return 200, {"object": "list", "total": len(rows), "data": rows[start : start + size]}


def retrieve(provider: FakeProvider, call: Call) -> Reply:
    with provider.lock:
        job = provider.batches[call.parts[0]]
        if call.route.startswith("DELETE"):
            job["_deleted"] = True
            return 200, {"id": job["id"], "object": "batch", "deleted": True}
        if job["status"] not in ENDED:
            step(provider, job)
        return 200, _public(job)


def step(provider: FakeProvider, job: dict[str, Any]) -> None:
    """One look at a job moves it on."""
    job["_polls"] += 1
    names = [line["custom_id"] for line in job["_lines"]]
    if (
        provider.faults.refusal
        or len(set(names)) < len(names)
        or any("model" in line["body"] for line in job["_lines"])
    ):
        job["status"] = "FAILED"
        job["errors"] = [{"message": f"refused: {provider.faults.refusal or 'a line'}", "count": len(names)}]
    elif job["status"] == "CANCELLATION_REQUESTED":
        finish(provider, job, "CANCELLED", 0.5)
    elif provider.faults.holds(list(provider.batches).index(job["id"])):
        job["status"] = "RUNNING"
        provider.faults.polled_while_held.set()
    elif job["_polls"] >= provider.polls:
        expired = provider.expires()
        finish(
            provider, job, "TIMEOUT_EXCEEDED" if expired else "SUCCESS", provider.faults.answered if expired else 1.0
        )
    else:
        job["status"] = "RUNNING"


def finish(provider: FakeProvider, job: dict[str, Any], status: str, share: float) -> None:
    """Run the lines in another order; what is not done is in no file."""
    lines = list(job["_lines"])
    provider.random.shuffle(lines)
    done = int(len(lines) * share)
    files: dict[str, list[str]] = {"output": [], "error": []}
    for position, line in enumerate(lines):
        body = {"model": job["model"], **line["body"]}
        if position >= done:
            provider.never_run(job["endpoint"], body, job["id"])
            continue
        code, answer = provider.run(job["endpoint"], body, job["id"])
        row = {"id": f"r{position}", "custom_id": line["custom_id"], "error": None}
        row["response"] = {"status_code": code, "body": answer}
        files["output" if code == 200 else "error"].append(json.dumps(row))
    for kind, rows in files.items():
        if rows:
            name = f"file-{kind}_{job['id']}"
            provider.files[name] = {"purpose": "batch", "data": ("\n".join(rows) + "\n").encode()}
            job[f"{kind}_file"] = name
    job["status"], job["completed_requests"] = status, done


def cancel(provider: FakeProvider, call: Call) -> Reply:
    job = provider.batches[call.parts[0]]
    if job["status"] not in ENDED:
        job["status"] = "CANCELLATION_REQUESTED"
    return 200, _public(job)


ROUTES = {
    r"POST /v1/batch/jobs": create,
    r"GET /v1/batch/jobs": listing,
    r"(?:GET|DELETE) /v1/batch/jobs/(job-\d+)": retrieve,
    r"POST /v1/batch/jobs/(job-\d+)/cancel": cancel,
}
