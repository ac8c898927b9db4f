"""Runs programs in this process: an SDK whose answers are a function of the request, and the real driver over it."""

from __future__ import annotations

import builtins
import contextlib
import hashlib
import io
import json
import sys
import threading
import types
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from batchlint.runtime import render


class BadRequestError(Exception):
    """What the SDK raises for prompts that contain `bad`."""


@dataclass
class Provider:
    realtime: Counter[str] = field(default_factory=Counter)
    batch: Counter[str] = field(default_factory=Counter)

    @property
    def asked(self) -> Counter[str]:
        return self.realtime + self.batch


PROVIDER = Provider()


class Answer:
    def __init__(self, text: str) -> None:
        message = types.SimpleNamespace(content=text)
        self.choices = [types.SimpleNamespace(message=message)]


def answered(text: str) -> Answer:
    if "bad" in text:
        raise BadRequestError(f"refused: {text}")
    return Answer(hashlib.sha256(text.encode()).hexdigest()[:3] + text[:2])


class Completions:
    def create(self, *, model: str, messages: list[dict[str, str]]) -> Answer:
        text = messages[-1]["content"]
        PROVIDER.realtime[text] += 1
        return answered(text)


class AsyncCompletions:
    async def create(self, *, model: str, messages: list[dict[str, str]]) -> Answer:
        text = messages[-1]["content"]
        PROVIDER.realtime[text] += 1
        return answered(text)


def _client(completions: Any) -> Any:
    return types.SimpleNamespace(chat=types.SimpleNamespace(completions=completions))


SDK = types.ModuleType("openai")
SDK.OpenAI = lambda: _client(Completions())  # type: ignore[attr-defined]
SDK.AsyncOpenAI = lambda: _client(AsyncCompletions())  # type: ignore[attr-defined]
SDK.BadRequestError = BadRequestError  # type: ignore[attr-defined]


def _helper() -> types.ModuleType:
    """The assembled helper with its rounds answered on the spot."""
    module = types.ModuleType("llm_batch")
    sys.modules["llm_batch"] = module
    exec(compile(render(["openai"]), "llm_batch.py", "exec"), module.__dict__)
    del sys.modules["llm_batch"]

    class Request(module.Request):  # type: ignore[name-defined, misc]
        text: str

        def result(self) -> Answer:
            return answered(self.text)

    class Backend:
        provider, server, client = "stub", "", None

        def __init__(self, owner: object) -> None:
            pass

        def silenced(self, owner: object, kwargs: dict[str, Any]) -> Any:
            return types.SimpleNamespace(create=module.Captured.throw)

        def request(self, method: Any, args: Any, kwargs: dict[str, Any], sent: Any, how: Any) -> Request:
            made = Request(self, "/v1/chat/completions", json.loads(json.dumps(kwargs)), None)
            made.text = kwargs["messages"][-1]["content"]
            return made

    class Rounds:
        def __init__(self) -> None:
            self.stopped = threading.Event()

        def answer(self, requests: list[Request]) -> None:
            for request in requests:
                PROVIDER.batch[request.text] += 1
                request.answer = request.text

        def finish(self, good: bool) -> None:
            pass

        def release(self) -> None:
            pass

    module.Rounds = module.Stoppable = Rounds  # type: ignore[attr-defined]
    module.BACKENDS[__name__.partition(".")[0]] = Backend  # type: ignore[attr-defined]
    return module


HELPER = _helper()


@dataclass(frozen=True)
class Outcome:
    """What a program printed, and the exception it ended with."""

    output: str
    error: str
    asked: Counter[str]
    realtime: Counter[str]


def run(text: str, modules: Mapping[str, types.ModuleType] | None = None) -> Outcome:
    """Execute one file as `__main__`."""
    global PROVIDER
    PROVIDER = Provider()
    given = {"openai": SDK, "llm_batch": HELPER, **(modules or {})}

    def load(name: str, *rest: Any) -> Any:
        return given[name] if name in given else builtins.__import__(name, *rest)

    output, error = io.StringIO(), ""
    scope = {"__name__": "__main__", "__builtins__": {**vars(builtins), "__import__": load}}
    with contextlib.redirect_stdout(output):
        try:
            exec(compile(text, "app.py", "exec"), scope)
        except (Exception, SystemExit) as problem:
            error = f"{type(problem).__name__}: {problem}"
    return Outcome(output.getvalue(), error, PROVIDER.asked, PROVIDER.realtime)
