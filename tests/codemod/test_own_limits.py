"""Limits that the project has written itself: around requests they go, unless they do more, or let one item in."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

HEAD = """\
import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager

from openai import AsyncOpenAI, OpenAI

client, live = AsyncOpenAI(), OpenAI()
PLACES, ROOM, LOCK = threading.Semaphore(2), asyncio.Semaphore(2), threading.Lock()
WORDS = ["tea", "cup", "jam", "pot"]
SEEN = []


"""
THREADS = """
@contextmanager
def slot(pause=0.001):
    \"\"\"A place.\"\"\"
    BODY


def ask(word):
    with slot():
        return live.responses.create(model="gpt-5-mini", input=word).output_text


"""
LOOP = "for word in WORDS:\n    print(word, ask(word))\n"
POOL = "with ThreadPoolExecutor(8) as pool:\n    print(list(pool.map(ask, WORDS)))\n"
COROUTINES = """
class Limiter:
    def __init__(self, places):
        self.places = asyncio.Semaphore(places)
        self.count = 0

    async def __aenter__(self):
        await self.places.acquire()
        ENTERED
        return self

    async def __aexit__(self, *error):
        await asyncio.sleep(0.001)
        self.places.release()

    @asynccontextmanager
    async def slot(self):
        async with self.places:
            try:
                yield
            finally:
                await asyncio.sleep(0.001)


limiter = Limiter(PLACES)


async def ask(word):
    async with HELD:
        return (await client.responses.create(model="gpt-5-mini", input=word)).output_text


async def main():
    print(await asyncio.gather(*[ask(word) for word in WORDS]))


asyncio.run(main())
"""
PLAIN = "with PLACES:\n        yield\n        time.sleep(pause)"
GONE = {
    "in a loop": THREADS.replace("BODY", PLAIN) + LOOP,
    "in a pool": THREADS.replace("BODY", PLAIN) + POOL,
    "through another one": THREADS.replace("BODY", "with inner():\n        yield").replace(
        "@contextmanager", "@contextmanager\ndef inner():\n    with PLACES:\n        yield\n\n\n@contextmanager", 1
    )
    + LOOP,
    "of a class": COROUTINES.replace("HELD", "limiter").replace("ENTERED", "pass").replace("(PLACES)", "(2)"),
    "of a method": COROUTINES.replace("HELD", "limiter.slot()").replace("ENTERED", "pass").replace("(PLACES)", "(2)"),
    "of a class that is one": """
class Limiter(asyncio.Semaphore):
    pass


limiter = Limiter(2)


async def ask(word):
    async with limiter:
        return (await client.responses.create(model="gpt-5-mini", input=word)).output_text


async def main():
    print(await asyncio.gather(*[ask(word) for word in WORDS]))


asyncio.run(main())
""",
}
HELD = {
    "a lock": THREADS.replace("BODY", "with LOCK:\n        yield") + LOOP,
    "a lock of a method": COROUTINES.replace("HELD", "limiter.slot()")
    .replace("ENTERED", "pass")
    .replace("asyncio.Semaphore(places)", "asyncio.Lock()"),
    "a place, and a note": THREADS.replace("BODY", "with PLACES:\n        SEEN.append(1)\n        yield") + LOOP,
    "a place, and what is yielded": THREADS.replace("BODY", "with PLACES:\n        yield 1") + LOOP,
    "a place, and what an error becomes": THREADS.replace(
        "BODY", "with PLACES:\n        try:\n            yield\n        except OSError:\n            pass"
    )
    + LOOP,
    "a place of a class, and a count": COROUTINES.replace("HELD", "limiter")
    .replace("ENTERED", "self.count += 1")
    .replace("(PLACES)", "(2)"),
}


@pytest.mark.parametrize("name", GONE)
def test_a_limit_that_only_limits_goes(name: str, tmp_path: Path) -> None:
    alike = check_runs_alike(HEAD + GONE[name], tmp_path)
    after = alike.rewritten.files["app.py"]
    assert not {"    with slot():", "    async with limiter:", "    async with limiter.slot():"} & {*after.splitlines()}


@pytest.mark.parametrize("name", HELD)
def test_what_is_held_or_does_more_stays(name: str) -> None:
    check_noop(HEAD + HELD[name], "unsupported-shape")


@pytest.mark.parametrize("held", ["LOCK", "PLACES"])
def test_what_is_taken_by_hand_stays(held: str) -> None:
    check_noop(HEAD + THREADS.replace("BODY", f"{held}.acquire()\n    yield\n    {held}.release()") + LOOP)


def test_what_waits_for_its_turn_in_front_of_a_request_stays_there(tmp_path: Path) -> None:
    waiting = "with LOCK:\n        SEEN.append(len(SEEN))\n    yield"
    alike = check_runs_alike(HEAD + THREADS.replace("BODY", waiting) + POOL, tmp_path)
    assert "with slot():" in alike.rewritten.files["app.py"]


STACK = """
class Writer:
    def __init__(self, places):
        self.places = places
        self.lock = asyncio.Lock()

    async def write(self, word):
        async with AsyncExitStack() as stack:
            BODY
            answer = await client.responses.create(model="gpt-5-mini", input=word)
        return answer.output_text


async def main():
    writer = Writer(asyncio.Semaphore(2))
    print(await asyncio.gather(*(writer.write(word) for word in WORDS)))


asyncio.run(main())
"""
NAMED = HEAD.replace("import asynccontextmanager,", "import AsyncExitStack, asynccontextmanager,")


def test_a_limit_that_an_exit_stack_holds_goes(tmp_path: Path) -> None:
    done = check_runs_alike(NAMED + STACK.replace("BODY", "await stack.enter_async_context(self.places)"), tmp_path)
    assert done.after.cost == done.before.cost / 2
    assert done.after.ended.errors.count("4 requests to") == 1
    assert "Stack" not in done.rewritten.files["app.py"].replace("import AsyncExitStack", "")


def test_the_stack_stays_for_what_else_it_holds(tmp_path: Path) -> None:
    body = "await stack.enter_async_context(self.places)\n            stack.callback(len, word)"
    text = check_runs_alike(NAMED + STACK.replace("BODY", body), tmp_path).rewritten.files["app.py"]
    assert "async with AsyncExitStack() as stack:\n            stack.callback(len, word)\n" in text


@pytest.mark.parametrize(
    "body",
    [
        "await stack.enter_async_context(self.lock)",
        "place = await stack.enter_async_context(self.places)",
        "await stack.enter_async_context(self.places)  # four at a time",
    ],
)
def test_a_stack_that_holds_more_stays(body: str) -> None:
    check_noop(NAMED + STACK.replace("BODY", body), "unsupported-shape")
