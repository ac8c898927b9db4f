"""What the helper must know about the providers, read from the package's data; `render` writes it out as a table."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import yaml

# How the provider is called here: the file with its facts, its name among that file's batch tiers.
SOURCES = {
    "openai": ("openai.yaml", "openai"),
    "anthropic": ("anthropic.yaml", "anthropic"),
    "mistral": ("mistralai.yaml", "mistral"),
    "google": ("google_genai.yaml", "google-genai"),
}


def load(provider: str) -> tuple[dict[str, Any], str]:
    """What one batch may hold and where it can go, how long results are kept; and the source of the limits."""
    file, tier = SOURCES[provider]
    data = files("batchlint") / "data"
    facts = yaml.safe_load((data / "providers" / file).read_bytes())
    extra = yaml.safe_load((data / "runtime.yaml").read_bytes()).get(provider, {})
    limits = facts["limits"]
    table = {
        "limits": (
            limits.get("requests", 0),
            limits.get("bytes", limits.get("inline_bytes")),
            limits.get("embedding_inputs", 0),
        ),
        "one_model": limits.get("one_model", True),
        "kept_days": extra["results_days"],
        "endpoints": facts["batch"][tier]["endpoints"],
    }
    if "error_status" in extra:
        table["statuses"] = extra["error_status"]
    return table, f"{limits['source']}, {limits['checked']}"


FACTS = {provider: load(provider)[0] for provider in SOURCES}
