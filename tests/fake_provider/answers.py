"""Answers as a function of the request alone, so that a swapped or stale answer shows."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from typing import Any

TRANSPORT = ("stream", "stream_options", "encoding_format")


def canonical(endpoint: str, body: dict[str, Any]) -> str:
    """The request as the model sees it: without what only says how the answer travels."""
    seen = {key: value for key, value in body.items() if key not in TRANSPORT}
    return f"{endpoint} {json.dumps(seen, sort_keys=True)}"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def prompt(body: dict[str, Any]) -> str:
    """The text of the last message or input."""
    last: Any = body.get("messages") or body.get("contents") or body.get("input") or body.get("prompt") or ""
    while isinstance(last, list | dict):
        if isinstance(last, list):
            last = last[-1] if last else ""
        else:
            last = last.get("content") or last.get("parts") or last.get("text") or ""
    return str(last)


def text(endpoint: str, body: dict[str, Any]) -> str:
    """The model's words: JSON where the request wants JSON."""
    mark = digest(canonical(endpoint, body))
    wanted = schema_of(body)
    if wanted is not None:
        return json.dumps(instance(wanted, mark))
    return f"{mark[:8]} {prompt(body)[:60]}"


def schema_of(body: dict[str, Any]) -> dict[str, Any] | None:
    formats = (
        body.get("response_format"),
        (body.get("text") or {}).get("format") if isinstance(body.get("text"), dict) else None,
        (body.get("output_config") or {}).get("format"),
    )
    for form in formats:
        if isinstance(form, dict):
            if form.get("type") == "json_object":
                return {"type": "object", "properties": {"answer": {"type": "string"}, "score": {"type": "integer"}}}
            found = form.get("schema") or (form.get("json_schema") or {}).get("schema")
            if found:
                return dict(found)
    config = body.get("generationConfig") or {}
    return config.get("responseSchema") or config.get("responseJsonSchema")


