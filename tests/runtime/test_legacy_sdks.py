"""SDKs that their providers have given up: the same answers, errors and restarts as with the current ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_provider import Failure, FakeProvider, Faults
from launcher import Ended
from legacy import needs_legacy_sdks, run, start

from runtime.programs import Program

pytestmark = needs_legacy_sdks

OPENAI = """
import asyncio, os
import openai
from llm_batch import batched, gather_batch, request, run_batch

openai.api_base = os.environ["OPENAI_BASE_URL"]
def words(text): return [{"role": "user", "content": text}]
CALLS = [
    (openai.ChatCompletion.create, dict(model="gpt-3.5-turbo", messages=words("plain"))),
    (openai.ChatCompletion.create, dict(model="gpt-3.5-turbo", messages=words("plain"), timeout=9, request_timeout=9)),
    (openai.Completion.create, dict(engine="davinci-002", prompt="plain", max_tokens=9)),
    (openai.Embedding.create, dict(model="text-embedding-ada-002", input=["a", "b"], encoding_format="float")),
    (openai.ChatCompletion.create, dict(model="gpt-3.5-turbo", messages=words("spend"))),
    (openai.ChatCompletion.create, dict(model="gpt-3.5-turbo", messages=words("again"))),
]

def ask(method, arguments):
    try:
        return str((yield request(method, **arguments)))
    except openai.error.OpenAIError as error:
        return type(error).__name__, error.http_status, error.user_message

def live(method, arguments):
    try:
        return str(method(**arguments))
    except openai.error.OpenAIError as error:
        return type(error).__name__, error.http_status, error.user_message

async def text(name):
    answer = await batched(openai.ChatCompletion.acreate, model="gpt-3.5-turbo", messages=words(name))
    return answer["choices"][0].message.content.split(" ", 1)[1]

async def main():
    return await gather_batch(text("a"), text("b"))
"""
GEMINI = """
import asyncio, os, warnings
warnings.simplefilter("ignore")
import google.generativeai as genai
from google.api_core import exceptions
from llm_batch import batched, gather_batch, request, run_batch

genai.configure(api_key="x", transport="rest", client_options={"api_endpoint": os.environ["GOOGLE_GEMINI_BASE_URL"]})
model = genai.GenerativeModel("gemini-1.5-flash", system_instruction="short", generation_config={"temperature": 0.5})
CALLS = [
    (model.generate_content, dict(contents="plain")),
    (model.generate_content, dict(contents="plain", request_options={"timeout": 60})),
    (model.generate_content, dict(contents=["two", "parts"], generation_config={"max_output_tokens": 9})),
    (model.generate_content, dict(contents="city", safety_settings={"HARASSMENT": "BLOCK_NONE"})),
    (model.generate_content, dict(contents="spend")),
]

def ask(method, arguments):
    try:
        return str((yield request(method, **arguments)).to_dict())
    except exceptions.GoogleAPICallError as error:
        return isinstance(error, exceptions.BadRequest), error.code.value, error.message.rpartition(": ")[2]

def live(method, arguments):
    try:
        return str(method(**arguments).to_dict())
    except exceptions.GoogleAPICallError as error:
        return isinstance(error, exceptions.BadRequest), error.code.value, error.message.rpartition(": ")[2]

async def text(name):
    return (await batched(model.generate_content_async, name)).text.split(" ", 1)[1]

async def main():
    return await gather_batch(text("a"), text("b"))
