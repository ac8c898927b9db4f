"""What the helper must know about the providers, read from the package's data; `render` writes it out as a table."""

from __future__ import annotations

from functools import cache
from typing import Any

from batchlint import datafiles

# By backend, whose facts hold: SDKs that a provider has given up go to the same API, and so does what needs no SDK.
SOURCES = {
    "openai": "openai",
    "openai_legacy": "openai",
    "openai_http": "openai",
    "anthropic": "anthropic",
    "anthropic_http": "anthropic",
    "google": "google-genai",
    "generativeai": "google-genai",
    "google_http": "google-genai",
    "mistral": "mistral",
}


@cache
def load(provider: str) -> tuple[dict[str, Any], str]:
    """What one batch may hold and where it can go, how long results are kept; and the source of the limits."""
    name = SOURCES[provider]
    facts = next(each for each in datafiles.documents("providers") if each["provider"] == name)
    extra = datafiles.document("runtime", name)[name]
    limits = facts["limits"]
    table = {
        "limits": (
            limits.get("requests", 0),
            limits.get("bytes", limits.get("inline_bytes")),
            limits.get("embedding_inputs", 0),
        ),
        "one_model": limits.get("one_model", True),
        "kept_days": extra["results_days"],
        "endpoints": facts["batch"][name]["endpoints"],
    }
    if "error_status" in extra:
        table["statuses"] = extra["error_status"]
    return table, f"{limits['source']}, {limits['checked']}"


FACTS = {provider: load(provider)[0] for provider in SOURCES}
