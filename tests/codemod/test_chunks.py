"""Loops over chunks whose turns gather: all chunks go into the same batches."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from fake_provider import Failure, Faults

from .programs import check_runs_alike, rewrite

HEAD = """\
import asyncio
import json

from openai import AsyncOpenAI

client = AsyncOpenAI(max_retries=0)
WORDS = ["tea", "cup", "jam", "pot", "pan", "lid", "mug"]


async def ask(text):
    response = await client.responses.create(model="gpt-5-mini", input=text)
    return response.output_text


"""
ALIKE = {
    "into a list, with a pause and a count": """
        async def main():
            found = []
            for start in range(0, len(WORDS), 3):
                chunk = WORDS[start : start + 3]
                found.extend(await asyncio.gather(*(ask(word) for word in chunk)))
                print(f"{len(found)}/{len(WORDS)}")
                await asyncio.sleep(0)
            print(found)
        """,
    "into a file, with errors as results": """
        async def main():
            with open("out.jsonl", "w") as file:
                for start in range(0, len(WORDS), 2):
                    tasks = [ask(word.replace("pan", "refuse")) for word in WORDS[start : start + 2]]
                    results = await asyncio.gather(*tasks, return_exceptions=True)
                    for word, result in zip(WORDS[start:], results):
                        if isinstance(result, Exception):
                            print("failed", word, type(result).__name__)
                            continue
                        file.write(json.dumps([word, result]) + "\\n")
        """,
    "in a task group": """
        async def main():
            found = {}
            for start in range(0, len(WORDS), 3):
                async with asyncio.TaskGroup() as group:
                    tasks = {word: group.create_task(ask(word)) for word in WORDS[start : start + 3]}
                for word, task in tasks.items():
                    found[word] = task.result()
            print(found)
        """,
    "as they are completed": """
        async def named(word):
            return word, await ask(word)


        async def main():
            found = {}
            for start in range(0, len(WORDS), 3):
                tasks = [named(word) for word in WORDS[start : start + 3]]
                for done in asyncio.as_completed(tasks):
                    word, answer = await done
                    found[word] = answer
            print(sorted(found.items()))
        """,
    "with two requests an item, in a helper": """
        async def improve(word):
            draft = await ask(word)
            return await ask(f"improve {draft}")


        async def chunk_of(words):
            return dict(zip(words, await asyncio.gather(*[improve(word) for word in words])))


        async def main():
            found = {}
            for start in range(0, len(WORDS), 3):
                found.update(await chunk_of(WORDS[start : start + 3]))
            print(found)
        """,
}


@pytest.mark.parametrize("name", ALIKE)
def test_chunks_do_the_same_afterwards_in_one_batch_a_round(name: str, tmp_path: Path) -> None:
    program = HEAD + textwrap.dedent(ALIKE[name]).lstrip("\n") + "\n\nasyncio.run(main())\n"
    alike = check_runs_alike(program, tmp_path, faults=Faults(failures=[Failure("refuse")]))
    batches = [line for line in alike.after.ended.errors.splitlines() if " requests to " in line]
    assert len(batches) == (2 if "improve" in program else 1), alike.after.ended.errors


def test_chunks_that_need_each_other_keep_their_batches() -> None:
    program = """
    async def main():
        found = []
        for start in range(0, len(WORDS), 3):
            known = ", ".join(found)
            found += await asyncio.gather(*(ask(f"{word}, not {known}") for word in WORDS[start : start + 3]))
        print(found)


    asyncio.run(main())
    """
    done = rewrite(HEAD + textwrap.dedent(program).lstrip("\n"))
    assert "gather_in_order" not in done.files["app.py"]


def test_coroutines_that_a_loop_makes_and_one_gather_awaits_are_no_chunks() -> None:
    program = """
    async def main():
        tasks = []
        for word in WORDS:
            tasks.append(ask(word))
        print(await asyncio.gather(*tasks))
        async with asyncio.TaskGroup() as group:
            for word in WORDS:
                group.create_task(ask(word))


    asyncio.run(main())
    """
    done = rewrite(HEAD + textwrap.dedent(program).lstrip("\n"))
    assert "tasks.append(ask(word))" in done.files["app.py"]
