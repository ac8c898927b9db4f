"""What a line of the results of Anthropic's Message Batches says."""

from __future__ import annotations

from typing import Any


def message_result(row: dict[str, Any], statuses: dict[str, int]) -> tuple[int, Any, str | None]:
    """The HTTP status of a line of the results, 0 where the request was never run; its body; its id.

    `statuses`: those that the realtime endpoint answers, by the kind of the error.
    """
    result = row["result"]
    if result["type"] == "succeeded":
        return 200, result["message"], None
    if result["type"] != "errored":
        return 0, None, None
    error = result["error"]
    kind = error.get("error", error).get("type")
    return int(statuses.get(kind, 500)), error, error.get("request_id")
