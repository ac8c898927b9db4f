"""Pools of one worker and semaphores of one place, whose items come one after the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

ASYNC = """\
import asyncio

from openai import AsyncOpenAI

client = AsyncOpenAI()
WORDS = ["tea", "cup", "jam"]
PLACES = 1
history, texts = [], []


async def tell(turn, word):
    async with turn:
        answer = await client.responses.create(model="gpt-5-mini", input={asked})
        history.append(answer.output_text)


async def main():
    turn = asyncio.Semaphore({places})
    await asyncio.gather(*(tell(turn, word) for word in WORDS))
    print(sorted(history))


asyncio.run(main())
"""
POOL = """\
from concurrent.futures import ThreadPoolExecutor

from openai import OpenAI

client = OpenAI()
WORDS = ["tea", "cup", "jam"]
history, texts, cache = [], [], {{}}


def tell(word):
    {known}answer = client.responses.create(model="gpt-5-mini", input={asked})
    history.append(answer.output_text)
    cache[word] = answer.output_text
    return answer.output_text


with ThreadPoolExecutor({workers}) as pool:
    print(list(pool.map(tell, WORDS)))
"""
READS, PLAIN = "f'{word} after {len(history)}'", "f'{word} beside {len(texts)}'"


@pytest.mark.parametrize("places", ["1", "", "value=1", "PLACES"])
def test_a_semaphore_lets_one_item_in(places: str, tmp_path: Path) -> None:
    refusal = check_noop(ASYNC.format(asked=READS, places=places), "dependent-iterations")
    assert refusal is not None and "`history` is read" in refusal.detail
    check_runs_alike(ASYNC.format(asked=PLAIN, places=places), tmp_path)


@pytest.mark.parametrize("workers", ["1", "max_workers=1"])
def test_a_pool_has_one_worker(workers: str, tmp_path: Path) -> None:
    refusal = check_noop(POOL.format(asked=READS, workers=workers, known=""), "dependent-iterations")
    assert refusal is not None and "`history` is read" in refusal.detail
    check_runs_alike(POOL.format(asked=PLAIN, workers=workers, known=""), tmp_path)


def test_an_item_finds_what_the_one_before_it_keeps(tmp_path: Path) -> None:
    known = "if word in cache:\n        return cache[word]\n    "
    check_noop(POOL.format(asked="word", workers="1", known=known), "dependent-iterations")
    check_runs_alike(POOL.format(asked="word", workers="2", known=known), tmp_path)
