"""What the helper must know about the providers, read from the package's data; `render` writes it out as a table."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import yaml

from batchlint.runtime.model import Limits

# How the provider is called here: the file with its facts, its name among that file's batch tiers.
SOURCES = {
    "openai": ("openai.yaml", "openai"),
    "anthropic": ("anthropic.yaml", "anthropic"),
    "mistral": ("mistralai.yaml", "mistral"),
    "google": ("google_genai.yaml", "google-genai"),
}


def load(provider: str) -> dict[str, Any]:
    """Limits, endpoints, error statuses and sources of one provider."""
    file, tier = SOURCES[provider]
    data = files("batchlint") / "data"
    facts = yaml.safe_load((data / "providers" / file).read_bytes())
    extra = yaml.safe_load((data / "runtime.yaml").read_bytes()).get(provider, {})
    limits = facts["limits"]
    return {
        "limits": Limits(
            limits.get("requests", extra.get("requests")),
            limits.get("bytes", limits.get("inline_bytes")),
            limits.get("embedding_inputs"),
            limits.get("one_model", True),
        ),
        "endpoints": tuple(facts["batch"][tier]["endpoints"]),
        "error_status": extra.get("error_status", {}),
        "results_days": extra["results_days"],
        "source": limits["source"],
        "checked": str(limits["checked"]),
    }


FACTS = {provider: load(provider) for provider in SOURCES}
LIMITS = {provider: facts["limits"] for provider, facts in FACTS.items()}
ENDPOINTS = {provider: facts["endpoints"] for provider, facts in FACTS.items()}
ERROR_STATUS = {provider: facts["error_status"] for provider, facts in FACTS.items() if facts["error_status"]}
RESULTS_DAYS = min(facts["results_days"] for facts in FACTS.values())
