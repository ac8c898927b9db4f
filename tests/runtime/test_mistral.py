"""Mistral through mistralai: the same answers, errors and restarts as with the other providers."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_provider import Failure, FakeProvider, Faults

from runtime.programs import Program

pytest.importorskip("mistralai")

SOURCE = """
import asyncio, json, os
from mistralai.client import Mistral, errors
from pydantic import BaseModel
from llm_batch import batched, gather_batch, request, run_batch

class City(BaseModel):
    name: str
    size: int

client = Mistral(api_key="x", server_url=os.environ["MISTRAL_BASE_URL"])
def words(text): return [{"role": "user", "content": text}]
CALLS = [
    (client.chat.complete, dict(messages=words("plain"))),
    (client.chat.complete, dict(messages=words("plain"), temperature=0.5, timeout_ms=9000)),
    (client.chat.parse, dict(messages=words("city"), response_format=City)),
    (client.embeddings.create, dict(inputs=["a", "b"])),
    (client.chat.complete, dict(messages=words("spend"))),
]

def ask(method, arguments):
    try:
        return str((yield request(method, model="mistral-small-latest", **arguments)))
    except errors.SDKError as error:
        return type(error).__name__, error.status_code, json.loads(error.body)

def live(method, arguments):
    try:
        return str(method(model="mistral-small-latest", **arguments))
    except errors.SDKError as error:
        return type(error).__name__, error.status_code, json.loads(error.body)

async def text(name):
    answer = await batched(client.chat.complete_async, model="mistral-small-latest", messages=words(name))
    return answer.choices[0].message.content.split(" ", 1)[1]

async def main():
    return await gather_batch(text("a"), text("b"))
"""
BEFORE = 'print("\\n".join(str(live(*call)) for call in CALLS))\n'
OVER = 'print("\\n".join(map(str, run_batch(ask(*call) for call in CALLS))))\n'


def test_answers_and_errors_are_those_of_the_realtime_call(tmp_path: Path) -> None:
    with FakeProvider(Faults(failures=[Failure("spend", 400, "no_money", "No money.")])) as provider:
        before = Program(tmp_path, SOURCE + BEFORE, ("mistral",)).run(provider)
        after = Program(tmp_path, SOURCE + OVER, ("mistral",)).run(provider)
        assert before.code == after.code == 0, (before, after)
        assert before.output == after.output
        assert "SDKError" in after.output
        assert "City(" in after.output
        assert (provider.realtime_calls, len(provider.batches)) == (5, 2)
        assert set(provider.answered().values()) == {2}
        assert not (tmp_path / ".llm_batch").exists()


def test_coroutines_share_a_batch(tmp_path: Path) -> None:
    with FakeProvider() as provider:
        result = Program(tmp_path, SOURCE + "print(asyncio.run(main()))\n", ("mistral",)).run(provider)
        assert result.output == "['a', 'b']\n", result
        assert (provider.realtime_calls, len(provider.batches)) == (0, 1)


def test_a_killed_run_finds_its_batch_and_the_next_night_makes_another(tmp_path: Path) -> None:
    program = Program(tmp_path, SOURCE + OVER, ("mistral",))
    with FakeProvider(Faults(hold_from=0)) as provider:
        program.run_killed(provider, provider.faults.polled_while_held)
        provider.faults.hold_from = None
        first = program.run(provider)
        assert (first.code, len(provider.batches)) == (0, 2), first
        assert program.run(provider).output == first.output
        assert len(provider.batches) == 4


def test_a_job_out_of_time_keeps_its_answers(tmp_path: Path) -> None:
    with FakeProvider(Faults(expiring=1)) as provider:
        result = Program(tmp_path, SOURCE + OVER, ("mistral",)).run(provider)
        assert (result.code, len(provider.batches), sum(provider.answered().values())) == (0, 3, 5), result


def test_what_a_batch_cannot_carry_is_refused(tmp_path: Path) -> None:
    body = """
for method, arguments in [
    (client.chat.complete, dict(messages=words("x"), http_headers={"a": "b"})),
    (client.chat.stream, dict(messages=words("x"))),
]:
    try:
        request(method, model="m", **arguments)
    except ValueError as error:
        print(error)
"""
    with FakeProvider() as provider:
        result = Program(tmp_path, SOURCE + body, ("mistral",)).run(provider)
        assert len(result.output.splitlines()) == 2, result
        assert provider.realtime_calls == 0
