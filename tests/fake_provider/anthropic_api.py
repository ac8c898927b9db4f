"""Anthropic: messages and message batches."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fake_provider.server import Call, FakeProvider, Reply

ENDPOINT = "/v1/messages"
MAX_REQUESTS = 100_000


def realtime(provider: FakeProvider, call: Call) -> Reply:
    return provider.run(ENDPOINT, call.json, None)


def create(provider: FakeProvider, call: Call) -> Reply:
    """Checks the requests at once, as the real one does."""
    requests = call.json["requests"]
    names = [request["custom_id"] for request in requests]
    wrong = ""
    if provider.faults.refusal and provider.faults.refused_batches > 0:
        provider.faults.refused_batches -= 1
        wrong = provider.faults.refusal
    elif not 1 <= len(requests) <= MAX_REQUESTS or len(set(names)) < len(names):
        wrong = "requests"
    elif not all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in names):
        wrong = "custom_id"
    elif any(request["params"].get("stream") or "max_tokens" not in request["params"] for request in requests):
        wrong = "params"
    if wrong:
        provider.refused.append(wrong)
        return 400, {"type": "error", "error": {"type": "invalid_request_error", "message": f"refused: {wrong}"}}
    with provider.lock:
        name = f"msgbatch_{len(provider.batches)}"
        provider.batches[name] = {
            "id": name,
            "type": "message_batch",
            "processing_status": "in_progress",
            "request_counts": _counts(processing=len(requests)),
            "created_at": datetime.now(UTC).isoformat(),
            "expires_at": datetime.now(UTC).isoformat(),
            "ended_at": None,
            "archived_at": None,
            "cancel_initiated_at": None,
            "results_url": None,
            "_requests": requests,
            "_polls": 0,
        }
        return 200, _public(provider.batches[name])


def _counts(**given: int) -> dict[str, int]:
    return {"processing": 0, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0} | given


def _public(batch: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in batch.items() if not name.startswith("_")}


def listing(provider: FakeProvider, call: Call) -> Reply:
    rows = [_public(batch) for batch in reversed(provider.batches.values()) if batch.get("type") == "message_batch"]
    rows = rows[: int(call.query.get("limit", 20))]
    ends = {"first_id": rows[0]["id"], "last_id": rows[-1]["id"]} if rows else {"first_id": None, "last_id": None}
    return 200, {"data": rows, "has_more": False, **ends}


def retrieve(provider: FakeProvider, call: Call) -> Reply:
    with provider.lock:
        batch = provider.batches[call.parts[0]]
        if batch["processing_status"] != "ended":
            batch["_polls"] += 1
            if batch["processing_status"] == "canceling":
                finish(provider, batch, "canceled", 0.5)
            elif provider.faults.holds(list(provider.batches).index(batch["id"])):
                provider.faults.polled_while_held.set()
            elif batch["_polls"] >= provider.polls:
                expired = provider.expires()
                finish(provider, batch, "expired", provider.faults.answered if expired else 1.0)
        return 200, _public(batch)


def finish(provider: FakeProvider, batch: dict[str, Any], left: str, share: float) -> None:
    """Run the requests in another order; what is not done is `left`."""
    requests = list(batch["_requests"])
    provider.random.shuffle(requests)
    done = int(len(requests) * share)
    counts: Counter[str] = Counter()
    lines = []
    for position, request in enumerate(requests):
        if position >= done:
            provider.never_run(ENDPOINT, request["params"], batch["id"])
            result: dict[str, Any] = {"type": left}
        else:
            status, body = provider.run(ENDPOINT, request["params"], batch["id"])
            result = {"type": "succeeded", "message": body} if status == 200 else {"type": "errored", "error": body}
        counts[result["type"]] += 1
        lines.append(json.dumps({"custom_id": request["custom_id"], "result": result}))
    batch["_results"] = ("\n".join(lines) + "\n").encode()
    batch["processing_status"], batch["request_counts"] = "ended", _counts(**counts)
    batch["results_url"] = f"{provider.url}/v1/messages/batches/{batch['id']}/results"


def results(provider: FakeProvider, call: Call) -> Reply:
    return 200, provider.batches[call.parts[0]]["_results"]


def cancel(provider: FakeProvider, call: Call) -> Reply:
    batch = provider.batches[call.parts[0]]
    if batch["processing_status"] != "ended":
        batch["processing_status"] = "canceling"
    return 200, _public(batch)


ROUTES = {
    r"POST /v1/messages": realtime,
    r"POST /v1/messages/batches": create,
    r"GET /v1/messages/batches": listing,
    r"GET /v1/messages/batches/(msgbatch_\d+)": retrieve,
    r"GET /v1/messages/batches/(msgbatch_\d+)/results": results,
    r"POST /v1/messages/batches/(msgbatch_\d+)/cancel": cancel,
}
