"""`urllib` and `aiohttp` without an SDK, and Gemini over HTTP: the same answers and errors as in realtime."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_provider import Failure, FakeProvider, Faults

from runtime.programs import Program

PROVIDERS = ("openai_http", "google_http")
SOURCE = """
import asyncio, json, os, urllib.error
from urllib.request import Request, urlopen
import aiohttp, httpx, requests
from llm_batch import batched, gather_batch, request, run_batch

OPENAI, GEMINI = os.environ["OPENAI_BASE_URL"], os.environ["GOOGLE_GEMINI_BASE_URL"] + "/v1beta/models/"
KEYS = {"Authorization": "Bearer x", "Content-Type": "application/json"}
def chat(text): return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]}
def parts(text): return {"contents": [{"parts": [{"text": text}]}], "generationConfig": {"temperature": 0}}
def opened(text): return Request(OPENAI + "/chat/completions", json.dumps(chat(text)).encode(), KEYS)
FLASH = GEMINI + "gemini-2.5-flash:generateContent"
POSTS = [
    (requests.post, FLASH, dict(json=parts("a"), headers={"x-goog-api-key": "k"})),
    (requests.post, FLASH + "?key=k", dict(json=parts("b"), timeout=9)),
    (httpx.post, FLASH, dict(json=parts("c"), params={"key": "k"})),
    (requests.post, FLASH + "?key=k", dict(json=parts("spend"))),
]

def posted(answer):
    failed = ""
    try:
        answer.raise_for_status()
    except (requests.HTTPError, httpx.HTTPStatusError) as error:
        failed = type(error).__name__, error.response.status_code, error.response.json()["error"]["message"]
    return answer.status_code, str(answer.url), answer.json() if not failed else failed

def opening(asked):
    try:
        with asked as answer:
            return answer.status, answer.getcode(), answer.reason, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, error.reason, json.loads(error.read())["error"]["message"]

def post(method, url, arguments):
    return posted((yield request(method, url, **arguments)))

def open_one(text):
    try:
        answer = yield request(urlopen, opened(text), timeout=9)
    except urllib.error.HTTPError as error:
        return error.code, error.reason, json.loads(error.read())["error"]["message"]
    return opening(answer)

def live():
    for method, url, arguments in POSTS:
        print(posted(method(url, **arguments)))
    for text in ("d", "spend"):
        try:
            print(opening(urlopen(opened(text), timeout=9)))
        except urllib.error.HTTPError as error:
            print((error.code, error.reason, json.loads(error.read())["error"]["message"]))

def over():
    for found in run_batch(post(*each) for each in POSTS):
        print(found)
    for found in run_batch(open_one(text) for text in ("d", "spend")):
        print(found)
"""
AIO = """
async def told(answer):
    kind = answer.content_type, answer.reason, answer.ok
    return answer.status, str(answer.url), kind, await answer.json(), await answer.text(), await answer.read()

async def whole(session, text):
    async with session.post(OPENAI + "/chat/completions", json=chat(text), headers={"X-A": "b"}) as answer:
        if answer.status != 200:
            return answer.status, json.loads(await answer.text())["error"]["message"]
        return await told(answer)

async def strict(session, text):
    try:
        async with session.post("chat/completions", data=json.dumps(chat(text))) as answer:
            answer.raise_for_status()
            return (await answer.json())["choices"][0]["message"]["content"]
    except aiohttp.ClientResponseError as error:
        return error.status, error.message, str(error)

async def stricter(session, text):
    try:
        answer = await session.post(FLASH, params={"key": "k"}, json=parts(text), raise_for_status=True)
        return (await answer.json(content_type=None))["candidates"][0]
    except aiohttp.ClientError as error:
        return str(error)

async def main():
    options = {"headers": KEYS, "base_url": OPENAI + "/"} if BASED else {"headers": KEYS}
    async with aiohttp.ClientSession(**options) as session:
        asked = [f(session, text) for f in (strict, stricter, whole) for text in ("a", "b", "spend")]
        print("\\n".join(map(str, await GATHER(*asked))))

BASED = True
asyncio.run(main())
"""
OVER = AIO.replace("GATHER", "gather_batch").replace("async with session", "async with await session")
OVER = OVER.replace("await session.post(", "await batched(session.post, ")
FAULTS = Faults(failures=[Failure("spend", 400, "no_money", "No money.")])


@pytest.mark.parametrize(
    ("realtime", "over", "calls", "batches"),
    [("live()\n", "over()\n", 6, 2), (AIO.replace("GATHER", "asyncio.gather"), OVER, 9, 2)],
    ids=["urllib and Gemini", "aiohttp"],
)
def test_answers_and_errors_are_those_of_the_realtime_call(
    tmp_path: Path, realtime: str, over: str, calls: int, batches: int
) -> None:
    with FakeProvider(FAULTS) as provider:
        before = Program(tmp_path, SOURCE + realtime, PROVIDERS).run(provider)
        after = Program(tmp_path, SOURCE + over, PROVIDERS).run(provider)
        assert before.code == after.code == 0, (before, after)
        assert before.output == after.output
        assert "400" in after.output
        assert (provider.realtime_calls, len(provider.batches)) == (calls, batches)
        assert not (tmp_path / ".llm_batch").exists()
