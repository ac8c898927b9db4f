"""The HTTP side: routes, records of what was asked, and the server thread."""

from __future__ import annotations

import json
import random
import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from fake_provider import anthropic_api, gemini_api, mistral_api, openai_api
from fake_provider.answers import answer, canonical
from fake_provider.faults import Faults

Reply = tuple[int, Any]


@dataclass(frozen=True)
class Call:
    """One HTTP request as the routes see it."""

    route: str
    parts: tuple[str, ...]
    query: dict[str, str]
    headers: Any
    data: bytes

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.data or b"{}"))


@dataclass(frozen=True)
class Exchange:
    """One model request that was run: what was asked, and how it ended (0: never run)."""

    request: str
    status: int
    batch: str | None


class FakeProvider:
    """OpenAI, Anthropic, Gemini and Mistral on one port of 127.0.0.1.

    `polls`: how many looks a batch takes. `record=False` only counts requests, for runs of millions of them.
    """

    def __init__(self, faults: Faults | None = None, *, seed: int = 1, polls: int = 2, record: bool = True) -> None:
        self.faults = faults or Faults()
        self.random = random.Random(seed)
        self.polls, self.record = polls, record
        self.vector_length = 8
        self.lock = threading.RLock()
        self.files: dict[str, Any] = {}
        self.batches: dict[str, Any] = {}
        self.exchanges: list[Exchange] = []
        self.paid: Counter[int] = Counter()
        self.realtime_calls = 0
        self.cost = 0.0
        self.calls: Counter[str] = Counter()
        self.refused: list[str] = []
        self._attempts: Counter[tuple[str, str]] = Counter()

    def __enter__(self) -> FakeProvider:
        handler = type("Handler", (_Handler,), {"provider": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def environment(self) -> dict[str, str]:
        """Variables that send the SDKs of a child process here."""
        return {
            "OPENAI_BASE_URL": f"{self.url}/v1",
            "OPENAI_API_KEY": "none",
            "ANTHROPIC_BASE_URL": self.url,
            "ANTHROPIC_API_KEY": "none",
            "GOOGLE_GEMINI_BASE_URL": self.url,
            "GEMINI_API_KEY": "none",
            "MISTRAL_BASE_URL": self.url,
            "MISTRAL_API_KEY": "none",
            "LLM_BATCH_POLL_SECONDS": "0.02",
            "NO_PROXY": "*",
        }

    def answered(self) -> Counter[str]:
        """The multiset of requests that were answered, realtime or batch."""
        return Counter(exchange.request for exchange in self.exchanges if exchange.status == 200)

    def run(self, endpoint: str, body: dict[str, Any], batch: str | None) -> Reply:
        """Answer one model request, or fail it as the faults say."""
        with self.lock:
            status, reply = self._outcome(endpoint, body, batch)
            self.realtime_calls += batch is None
            if status == 200:
                self.cost += 1.0 if batch is None else 0.5
            if self.record:
                self.exchanges.append(Exchange(canonical(endpoint, body), status, batch))
            elif status == 200:
                self.paid[hash(canonical(endpoint, body))] += 1
            return status, reply

    def never_run(self, endpoint: str, body: dict[str, Any], batch: str) -> None:
        self.exchanges.append(Exchange(canonical(endpoint, body), 0, batch))

    def _outcome(self, endpoint: str, body: dict[str, Any], batch: str | None) -> Reply:
        for failure in self.faults.failures:
            text = json.dumps(body, ensure_ascii=False)
            if failure.text in text and not (failure.realtime_only and batch):
                self._attempts[failure.text, text] += 1
                if failure.times is None or self._attempts[failure.text, text] <= failure.times:
                    return failure.status, problem(endpoint, failure.status, failure.code, failure.message)
        return 200, answer(endpoint, body, self.vector_length)

    def expires(self) -> bool:
        """Whether the batch that is about to end expires instead."""
        self.faults.expiring -= 1
        return self.faults.expiring >= 0


def problem(endpoint: str, status: int, code: str, message: str) -> dict[str, Any]:
    """An error body as the endpoint's provider words it."""
    if "/messages" in endpoint:
        kinds = {
            401: "authentication_error",
            403: "permission_error",
            404: "not_found_error",
            413: "request_too_large",
            429: "rate_limit_error",
            529: "overloaded_error",
        }
        kind = kinds.get(status, "api_error" if status >= 500 else "invalid_request_error")
        return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}
    if "models/" in endpoint or endpoint.startswith("/v1beta"):
        return {"error": {"code": status, "message": message, "status": code.upper()}}
    kind = "server_error" if status >= 500 else "invalid_request_error"
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


Handle = Callable[[FakeProvider, Call], Reply]
GEMINI: list[tuple[re.Pattern[str], Handle]] = [(re.compile(p), handle) for p, handle in gemini_api.ROUTES.items()]
OTHERS: list[tuple[re.Pattern[str], Handle]] = [
    (re.compile(pattern), handle)
    for module in (openai_api, anthropic_api, mistral_api)
    for pattern, handle in module.ROUTES.items()
]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one packet: the second one would wait for the first to be acknowledged
    provider: FakeProvider

    def log_message(self, *args: object) -> None:
        """Silent."""

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_DELETE = do_GET  # noqa: N815

    def _answer(self) -> None:
        url = urlsplit(self.path)
        route = f"{self.command} {url.path.removeprefix('/openai')}"
        data = self._data()
        faults = self.provider.faults
        with self.provider.lock:
            self.provider.calls[re.sub(r"/[a-z]*[-_]?\d+\b", "/*", route)] += 1
            status = faults.status(route)
        if status is not None:
            return self._send(status, problem(url.path, status, "try_again", "The provider has trouble."))
        reply: Reply = (404, problem(url.path, 404, "not_found", f"no route {route}"))
        for pattern, handle in GEMINI if "x-goog-api-key" in self.headers or "key=" in url.query else OTHERS:
            found = pattern.fullmatch(route)
            if found:
                call = Call(route, found.groups(), dict(parse_qsl(url.query)), self.headers, data)
                reply = handle(self.provider, call)
                break
        broken = faults.broken_reply(route)
        if broken == 0:
            faults.accepted.set()
            threading.Event().wait(60)
        elif broken:
            reply = (broken, problem(url.path, broken, "lost", "The answer was lost."))
        return self._send(*reply)

    def _send(self, status: int, reply: Any) -> None:
        headers = reply.pop("_headers", {}) if isinstance(reply, dict) else {}
        plain = isinstance(reply, dict | list)
        data = json.dumps(reply).encode() if plain else reply
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if plain else "application/octet-stream")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("x-request-id", "req_realtime")
        self.send_header("request-id", "req_realtime")
        if status >= 429:
            self.send_header("retry-after-ms", "1")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _data(self) -> bytes:
        if (self.headers.get("Transfer-Encoding") or "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        blocks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            blocks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(blocks)