"""
BEFORE = 'print("\\n".join(str(live(*call)) for call in CALLS))\n'
OVER = 'print("\\n".join(map(str, run_batch(ask(*call) for call in CALLS))))\n'
SDKS = pytest.mark.parametrize(
    "sdk, source, batches", [("openai_legacy", OPENAI, 3), ("generativeai", GEMINI, 1)], ids=["openai", "generativeai"]
)


def ended(folder: Path, provider: FakeProvider, sdk: str, source: str) -> Ended:
    return run(Program(folder, source, (sdk,)).folder, provider, "program.py")


@SDKS
def test_answers_and_errors_are_those_of_the_realtime_call(tmp_path: Path, sdk: str, source: str, batches: int) -> None:
    with FakeProvider(Faults(failures=[Failure("spend", 400, "no_money", "No money.")])) as provider:
        before = ended(tmp_path, provider, sdk, source + BEFORE)
        asked = provider.realtime_calls
        after = ended(tmp_path, provider, sdk, source + OVER)
        assert before.code == after.code == 0, (before, after)
        assert before.output == after.output
        assert "400" in after.output
        assert "No money." in after.output
        assert (provider.realtime_calls, len(provider.batches)) == (asked, batches)
        assert not (tmp_path / ".llm_batch").exists()
        assert provider.refused == []


@SDKS
def test_coroutines_share_a_batch(tmp_path: Path, sdk: str, source: str, batches: int) -> None:
    with FakeProvider() as provider:
        result = ended(tmp_path, provider, sdk, source + "print(asyncio.run(main()))\n")
        assert result.output == "['a', 'b']\n", result
        assert (provider.realtime_calls, len(provider.batches)) == (0, 1)


@SDKS
def test_a_killed_run_finds_its_batches_and_the_next_night_makes_others(
    tmp_path: Path, sdk: str, source: str, batches: int
) -> None:
    Program(tmp_path, source + OVER, (sdk,))
    with FakeProvider(Faults(hold_from=0)) as provider:
        killed = start(tmp_path, provider, "program.py")
        assert provider.faults.polled_while_held.wait(60)
        killed.kill()
        killed.communicate()
        status = run(tmp_path, provider, "llm_batch.py", "status")
        assert status.code == 0, status
        assert len(status.output.splitlines()) == batches + 1
        provider.faults.hold_from = None
        first = run(tmp_path, provider, "program.py")
        assert (first.code, len(provider.batches)) == (0, batches), first
        assert run(tmp_path, provider, "program.py").output == first.output
        assert len(provider.batches) == 2 * batches


@SDKS
def test_a_batch_that_expires_keeps_its_answers_and_a_server_in_trouble_is_asked_again(
    tmp_path: Path, sdk: str, source: str, batches: int
) -> None:
    trouble = {"GET /v1/batches": [500, 429], "GET /v1beta/batches": [500, 429]}
    with FakeProvider(Faults(expiring=1, statuses=trouble)) as provider:
        result = ended(tmp_path, provider, sdk, source + OVER)
        assert (result.code, len(provider.batches)) == (0, batches + 1), result
        assert "cannot wait for batch" in result.errors or "cannot create" in result.errors


def test_what_a_batch_cannot_carry_is_refused(tmp_path: Path) -> None:
    body = """
for method, arguments in [
    (openai.ChatCompletion.create, dict(model="m", messages=words("x"), api_key="other")),
    (openai.ChatCompletion.create, dict(model="m", messages=words("x"), stream=True)),
    (openai.Image.create, dict(prompt="x")),
]:
    try:
        request(method, **arguments)
    except ValueError as error:
        print(error)
openai.api_base = "http://elsewhere/v1"
try:
    request(openai.ChatCompletion.create, model="m", messages=words("x"))
except ValueError as error:
    print(error)
"""
    with FakeProvider() as provider:
        result = ended(tmp_path, provider, "openai_legacy", OPENAI + body)
        assert len(result.output.splitlines()) == 4, result
        assert (provider.realtime_calls, provider.batches) == (0, {})


AZURE = """
openai.api_type, openai.api_version = "azure", "2023-05-15"
try:
    request(openai.ChatCompletion.create, engine="mine", messages=words("x"))
except ValueError as error:
    print(error)
"""
STREAM = """
try:
    request(model.generate_content, "x", stream=True)
except ValueError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("sdk", "source", "word"),
    [("openai_legacy", OPENAI + AZURE, "Azure"), ("generativeai", GEMINI + STREAM, "stream")],
    ids=["azure", "stream"],
)
def test_what_the_old_sdk_asks_otherwise_is_refused(tmp_path: Path, sdk: str, source: str, word: str) -> None:
    with FakeProvider() as provider:
        result = ended(tmp_path, provider, sdk, source)
        assert word in result.output, result
        assert provider.realtime_calls == 0
