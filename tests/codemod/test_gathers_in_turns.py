"""Gathers in a coroutine that a loop calls: all its turns are one batch, where no turn needs the one before."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from .programs import check_runs_alike, rewrite

HEAD = """\
import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from openai import AsyncOpenAI, OpenAI

client = AsyncOpenAI()
plain = OpenAI()
WORDS = ["tea", "cup", "jam"]


async def ask(text, language="en"):
    return (await client.responses.create(model="gpt-5-mini", input=f"{language} {text}")).output_text


async def ask_all(texts, language):
    return await asyncio.gather(*[ask(text, language) for text in texts])


"""
ONE = {
    "a loop around the call": """
        async def main():
            for language in ["de", "fr"]:
                print(language, await ask_all(WORDS, language))


        asyncio.run(main())
        """,
    "two levels above": """
        async def report(language):
            answers = await ask_all(WORDS, language)
            print(language, answers)
            return len(answers)


        async def main():
            total = 0
            for language in ["de", "fr"]:
                total += await report(language)
            print(total)


        asyncio.run(main())
        """,
    "what is stored under the turn's own name": """
        async def main():
            for language in ["de", "fr"]:
                path = Path(f"{language}.json")
                known = json.loads(path.read_text()) if path.exists() else {}
                missing = [word for word in WORDS if word not in known]
                known.update(zip(missing, await ask_all(missing, language)))
                path.write_text(json.dumps(known))
                print(language, len(missing))


        asyncio.run(main())
        """,
}
WITHIN = {
    "a loop in a gathered coroutine": (
        1,
        """
        async def report(language):
            answers = []
            for word in WORDS:
                answers.append(await ask(word, language))
                print(language, word, len(answers))
            return answers


        async def main():
            print(await asyncio.gather(*[report(language) for language in ["de"]]))


        asyncio.run(main())
        """,
    ),
    "a loop in which each needs the one before": (
        3,
        """
        async def report(language):
            said = ""
            for word in WORDS:
                said = await ask(f"{said} {word}", language)
            return said


        async def main():
            print(await asyncio.gather(*[report(language) for language in ["de", "fr"]]))


        asyncio.run(main())
        """,
    ),
    "a loop, and a request for what came out of it": (
        2,
        """
        async def report(language):
            answers = []
            for word in WORDS:
                answers.append(await ask(word, language))
            return await ask(" ".join(answers), language)


        async def main():
            print(await asyncio.gather(*[report(language) for language in ["de", "fr"]]))


        asyncio.run(main())
        """,
    ),
}
SEVERAL = {
    "what is stored under the same name": (
        2,
        """
        async def main():
            for language in ["de", "fr", "de"]:
                path = Path(f"{language}.json")
                known = json.loads(path.read_text()) if path.exists() else {}
                missing = [word for word in [*WORDS, f"{len(known)}"] if word not in known]
                known.update(zip(missing, await ask_all(missing, language)))
                path.write_text(json.dumps(known))
                print(language, len(missing))


        asyncio.run(main())
        """,
    ),
    "a turn needs the one before": (
        2,
        """
        async def main():
            last = ["de"]
            for number in range(2):
                last = await ask_all(WORDS, last[0])
                print(number, last)


        asyncio.run(main())
        """,
    ),
    "a call beside the loop": (
        2,
        """
        async def main():
            print(await ask_all(["pan"], "it"))
            for language in ["de", "fr"]:
                print(language, await ask_all(WORDS, language))


        asyncio.run(main())
        """,
    ),
}
POOL = """
def told(text):
    return plain.responses.create(model="gpt-5-mini", input=text).output_text


def told_all(texts):
    with ThreadPoolExecutor() as pool:
        futures = [pool.submit(told, text) for text in texts]
        return [future.result() for future in futures]


for number in range(2):
    print(number, told_all(WORDS))
"""


def batches(program: str, folder: Path) -> int:
    alike = check_runs_alike(HEAD + textwrap.dedent(program).lstrip("\n"), folder)
    return len([line for line in alike.after.ended.errors.splitlines() if " requests to " in line])


@pytest.mark.parametrize("name", ONE)
def test_turns_are_one_batch(name: str, tmp_path: Path) -> None:
    assert batches(ONE[name], tmp_path) == 1


@pytest.mark.parametrize("name", WITHIN)
def test_loops_of_gathered_coroutines_ask_side_by_side(name: str, tmp_path: Path) -> None:
    expected, program = WITHIN[name]
    assert batches(program, tmp_path) == expected


@pytest.mark.parametrize("name", SEVERAL)
def test_turns_that_need_one_another_are_several(name: str, tmp_path: Path) -> None:
    expected, program = SEVERAL[name]
    assert batches(program, tmp_path) == expected


def test_the_review_tells_of_a_pool_that_each_turn_waits_for() -> None:
    done = rewrite((HEAD + POOL).replace("ThreadPool", "ProcessPool"))
    (line,) = [n for n, text in enumerate((HEAD + POOL).splitlines(), 1) if text == "for number in range(2):"]
    expected = f"one batch for each turn of the loop at app.py:{line}, because each turn waits for all of its answers"
    assert expected in done.notes
