"""Helpers of the project that call what they are given once per item, in a loop, a pool or a gather."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

HEAD = """\
import asyncio
from concurrent.futures import ThreadPoolExecutor

from openai import AsyncOpenAI, OpenAI

client = OpenAI()
later = AsyncOpenAI()
TEXTS = ["tea", "cup", "jam", "bun", "tea"]


def ask(text, tone="dry"):
    return client.responses.create(model="gpt-5-mini", input=f"{tone}: {text}").output_text


async def aask(text):
    return (await later.responses.create(model="gpt-5-mini", input=text)).output_text


"""
POOL = """
def parallel(fn, items, workers=4):
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(fn, items))


"""
LOOP = """
def each_of(fn, items):
    results = []
    for item in items:
        results.append(fn(item))
    return results


"""
GATHER = """
async def limited(fn, items, limit=3):
    gate = asyncio.Semaphore(limit)

    async def one(item):
        async with gate:
            return await fn(item)

    return await asyncio.gather(*[one(item) for item in items])


"""
FOLD = """
def fold(fn, items):
    text = ""
    for item in items:
        text = fn(text + item)
    return text


"""
ASKER = """
class Asker:
    def __init__(self, tone):
        self.tone = tone

    def __call__(self, text):
        return ask(text, self.tone)


class Shouter:
    def __call__(self, text):
        return text.upper()


def same(texts, asker):
    return [asker(text) for text in texts]


"""
ALIKE = {
    "a loop over an object": LOOP + ASKER + "asker = Asker('warm')\nprint(each_of(asker, TEXTS))\n",
    "objects of which one asks nothing": ASKER + "print(same(TEXTS, Asker('dry')), same(TEXTS, Shouter()))\n",
    "a comprehension over an object": ASKER + "print(same(TEXTS, Asker('dry')))\n",
    "a pool": POOL + "print(parallel(ask, TEXTS, workers=2))\n",
    "a pool of another file": {
        "app.py": HEAD + "from tools import parallel\n\nprint(parallel(ask, TEXTS))\n",
        "tools.py": "from concurrent.futures import ThreadPoolExecutor\n" + POOL,
    },
    "a loop": LOOP + "print(each_of(ask, TEXTS))\n",
    "a loop with a lambda": LOOP + "print(each_of(lambda text: ask(text, tone='warm'), TEXTS))\n",
    "two functions, one that asks nothing": LOOP + "print(each_of(ask, TEXTS), each_of(str_of, TEXTS))\n",
    "a comprehension": (
        "def each_of(fn, items):\n    return {item: fn(item) for item in items}\n\n\nprint(each_of(ask, TEXTS))\n"
    ),
    "a gather": GATHER + "print(asyncio.run(limited(aask, TEXTS)))\n",
}
LEFT = {
    "an object or a function": ASKER + "print(same(TEXTS, Asker('dry')), same(TEXTS, ask))\n",
    "a fold of an object": FOLD + ASKER + "print(fold(Asker('dry'), TEXTS))\n",
    "a fold": FOLD + "print(fold(ask, TEXTS))\n",
    "a helper that somebody else calls": LOOP + "print(each_of(ask, TEXTS), list(map(each_of, [], [])))\n",
    "a helper that keeps the function": (
        "KEPT = []\n\n\ndef each_of(fn, items):\n    KEPT.append(fn)\n    return [fn(item) for item in items]\n\n\n"
        "print(each_of(ask, TEXTS), KEPT[0]('tea'))\n"
    ),
}


@pytest.mark.parametrize("name", ALIKE)
def test_programs_run_alike(name: str, tmp_path: Path) -> None:
    source = ALIKE[name]
    if isinstance(source, str):
        source = HEAD + "def str_of(text):\n    return text.upper()\n\n\n" + source
    check_runs_alike(source, tmp_path)


@pytest.mark.parametrize("name", LEFT)
def test_what_is_used_otherwise_is_left(name: str) -> None:
    assert check_noop(HEAD + LEFT[name]) is None
