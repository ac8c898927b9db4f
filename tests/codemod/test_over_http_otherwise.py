"""Calls of a provider's API with `urllib` and `aiohttp`, and Gemini's without an SDK."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from fake_provider import Failure, Faults

from codemod.programs import check_noop, check_runs_alike

HEAD = """
import asyncio
import json
import os
import urllib.error
import urllib.request

import aiohttp
import requests

OPENAI = os.getenv("OPENAI_BASE_URL", "https://api.openai.com/v1")
GEMINI = os.getenv("GOOGLE_GEMINI_BASE_URL", "https://generativelanguage.googleapis.com") + "/v1beta/models"
HEADERS = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}", "Content-Type": "application/json"}
KEY = os.environ["GEMINI_API_KEY"]
NAMES = [line.strip() for line in open("names.txt")]

def chat(name):
    return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": f"Describe {name}"}]}

def parts(name):
    return {"contents": [{"parts": [{"text": f"Describe {name}"}]}], "generationConfig": {"temperature": 0}}
"""
NAMES = "".join(f"river {n}\n" for n in range(6))

PROGRAMS = {
    "a request that urllib opens": """
        def ask(name):
            body = json.dumps(chat(name)).encode("utf-8")
            asked = urllib.request.Request(f"{OPENAI}/chat/completions", data=body, headers=HEADERS, method="POST")
            try:
                with urllib.request.urlopen(asked, timeout=60) as response:
                    return json.loads(response.read().decode("utf-8"))["choices"][0]["message"]["content"]
            except urllib.error.HTTPError as error:
                return f"error {error.code}: {error.read().decode()}"

        for name in NAMES:
            print(name, ask(name))
    """,
    "a response of urllib under a name": """
        def ask(name):
            asked = urllib.request.Request(f"{GEMINI}/gemini-2.5-flash:generateContent?key={KEY}")
            asked.add_header("Content-Type", "application/json")
            response = urllib.request.urlopen(asked, data=json.dumps(parts(name)).encode())
            found = json.load(response)
            response.close()
            return response.status, found["candidates"][0]["content"]["parts"][0]["text"]

        for name in NAMES:
            try:
                print(name, ask(name))
            except urllib.error.URLError as error:
                print(name, error)
    """,
    "a session of aiohttp that the coroutines share": """
        async def describe(session, name, limit):
            async with limit, session.post(f"{OPENAI}/chat/completions", json=chat(name)) as response:
                if response.status != 200:
                    return f"error {response.status}: {await response.text()}"
                return (await response.json())["choices"][0]["message"]["content"]

        async def main():
            limit = asyncio.Semaphore(3)
            async with aiohttp.ClientSession(headers=HEADERS, timeout=aiohttp.ClientTimeout(total=60)) as session:
                for found in await asyncio.gather(*[describe(session, name, limit) for name in NAMES]):
                    print(found)

        asyncio.run(main())
    """,
    "a session of aiohttp for each request": """
        async def describe(name):
            try:
                async with aiohttp.ClientSession() as session:
                    url = f"{GEMINI}/gemini-2.5-flash:generateContent"
                    async with session.post(url, params={"key": KEY}, data=json.dumps(parts(name))) as response:
                        response.raise_for_status()
                        data = await response.json(content_type=None)
                        await response.release()
            except aiohttp.ClientResponseError as error:
                return error.status, error.message
            return data["candidates"][0]["content"]["parts"][0]["text"]

        async def main():
            for name in NAMES:
                print(name, await describe(name))

        asyncio.run(main())
    """,
    "Gemini with a key in the URL": """
        def ask(name):
            url = f"{GEMINI}/gemini-2.5-flash:generateContent?key={KEY}"
            response = requests.post(url, json=parts(name), timeout=60)
            response.raise_for_status()
            return response.json()["candidates"][0]["content"]["parts"][0]["text"]

        with open("out.txt", "w") as out:
            for name in NAMES:
                try:
                    print(name, ask(name), file=out)
                except requests.HTTPError as error:
                    print(name, error.response.status_code, error.response.json()["error"]["message"])
    """,
}


@pytest.mark.parametrize("body", PROGRAMS.values(), ids=PROGRAMS)
def test_it_moves_like_a_call_of_an_sdk(tmp_path: Path, body: str) -> None:
    faults = Faults(failures=[Failure("river 3", 400, "no_money", "No money.")])
    files = {"app.py": HEAD + textwrap.dedent(body), "names.txt": NAMES}
    done = check_runs_alike(files, tmp_path, faults=faults)
    assert "400" in done.after.ended.output or "No money" in done.after.ended.output
    assert done.after.realtime == 0


URL = 'urllib.request.Request(OPENAI + "/chat/completions", json.dumps(chat(name)).encode(), HEADERS)'
AIO = """
async def ask(session, name):
    async with session.post(OPENAI + "/chat/completions", json=chat(name)%s) as response:
        return %s

