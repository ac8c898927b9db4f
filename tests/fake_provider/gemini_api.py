"""Gemini: generateContent, and batches with their requests inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fake_provider.server import Call, FakeProvider, Reply

MAX_BYTES = 20_000_000
CODES = {400: 3, 401: 16, 403: 7, 404: 5, 409: 10, 429: 8, 500: 13, 503: 14, 504: 4}


def realtime(provider: FakeProvider, call: Call) -> Reply:
    return provider.run(f"{call.parts[0]}:generateContent", call.json, None)


def create(provider: FakeProvider, call: Call) -> Reply:
    wanted = call.json["batch"]
    requests = wanted["inputConfig"]["requests"]["requests"]
    if len(call.data) > MAX_BYTES or not requests or any(not row["metadata"]["key"] for row in requests):
        provider.refused.append("batch")
        return 400, {"error": {"code": 400, "message": "refused", "status": "INVALID_ARGUMENT"}}
    with provider.lock:
        name = f"batches/b{len(provider.batches)}"
        provider.batches[name] = {
            "name": name,
            "done": False,
            "metadata": {"displayName": wanted["displayName"], "state": "BATCH_STATE_PENDING", "model": call.parts[0]},
            "_requests": requests,
            "_polls": 0,
            "_deleted": False,
        }
        return 200, _public(provider.batches[name])


def _public(batch: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in batch.items() if not name.startswith("_")}


def listing(provider: FakeProvider, call: Call) -> Reply:
    rows = [batch for batch in provider.batches.values() if "_deleted" in batch and not batch["_deleted"]]
    return 200, {"operations": [_public(batch) for batch in reversed(rows)]}


def retrieve(provider: FakeProvider, call: Call) -> Reply:
    with provider.lock:
        batch = provider.batches.get(call.parts[0])
        if batch is None or batch["_deleted"]:
            return 404, {"error": {"code": 404, "message": "no such batch", "status": "NOT_FOUND"}}
        if call.route.startswith("DELETE"):
            batch["_deleted"] = True
            return 200, {}
        if not batch["done"]:
            step(provider, batch)
        return 200, _public(batch)


def step(provider: FakeProvider, batch: dict[str, Any]) -> None:
    """One look at a batch moves it on."""
    facts = batch["metadata"]
    batch["_polls"] += 1
    if provider.faults.refusal and provider.faults.refused_batches > 0:
        provider.faults.refused_batches -= 1
        facts["state"], batch["done"] = "BATCH_STATE_FAILED", True
        batch["error"] = {"code": 3, "message": f"refused: {provider.faults.refusal}"}
    elif facts["state"] == "BATCH_STATE_CANCELLING":
        finish(provider, batch, "CANCELLED", 0.5)
    elif provider.faults.holds(list(provider.batches).index(batch["name"])):
        facts["state"] = "BATCH_STATE_RUNNING"
        provider.faults.polled_while_held.set()
    elif batch["_polls"] >= provider.polls:
        expired = provider.expires()
        finish(provider, batch, "EXPIRED" if expired else "SUCCEEDED", provider.faults.answered if expired else 1.0)
    else:
        facts["state"] = "BATCH_STATE_RUNNING"


def finish(provider: FakeProvider, batch: dict[str, Any], state: str, share: float) -> None:
    """Run the requests in another order; what is not done has no row."""
    requests = list(batch["_requests"])
    provider.random.shuffle(requests)
    done = int(len(requests) * share)
    endpoint = f"{batch['metadata']['model']}:generateContent"
    rows = []
    for request in requests[done:]:
        provider.never_run(endpoint, request["request"], batch["name"])
    for request in requests[:done]:
        status, body = provider.run(endpoint, request["request"], batch["name"])
        if status == 200:
            rows.append({"metadata": request["metadata"], "response": body})
        else:
            error = {"code": CODES[status], "message": body["error"]["message"]}
            rows.append({"metadata": request["metadata"], "error": error})
    batch["response"] = {"inlinedResponses": {"inlinedResponses": rows}}
    batch["metadata"]["state"], batch["done"] = f"BATCH_STATE_{state}", True


def cancel(provider: FakeProvider, call: Call) -> Reply:
    batch = provider.batches[call.parts[0]]
    if not batch["done"]:
        batch["metadata"]["state"] = "BATCH_STATE_CANCELLING"
    return 200, {}


ROUTES = {
    r"POST /v1(?:beta)?/(models/[\w.-]+):generateContent": realtime,
    r"POST /v1(?:beta)?/(models/[\w.-]+):batchGenerateContent": create,
    r"GET /v1(?:beta)?/batches": listing,
    r"(?:GET|DELETE) /v1(?:beta)?/(batches/b\d+)": retrieve,
    r"POST /v1(?:beta)?/(batches/b\d+):cancel": cancel,
}
