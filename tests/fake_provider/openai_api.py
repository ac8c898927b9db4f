"""OpenAI: realtime endpoints, files and batches."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fake_provider.server import Call, FakeProvider, Reply

ENDPOINTS = ("/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/v1/completions", "/v1/moderations")
MAX_LINES, MAX_BYTES, MAX_INPUTS = 50_000, 200_000_000, 50_000
MISTRAL = {"sample_type": "batch_request", "source": "upload"}  # its files have the same routes, and these fields
ENDED = ("completed", "failed", "expired", "cancelled")


def realtime(provider: FakeProvider, call: Call) -> Reply:
    return provider.run(call.route.split()[1], call.json, None)


def by_engine(provider: FakeProvider, call: Call) -> Reply:
    """How openai < 1.0 asks where the code names an `engine`."""
    engine, endpoint = call.parts
    return provider.run(f"/v1/{endpoint}", {**call.json, "model": engine}, None)


def upload(provider: FakeProvider, call: Call) -> Reply:
    fields = multipart(call.headers["Content-Type"], call.data)
    with provider.lock:
        name = f"file-{len(provider.files)}"
        provider.files[name] = {"purpose": fields["purpose"].decode(), "data": fields["file"]}
        return 200, _file(provider, name)


def multipart(content_type: str, data: bytes) -> dict[str, bytes]:
    """The fields of a form upload."""
    boundary = re.search(r'boundary="?([^";]+)', content_type)
    assert boundary
    fields = {}
    for part in data.split(b"--" + boundary[1].encode())[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)
        assert name
        fields[name[1].decode()] = content.removesuffix(b"\r\n")
    return fields


def _file(provider: FakeProvider, name: str) -> dict[str, Any]:
    row = provider.files[name]
    facts = {"id": name, "object": "file", "bytes": len(row["data"]), "created_at": int(time.time())}
    return facts | {"filename": name, "purpose": row["purpose"], "status": "processed"} | MISTRAL


def file(provider: FakeProvider, call: Call) -> Reply:
    name = call.parts[0]
    if name not in provider.files:
        return 404, {
            "error": {"message": f"No such file: {name}", "type": "invalid_request_error", "code": "not_found"}
        }
    if call.route.startswith("DELETE"):
        del provider.files[name]
        return 200, {"id": name, "object": "file", "deleted": True}
    return 200, _file(provider, name)


def content(provider: FakeProvider, call: Call) -> Reply:
    return 200, provider.files[call.parts[0]]["data"]


def create(provider: FakeProvider, call: Call) -> Reply:
    wanted = call.json
    with provider.lock:
        if wanted["input_file_id"] not in provider.files or wanted["endpoint"] not in ENDPOINTS:
            provider.refused.append(f"create {wanted}")
            return 400, {"error": {"message": "no such file or endpoint", "type": "invalid_request_error", "code": "x"}}
        name = f"batch_{len(provider.batches)}"
        provider.batches[name] = {
            "id": name,
            "object": "batch",
            "endpoint": wanted["endpoint"],
            "errors": None,
            "input_file_id": wanted["input_file_id"],
            "completion_window": wanted["completion_window"],
            "status": "validating",
            "output_file_id": None,
            "error_file_id": None,
            "created_at": int(time.time()),
            "metadata": wanted.get("metadata"),
            "request_counts": {"total": 0, "completed": 0, "failed": 0},
        }
        provider.batches[name]["_polls"] = 0
        return 200, public(provider.batches[name])


def public(batch: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in batch.items() if not name.startswith("_")}


def listing(provider: FakeProvider, call: Call) -> Reply:
    """Newest first, by pages."""
    rows = [public(batch) for batch in reversed(provider.batches.values()) if batch.get("object") == "batch"]
    names = [row["id"] for row in rows]
    start = names.index(call.query["after"]) + 1 if "after" in call.query else 0
    page = rows[start : start + int(call.query.get("limit", 20))]
    return 200, {"object": "list", "data": page, "has_more": start + len(page) < len(rows)}


def retrieve(provider: FakeProvider, call: Call) -> Reply:
    with provider.lock:
        batch = provider.batches.get(call.parts[0])
        if batch is None:
            return 404, {"error": {"message": "no such batch", "type": "invalid_request_error", "code": "not_found"}}
        step(provider, batch)
        return 200, public(batch)


def cancel(provider: FakeProvider, call: Call) -> Reply:
    batch = provider.batches[call.parts[0]]
    if batch["status"] not in ENDED:
        batch["status"] = "cancelling"
    return 200, public(batch)


def step(provider: FakeProvider, batch: dict[str, Any]) -> None:
    """One look at a batch moves it on."""
    if batch["status"] in ENDED:
        return
    batch["_polls"] += 1
    if batch["status"] == "validating":
        lines, errors = validate(provider, batch)
        if errors:
            batch["status"], batch["errors"] = "failed", {"object": "list", "data": errors}
            return
        batch["status"], batch["_lines"] = "in_progress", lines
        batch["request_counts"] = {"total": len(lines), "completed": 0, "failed": 0}
    elif batch["status"] == "cancelling":
        finish(provider, batch, "cancelled", 0.5)
    elif provider.faults.holds(list(provider.batches).index(batch["id"])):
        provider.faults.polled_while_held.set()
    elif batch["_polls"] >= provider.polls:
        expired = provider.expires()
        finish(provider, batch, "expired" if expired else "completed", provider.faults.answered if expired else 1.0)


def validate(provider: FakeProvider, batch: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """The lines of the input file, and what a strict provider refuses in them."""
    data = provider.files[batch["input_file_id"]]["data"]
    lines = [json.loads(line) for line in data.splitlines() if line.strip()]
    found = []
    names = [line["custom_id"] for line in lines]
    if not lines:
        found.append("empty_file")
    if len(lines) > MAX_LINES or len(data) > MAX_BYTES:
        found.append("too_large")
    if len(set(names)) < len(names) or not all(1 <= len(name) <= 64 for name in names):
        found.append("custom_id")
    if len({line["body"].get("model") for line in lines}) > 1:
        found.append("mismatched_model")
    if any(line["url"] != batch["endpoint"] or line["method"] != "POST" for line in lines):
        found.append("mismatched_url")
    if any(line["body"].get("stream") for line in lines):
        found.append("stream")
    if batch["endpoint"] == "/v1/embeddings" and sum(_inputs(line["body"]["input"]) for line in lines) > MAX_INPUTS:
        found.append("too_many_inputs")
    provider.refused += found
    if provider.faults.refusal and provider.faults.refused_batches > 0:
        provider.faults.refused_batches -= 1
        found.append(provider.faults.refusal)
    return lines, [{"code": code, "line": 1, "message": f"refused: {code}", "param": None} for code in found]


def _inputs(value: Any) -> int:
    return len(value) if isinstance(value, list) and not isinstance(value[0], int) else 1


def finish(provider: FakeProvider, batch: dict[str, Any], status: str, share: float) -> None:
    """Run the lines in another order; answers and errors go to two files."""
    lines = batch.pop("_lines", None) or validate(provider, batch)[0]
    provider.random.shuffle(lines)
    done = int(len(lines) * share)
    output: list[bytes] = []
    errors: list[bytes] = []
    for position, line in enumerate(lines):
        row = {"id": f"batch_req_{position}", "custom_id": line["custom_id"], "response": None, "error": None}
        if position >= done:
            provider.never_run(batch["endpoint"], line["body"], batch["id"])
            row["error"] = {"code": f"batch_{status}", "message": "This request was not run."}
            errors.append(json.dumps(row).encode())
            continue
        code, body = provider.run(batch["endpoint"], line["body"], batch["id"])
        row["response"] = {"status_code": code, "request_id": f"req_{position}", "body": body}
        (output if code == 200 else errors).append(json.dumps(row).encode())
    for kind, rows in (("output", output), ("error", errors)):
        if rows:
            name = f"file-{kind}_{batch['id']}"
            provider.files[name] = {"purpose": "batch_output", "data": b"\n".join(rows) + b"\n"}
            batch[f"{kind}_file_id"] = name
    batch["status"] = status
    batch["request_counts"] = {"total": len(lines), "completed": len(output), "failed": len(errors)}


ROUTES = {
    r"POST (/v1/(?:chat/completions|responses|embeddings|completions|moderations))": realtime,
    r"POST /v1/engines/([\w.-]+)/((?:chat/)?completions|embeddings)": by_engine,
    r"POST /v1/files": upload,
    r"(?:GET|DELETE) /v1/files/([\w-]+)": file,
    r"GET /v1/files/([\w-]+)/content": content,
    r"POST /v1/batches": create,
    r"GET /v1/batches": listing,
    r"GET /v1/batches/(batch_\d+)": retrieve,
    r"POST /v1/batches/(batch_\d+)/cancel": cancel,
}
