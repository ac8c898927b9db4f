"""Gemini's Batch API without an SDK."""

from __future__ import annotations

import os
import re
from typing import Any
from urllib.parse import parse_qsl

from batchlint.runtime.asking import BACKENDS
from batchlint.runtime.google_jobs import GoogleJobs
from batchlint.runtime.http_accounts import HTTPAccount


class GoogleHTTP(HTTPAccount, GoogleJobs):
    """With the key that the program has in a header or in its URLs."""

    provider = "google_http"
    URL = re.compile(r"(?P<server>.*/v1(beta)?)/(?P<endpoint>models/[^/:?]+:generateContent)")

    @classmethod
    def parts(cls, url: str) -> tuple[str, str, dict[str, str]] | None:
        address, _, query = url.partition("?")
        found, given = cls.URL.fullmatch(address), dict(parse_qsl(query))
        if not found or given.get("alt", "json") != "json" or given.keys() - {"alt", "key"}:
            return None
        return found["server"], found["endpoint"], {"x-goog-api-key": given["key"]} if "key" in given else {}

    @classmethod
    def connect(cls, server: str) -> Any:
        """With the account that the environment names."""
        key = os.environ.get("GEMINI_API_KEY") or os.environ["GOOGLE_API_KEY"]
        return cls(server, {"x-goog-api-key": key})

    def call(self, verb: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        # A POST without a body has no length, which the server asks for.
        return dict(self.ask(f"/{path}", {} if verb == "post" and body is None else body, verb.upper()))


BACKENDS["google_http"] = GoogleHTTP