async def main():
    async with aiohttp.ClientSession(headers=HEADERS) as session:
        print(await asyncio.gather(*[ask(session, name) for name in NAMES]))

asyncio.run(main())
"""
LOOP = "\nfor name in NAMES:\n    "


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (f"{LOOP}print(json.load(urllib.request.urlopen({URL}, context=None)))\n", "unsupported-shape"),
        (f"{LOOP}for line in urllib.request.urlopen({URL}):\n        print(line)\n", "streaming"),
        (f"{LOOP}print(urllib.request.urlopen({URL}).headers['x-request-id'])\n", "unsupported-shape"),
        (f"{LOOP}print(urllib.request.urlopen({URL}).getheader('x-request-id'))\n", "unsupported-shape"),
        (AIO % (", ssl=False", "await response.json()"), "unsupported-shape"),
        (AIO % ("", "response.headers['x-request-id']"), "unsupported-shape"),
        (AIO % ("", "await response.content.read()"), "unsupported-shape"),
        (AIO % ("", "[line async for line in response.content]"), "unsupported-shape"),
    ],
)
def test_what_only_a_connection_has_is_refused(body: str, name: str) -> None:
    check_noop(HEAD + body, name)


ELSEWHERE = {
    "a session of another file": {
        "asking.py": """
            async def ask(session, url, body):
                answer = await session.post(url, json=body)
                return answer.status, await answer.json()
        """,
        "app.py": """
            from asking import ask

            async def main():
                async with aiohttp.ClientSession(headers=HEADERS) as session:
                    asked = [ask(session, OPENAI + "/chat/completions", chat(name)) for name in NAMES]
                    print(*await asyncio.gather(*asked), sep="\\n")

            asyncio.run(main())
        """,
    },
    "a function of another file": {
        "asking.py": """
            from urllib.request import urlopen as fetch
        """,
        "app.py": """
            from asking import fetch

            for name in NAMES:
                url = GEMINI + f"/gemini-2.5-flash:generateContent?alt=json&key={KEY}"
                try:
                    print(json.load(fetch(url, json.dumps(parts(name)).encode(), timeout=60)))
                except urllib.error.HTTPError as error:
                    print(error)
        """,
    },
}


@pytest.mark.parametrize("files", ELSEWHERE.values(), ids=ELSEWHERE)
def test_the_helper_has_the_part_for_the_library(tmp_path: Path, files: dict[str, str]) -> None:
    faults = Faults(failures=[Failure("river 3", 400, "no_money", "No money.")])
    texts = {path: textwrap.dedent(text) for path, text in files.items()}
    texts["app.py"] = HEAD + texts["app.py"]
    done = check_runs_alike({**texts, "names.txt": NAMES}, tmp_path, faults=faults)
    assert done.after.realtime == 0


@pytest.mark.parametrize(
    "body",
    [
        "    asked = session.post(OPENAI, json=chat(name))\n    async with asked as got:\n        return got.status",
        "    return session.post(OPENAI, json=chat(name))",
        "    async with AsyncExitStack() as stack:\n"
        "        response = await stack.enter_async_context(session.post(OPENAI, json=chat(name)))\n"
        "        return response.status",
    ],
)
def test_what_is_awaited_elsewhere_is_refused(body: str) -> None:
    head = HEAD.replace("import asyncio", "import asyncio\nfrom contextlib import AsyncExitStack")
    head = head.replace('"https://api.openai.com/v1")', '"https://api.openai.com/v1") + "/chat/completions"')
    source = AIO.replace(AIO[AIO.index("    async with session") : AIO.index("async def main")], body + "\n\n")
    check_noop(head + source, "unsupported-shape")
