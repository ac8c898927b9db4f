"""Gemini through google-genai: the same answers, errors and restarts as with the other providers."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_provider import Failure, FakeProvider, Faults

from runtime.programs import Program

pytest.importorskip("google.genai")

SOURCE = """
import asyncio
from google import genai
from google.genai import errors, types
from pydantic import BaseModel
from llm_batch import batched, gather_batch, request, run_batch

class City(BaseModel):
    name: str
    size: int

client = genai.Client()
CALLS = [
    dict(contents="plain"),
    dict(contents="plain"),
    dict(contents=["two", "parts"], config={"temperature": 0.5, "system_instruction": "short"}),
    dict(
        contents="city",
        config=types.GenerateContentConfig(response_schema=City, response_mime_type="application/json"),
    ),
    dict(contents="spend"),
]

def ask(arguments):
    try:
        answer = yield request(client.models.generate_content, model="gemini-2.5-flash", **arguments)
    except errors.APIError as error:
        return type(error).__name__, error.code, error.message
    return answer.text, answer.parsed

def live(arguments):
    try:
        answer = client.models.generate_content(model="gemini-2.5-flash", **arguments)
    except errors.APIError as error:
        return type(error).__name__, error.code, error.message
    return answer.text, answer.parsed

async def text(name):
    answer = await batched(client.aio.models.generate_content, model="gemini-2.5-flash", contents=name)
    return answer.text.split(" ", 1)[1]

async def main():
    return await gather_batch(text("a"), text("b"))
"""
OVER = 'print("\\n".join(map(str, run_batch(ask(arguments) for arguments in CALLS))))\n'


def test_answers_and_errors_are_those_of_the_realtime_call(tmp_path: Path) -> None:
    body = 'print("\\n".join(map(str, map(live, CALLS))))\n'
    with FakeProvider(Faults(failures=[Failure("spend", 400, "INVALID_ARGUMENT", "No money.")])) as provider:
        before = Program(tmp_path, SOURCE + body, ("google",)).run(provider)
        after = Program(tmp_path, SOURCE + OVER, ("google",)).run(provider)
        assert before.code == after.code == 0, (before, after)
        assert before.output == after.output
        assert "ClientError" in after.output
        assert "City(" not in after.errors
        assert (provider.realtime_calls, len(provider.batches)) == (5, 1)
        assert sorted(provider.answered().values()) == [2, 2, 4]
        assert not (tmp_path / ".llm_batch").exists()


def test_coroutines_share_a_batch(tmp_path: Path) -> None:
    with FakeProvider() as provider:
        result = Program(tmp_path, SOURCE + "print(asyncio.run(main()))\n", ("google",)).run(provider)
        assert result.output == "['a', 'b']\n", result
        assert (provider.realtime_calls, len(provider.batches)) == (0, 1)


def test_a_killed_run_finds_its_batch_and_the_next_night_makes_another(tmp_path: Path) -> None:
    program = Program(tmp_path, SOURCE + OVER, ("google",))
    with FakeProvider(Faults(hold_from=0)) as provider:
        program.run_killed(provider, provider.faults.polled_while_held)
        provider.faults.hold_from = None
        first = program.run(provider)
        assert (first.code, len(provider.batches)) == (0, 1), first
        assert program.run(provider).output == first.output
        assert len(provider.batches) == 2


def test_an_expired_batch_keeps_its_answers(tmp_path: Path) -> None:
    with FakeProvider(Faults(expiring=1)) as provider:
        result = Program(tmp_path, SOURCE + OVER, ("google",)).run(provider)
        assert (result.code, len(provider.batches), sum(provider.answered().values())) == (0, 2, 5), result


def test_what_a_batch_cannot_carry_is_refused(tmp_path: Path) -> None:
    body = """
def weather(city: str) -> str: return "fine"
for method, arguments in [
    (client.models.generate_content, dict(contents="x", config={"tools": [weather]})),
    (client.models.embed_content, dict(contents="x")),
]:
    try:
        request(method, model="m", **arguments)
    except ValueError as error:
        print(error)
"""
    with FakeProvider() as provider:
        result = Program(tmp_path, SOURCE + body, ("google",)).run(provider)
        assert len(result.output.splitlines()) == 2, result
        assert provider.realtime_calls == 0
