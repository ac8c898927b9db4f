"""`requests` and `httpx` without an SDK: the same answers, errors and restarts as with the SDKs."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_provider import Failure, FakeProvider, Faults

from runtime.programs import Program

PROVIDERS = ("openai_http", "anthropic_http")
SOURCE = """
import asyncio, json, os
import httpx, requests
from llm_batch import batched, gather_batch, request, run_batch

OPENAI, ANTHROPIC = os.environ["OPENAI_BASE_URL"], os.environ["ANTHROPIC_BASE_URL"] + "/v1"
KEYS = {"Authorization": "Bearer x", "x-api-key": "x", "anthropic-version": "2023-06-01"}
session, client = requests.Session(), httpx.Client(base_url=OPENAI + "/", headers=KEYS)
session.headers.update(KEYS)
def chat(text): return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]}
def claude(text): return {**chat(text), "model": "claude-haiku-4-5", "max_tokens": 9}
CALLS = [
    (requests.post, OPENAI + "/chat/completions", dict(json=chat("a"), headers=KEYS, timeout=9)),
    (requests.post, OPENAI + "/chat/completions", dict(data=json.dumps(chat("b")), headers=KEYS)),
    (session.post, OPENAI + "/embeddings", dict(json={"model": "text-embedding-3-small", "input": ["c", "d"]})),
    (session.post, ANTHROPIC + "/messages", dict(json=claude("e"))),
    (httpx.post, ANTHROPIC + "/messages", dict(json=claude("f"), headers=KEYS, timeout=9)),
    (client.post, "chat/completions", dict(content=json.dumps(chat("spend")))),
    (requests.post, OPENAI + "/chat/completions", dict(json=chat("spend"), headers=KEYS)),
]

def shown(answer):
    failed = ""
    try:
        answer.raise_for_status()
    except (requests.HTTPError, httpx.HTTPStatusError) as error:
        failed = type(error).__name__, error.response.status_code
    return type(answer).__module__, answer.status_code, answer.url, answer.json(), json.loads(answer.text), failed

def ask(method, url, arguments):
    return shown((yield request(method, url, **arguments)))

def live(method, url, arguments):
    return shown(method(url, **arguments))

async def text(client, name):
    answer = await batched(client.post, OPENAI + "/chat/completions", json=chat(name))
    return answer.json()["choices"][0]["message"]["content"].split(" ", 1)[1]

async def main():
    async with httpx.AsyncClient(headers=KEYS) as client:
        return await gather_batch(text(client, "a"), text(client, "b"))
"""
BEFORE = 'print("\\n".join(str(live(*call)) for call in CALLS))\n'
OVER = 'print("\\n".join(map(str, run_batch(ask(*call) for call in CALLS))))\n'


def test_answers_and_errors_are_those_of_the_realtime_call(tmp_path: Path) -> None:
    with FakeProvider(Faults(failures=[Failure("spend", 400, "no_money", "No money.")])) as provider:
        before = Program(tmp_path, SOURCE + BEFORE, PROVIDERS).run(provider)
        after = Program(tmp_path, SOURCE + OVER, PROVIDERS).run(provider)
        assert before.code == after.code == 0, (before, after)
        assert before.output == after.output
        assert "HTTPError" in after.output
        assert "HTTPStatusError" in after.output
        assert (provider.realtime_calls, len(provider.batches)) == (7, 3)
        assert not (tmp_path / ".llm_batch").exists()


def test_coroutines_share_a_batch(tmp_path: Path) -> None:
    with FakeProvider() as provider:
        result = Program(tmp_path, SOURCE + "print(asyncio.run(main()))\n", PROVIDERS).run(provider)
        assert result.output == "['a', 'b']\n", result
        assert (provider.realtime_calls, len(provider.batches)) == (0, 1)


def test_a_killed_run_finds_its_batches_and_the_next_night_makes_others(tmp_path: Path) -> None:
    program = Program(tmp_path, SOURCE + OVER, PROVIDERS)
    with FakeProvider(Faults(hold_from=0)) as provider:
        program.run_killed(provider, provider.faults.polled_while_held)
        provider.faults.hold_from = None
        first = program.run(provider)
        assert (first.code, len(provider.batches)) == (0, 3), first
        assert program.run(provider).output == first.output
        assert len(provider.batches) == 6


def test_a_runner_without_its_disk_finds_its_batch_at_openai(tmp_path: Path) -> None:
    program = Program(tmp_path, SOURCE.replace("CALLS = [", "CALLS = [][:0] or [") + OVER, ("openai_http",))
    source = (tmp_path / "program.py").read_text().replace("in CALLS", "in CALLS[:2]")
    (tmp_path / "program.py").write_text(source)
    with FakeProvider(Faults(hold_from=0)) as provider:
        program.run_killed(provider, provider.faults.polled_while_held)
        for path in (tmp_path / ".llm_batch").iterdir():
            path.unlink()
        provider.faults.hold_from = None
        assert program.run(provider).code == 0
        assert len(provider.batches) == 1


@pytest.mark.parametrize(
    "faults",
    [
        Faults(expiring=1),
        Faults(statuses={"GET /v1/batches/": [429, 500], "POST /v1/files": [503]}),
        Faults(broken_replies={"POST /v1/batches": [0], "POST /v1/messages/batches": [500]}),
    ],
    ids=["expired", "refused for a while", "answer lost"],
)
def test_trouble_at_the_provider_costs_no_answer(tmp_path: Path, faults: Faults) -> None:
    with FakeProvider(faults) as provider:
        result = Program(tmp_path, SOURCE + OVER, PROVIDERS).run(provider)
        assert (result.code, sum(provider.answered().values())) == (0, 7), result


def test_status_and_cancel_ask_with_the_account_of_the_environment(tmp_path: Path) -> None:
    program = Program(tmp_path, SOURCE + OVER, PROVIDERS)
    with FakeProvider(Faults(hold_from=0)) as provider:
        program.run_killed(provider, provider.faults.polled_while_held)
        status = program.run(provider, "status", script="llm_batch.py")
        assert status.code == 0, status
        assert status.output.count("0 of") == 3, status
        assert program.run(provider, "cancel", script="llm_batch.py").output.count("cancelling") == 3


def test_what_a_batch_cannot_carry_is_refused(tmp_path: Path) -> None:
    body = """
for method, url, arguments in [
    (requests.post, OPENAI + "/chat/completions", dict(json={**chat("x"), "stream": True})),
    (requests.post, OPENAI + "/audio/speech", dict(json={"input": "x"})),
    (httpx.post, "http://localhost/v2/things", dict(json={"input": "x"})),
    (requests.post, OPENAI + "/chat/completions", dict(data={"a": "form"})),
]:
    try:
        request(method, url, **arguments)
    except ValueError as error:
        print(error)
try:
    request(print, "x")
except TypeError as error:
    print(error)
"""
    with FakeProvider() as provider:
        result = Program(tmp_path, SOURCE + body, PROVIDERS).run(provider)
        assert len(result.output.splitlines()) == 5, result
        assert provider.realtime_calls == 0
