"""Calls of a provider's API with `requests` or `httpx`, without an SDK."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from fake_provider import Failure, Faults

from codemod.programs import check_noop, check_runs_alike

HEAD = """
import json
import os
import time

import httpx
import requests

OPENAI = os.getenv("OPENAI_BASE_URL", "https://api.openai.com/v1")
ANTHROPIC = os.environ.get("ANTHROPIC_BASE_URL", "https://api.anthropic.com") + "/v1/messages"
HEADERS = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"}
NAMES = [line.strip() for line in open("names.txt")]
"""
NAMES = "".join(f"river {n}\n" for n in range(6))

PROGRAMS = {
    "a helper that tries again": """
        def describe(name):
            payload = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": f"Describe {name}"}]}
            for attempt in range(3):
                response = requests.post(OPENAI + "/chat/completions", headers=HEADERS, json=payload, timeout=60)
                if response.status_code == 429:
                    time.sleep(2**attempt)
                    continue
                response.raise_for_status()
                return response.json()["choices"][0]["message"]["content"].strip()
            return None

        with open("out.txt", "w") as out:
            for name in NAMES:
                try:
                    print(name, describe(name), file=out)
                except requests.HTTPError as error:
                    reason = error.response.reason
                    print(name, str(error).partition(" for url")[0], reason, error.response.json()["error"]["message"])
    """,
    "a session that the object keeps": """
        from concurrent.futures import ThreadPoolExecutor

        class Claude:
            def __init__(self):
                self.session = requests.Session()
                self.session.headers.update({"x-api-key": "x", "anthropic-version": "2023-06-01"})

            def ask(self, name, limit=50):
                words = [{"role": "user", "content": f"Describe {name}"}]
                body = {"model": "claude-haiku-4-5", "max_tokens": limit, "messages": words}
                answer = self.session.post(ANTHROPIC, data=json.dumps(body), timeout=(5, 60))
                if answer.status_code != 200:
                    return f"error {answer.status_code}"
                return answer.json()["content"][0]["text"]

        claude = Claude()
        with ThreadPoolExecutor(4) as pool:
            for name, text in zip(NAMES, pool.map(claude.ask, NAMES)):
                print(name, text)
    """,
    "a client of httpx": """
        with httpx.Client(headers=HEADERS, timeout=30) as client:
            for name in NAMES:
                body = {"model": "text-embedding-3-small", "input": [name]}
                response = client.post(f"{OPENAI}/embeddings", json=body)
                if response.is_error:
                    print(name, response.text)
                    continue
                print(name, len(response.json()["data"][0]["embedding"]))
    """,
    "a session of the program's own": """
        class Session(requests.Session):
            def __init__(self):
                super().__init__()
                self.calls = 0

            def request(self, method, url, **how):
                self.headers.update(HEADERS)
                return super().request(method, url, **{"timeout": self.calls or 60, **how})

        session = Session()
        for name in NAMES:
            body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": name}]}
            answer = session.post(OPENAI + "/chat/completions", json=body, timeout=9)
            print(name, answer.status_code, answer.json())
    """,
    "coroutines that are gathered as they are": """
        import asyncio

        async def main():
            async with httpx.AsyncClient(timeout=30, headers=HEADERS) as client:
                body = [{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": name}]} for name in NAMES]
                found = await asyncio.gather(*[client.post(f"{OPENAI}/chat/completions", json=b) for b in body])
                for name, answer in zip(NAMES, found):
                    print(name, answer.status_code, answer.json())

        asyncio.run(main())
    """,
    "coroutines": """
        import asyncio

        async def describe(client, name):
            words = [{"role": "user", "content": f"Describe {name}"}]
            body = {"model": "gpt-4o-mini", "messages": words}
            response = await client.post(f"{OPENAI}/chat/completions", headers=HEADERS, json=body)
            return response.status_code, response.json()

        async def main():
            async with httpx.AsyncClient(timeout=30) as client:
                for found in await asyncio.gather(*[describe(client, name) for name in NAMES]):
                    print(found)

        asyncio.run(main())
    """,
}


@pytest.mark.parametrize("body", PROGRAMS.values(), ids=PROGRAMS)
def test_a_call_over_http_moves_like_one_of_an_sdk(tmp_path: Path, body: str) -> None:
    faults = Faults(failures=[Failure("river 3", 400, "no_money", "No money.")])
    files = {"app.py": HEAD + textwrap.dedent(body), "names.txt": NAMES}
    done = check_runs_alike(files, tmp_path, faults=faults)
    assert "No money" in done.after.ended.output or "400" in done.after.ended.output
    assert done.after.realtime == 0


BODY = '{"model": "m", "messages": [{"role": "user", "content": name}]}'
CALL = 'requests.post(OPENAI + "/chat/completions", json=' + BODY + "%s)"


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (CALL % ", verify=False", "unsupported-shape"),
        (CALL % ", stream=True", "streaming"),
        ((CALL % "").replace('"model": "m"', '"model": "m", "stream": True'), "streaming"),
    ],
)
def test_what_no_batch_carries_is_refused(call: str, name: str) -> None:
    check_noop(f"{HEAD}\nfor name in NAMES:\n    print({call}.json())\n", name)


WAITS = {
    "a default": 'float(answer.headers.get("Retry-After", 0.01))',
    "an alternative": 'float(answer.headers.get("x-ratelimit-reset-requests") or 0.01)',
}


@pytest.mark.parametrize("wait", [*WAITS.values(), "float(told) if told else 0.01"], ids=[*WAITS, "a test"])
def test_how_long_to_wait_may_be_told_or_not(tmp_path: Path, wait: str) -> None:
    source = f"""{HEAD}
def ask(name):
    for attempt in range(3):
        answer = {CALL % ", headers=HEADERS"}
        if answer.status_code == 429:
            told = answer.headers.get("Retry-After")
            time.sleep({wait})
            continue
        return answer.json()["choices"][0]["message"]["content"]

for name in NAMES:
    print(name, ask(name))
"""
    if "told" not in wait:
        source = source.replace('            told = answer.headers.get("Retry-After")\n', "")
    faults = Faults(failures=[Failure("river 3", 429, "slow", "Slow down.", times=1)])
    done = check_runs_alike({"app.py": source, "names.txt": NAMES}, tmp_path, faults=faults)
    assert done.after.realtime == 0


ALWAYS = ['answer.headers["retry-after"]', 'float(answer.headers.get("Retry-After"))']


@pytest.mark.parametrize("used", [*ALWAYS, 'answer.headers.get("x-request-id", "")', "answer.elapsed.total_seconds()"])
def test_what_only_a_connection_tells_is_refused(used: str) -> None:
    source = f"{HEAD}\nfor name in NAMES:\n    answer = {CALL % ''}\n    print({used}, answer.json())\n"
    check_noop(source, "unsupported-shape")