def instance(schema: dict[str, Any], mark: str, root: dict[str, Any] | None = None) -> Any:
    """Some value that fits the JSON schema, another one for another mark."""
    root = root or schema
    if "$ref" in schema:
        target: Any = root
        for step in schema["$ref"].split("/")[1:]:
            target = target[step]
        return instance(target, mark, root)
    number = int(digest(mark)[:6], 16)
    if "enum" in schema:
        return schema["enum"][number % len(schema["enum"])]
    for variants in (schema.get("anyOf"), schema.get("oneOf"), schema.get("allOf")):
        if variants:
            return instance(variants[0], mark, root)
    kind = str(schema.get("type", "object")).lower()
    if kind == "object":
        return {name: instance(part, mark + name, root) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [instance(schema["items"], f"{mark}{i}", root) for i in range(1 + number % 2)]
    values: dict[str, Any] = {
        "integer": number % 100,
        "number": number % 1000 / 8,
        "boolean": number % 2 == 0,
        "null": None,
    }
    return values.get(kind, f"v{digest(mark)[:6]}")


def vector(model: str, item: Any, length: int) -> list[float]:
    """Eighths, which are exact in float32: the same through base64 and JSON."""
    data = hashlib.sha256(f"{model} {item}".encode()).digest()
    return [(data[i % 32] - 128) / 8 for i in range(length)]


def embeddings(body: dict[str, Any], length: int) -> dict[str, Any]:
    given = body["input"]
    items = given if isinstance(given, list) and given and not isinstance(given[0], int) else [given]
    rows = []
    for index, item in enumerate(items):
        values: Any = vector(body["model"], item, body.get("dimensions") or length)
        if body.get("encoding_format") == "base64":
            values = base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode()
        rows.append({"object": "embedding", "index": index, "embedding": values})
    used = {"prompt_tokens": len(items), "completion_tokens": 0, "total_tokens": len(items)}
    # Mistral's answers have an id as well.
    name = f"embd-{digest(canonical('/v1/embeddings', body))[:12]}"
    return {"id": name, "object": "list", "data": rows, "model": body["model"], "usage": used}


def chat(endpoint: str, body: dict[str, Any]) -> dict[str, Any]:
    mark = digest(canonical(endpoint, body))
    message: dict[str, Any] = {"role": "assistant", "content": text(endpoint, body), "refusal": None}
    reason = "length" if body.get("max_tokens") == 1 else "stop"
    if body.get("tools") and body.get("tool_choice") != "none":
        function = body["tools"][0]["function"]
        arguments = json.dumps(instance(function.get("parameters") or {}, mark))
        call = {
            "id": f"call_{mark[:8]}",
            "type": "function",
            "function": {"name": function["name"], "arguments": arguments},
        }
        message, reason = message | {"content": None, "tool_calls": [call]}, "tool_calls"
    choice = {"index": 0, "message": message, "finish_reason": reason, "logprobs": None}
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    created = 1_790_000_000
    return {"id": f"chatcmpl-{mark[:12]}", "object": "chat.completion", "created": created, "model": body["model"]} | {
        "choices": [choice],
        "usage": usage,
    }


def response(endpoint: str, body: dict[str, Any]) -> dict[str, Any]:
    mark = digest(canonical(endpoint, body))
    content = {"type": "output_text", "text": text(endpoint, body), "annotations": []}
    message = {
        "id": f"msg_{mark[:12]}",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [content],
    }
    return {
        "id": f"resp_{mark[:12]}",
        "object": "response",
        "created_at": 1_790_000_000,
        "status": "completed",
        "model": body["model"],
        "output": [message],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": body.get("tools") or [],
        "text": body.get("text") or {"format": {"type": "text"}},
        "usage": {
            "input_tokens": 10,
            "output_tokens": 5,
            "total_tokens": 15,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": 0},
        },
    }


def moderation(endpoint: str, body: dict[str, Any]) -> dict[str, Any]:
    mark = digest(canonical(endpoint, body))
    given = body["input"] if isinstance(body["input"], list) else [body["input"]]
    results = [
        {"flagged": digest(str(item))[0] in "01234567", "categories": {}, "category_scores": {}} for item in given
    ]
    return {"id": f"modr-{mark[:8]}", "model": body.get("model", "omni-moderation-latest"), "results": results}


def completion(endpoint: str, body: dict[str, Any]) -> dict[str, Any]:
    mark = digest(canonical(endpoint, body))
    choice = {"index": 0, "text": text(endpoint, body), "finish_reason": "stop", "logprobs": None}
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    kind = {"id": f"cmpl-{mark[:8]}", "object": "text_completion", "created": 1_790_000_000, "model": body["model"]}
    return kind | {"choices": [choice], "usage": usage}


def message(endpoint: str, body: dict[str, Any]) -> dict[str, Any]:
    mark = digest(canonical(endpoint, body))
    return {
        "id": f"msg_{mark[:12]}",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [{"type": "text", "text": text(endpoint, body)}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 5},
    }


def generated(endpoint: str, body: dict[str, Any]) -> dict[str, Any]:
    """Gemini's answer."""
    content = {"role": "model", "parts": [{"text": text(endpoint, body)}]}
    usage = {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15}
    return {"candidates": [{"content": content, "finishReason": "STOP", "index": 0}], "usageMetadata": usage}


def answer(endpoint: str, body: dict[str, Any], vector_length: int = 8) -> dict[str, Any]:
    """The body of a successful response."""
    if endpoint.endswith("/embeddings"):
        return embeddings(body, vector_length)
    makers = {
        "/chat/completions": chat,
        "/responses": response,
        "/moderations": moderation,
        "/completions": completion,
        "/messages": message,
        ":generateContent": generated,
    }
    maker = next(maker for end, maker in makers.items() if endpoint.endswith(end))
    return maker(endpoint, body)
