"""The batches of earlier runs at OpenAI: named by their metadata, listed newest first."""

from __future__ import annotations

import json

from batchlint.runtime.asking import Request
from batchlint.runtime.journal import new_file
from batchlint.runtime.openai_batches import OpenAIBatches
from batchlint.runtime.two_phase import NAMED, Held, Named


def held_by_openai(backend: OpenAIBatches, prefix: str, since: float) -> list[Held]:
    found = backend.named(prefix, since)
    return [Held(key, each.id, each.endpoint, each.created_at, each.input_file_id) for key, each in found]


def ids_at_openai(backend: OpenAIBatches, held: Held) -> list[str]:
    file = new_file()
    backend.save(backend.files.with_streaming_response.content(held.file), file)
    file.seek(0)
    return [json.loads(line)["custom_id"] for line in file if line.strip()]


def late_at_openai(request: Request) -> bytes:
    client, path = request.backend.client, request.endpoint.removeprefix("/v1")
    try:
        response = {"status_code": 200, "body": client.post(path, cast_to=object, body=json.loads(request.body.read()))}
    except Exception as error:
        if not getattr(error, "status_code", None):
            raise
        response = {"status_code": error.status_code, "body": {"error": error.body}}  # type: ignore[attr-defined]
    return json.dumps({"custom_id": request.custom_id, "response": response}).encode()


NAMED["openai"] = Named(held_by_openai, ids_at_openai, late_at_openai)
