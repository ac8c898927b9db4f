"""Coroutines that a loop runs one by one: `asyncio.run(ask(x))`."""

from __future__ import annotations

import pytest

from .programs import check_noop, check_rewritten, check_runs_alike

HEAD = """
import asyncio

from openai import AsyncOpenAI

WORDS = ["a", "refuse this", "bb", "a"]


async def ask(text):
    client = AsyncOpenAI()
    response = await client.responses.create(model="gpt-5", input=text)
    return response.output_text


async def polished(text):
    draft = await ask(text)
    await asyncio.sleep(0)
    return await ask(f"{text}: {draft}")


"""
ALIKE = {
    "by asyncio.run, twice in turn": """
        out = []
        for word in WORDS[2:]:
            out.append(asyncio.run(polished(word)))
        print(out)
        """,
    "by a loop of its own, into a file": """
        def main():
            loop = asyncio.new_event_loop()
            with open("out.txt", "w") as file:
                for number, word in enumerate(WORDS):
                    if word == "bb":
                        continue
                    answer = loop.run_until_complete(polished(word))
                    file.write(f"{number} {answer}\\n")
            loop.close()


        main()
        """,
}


@pytest.mark.parametrize("name", ALIKE)
def test_coroutines_that_are_run_one_by_one_do_the_same_together(name: str, tmp_path) -> None:
    text = HEAD + ALIKE[name].replace("\n        ", "\n")
    check_runs_alike(text, tmp_path)


def test_one_run_takes_the_place_of_many() -> None:
    before = """
        import asyncio

        from openai import AsyncOpenAI

        client = AsyncOpenAI()


        async def ask(text):
            return (await client.responses.create(model="gpt-5", input=text)).output_text


        for word in ["a", "b"]:
            answer = asyncio.run(ask(word))  # one by one
            print(word, answer)
        """
    after = """
        import asyncio

        from openai import AsyncOpenAI

        from llm_batch import batched, gather_in_order, in_order

        client = AsyncOpenAI()


        async def ask(text):
            return (await batched(
                client.responses.create, model="gpt-5", input=text
            )).output_text


        async def handle_word(word):
            answer = await ask(word)  # one by one
            await in_order()
            print(word, answer)


        asyncio.run(gather_in_order(*[handle_word(word) for word in ["a", "b"]]))
        """
    check_rewritten(before, after)


STAY = {
    "a function that runs coroutines itself": """
        def save(text):
            asyncio.run(asyncio.sleep(0))


        for word in WORDS:
            save(asyncio.run(ask(word)))
        """,
    "two loops": """
        one, two = asyncio.new_event_loop(), asyncio.new_event_loop()
        for word in WORDS:
            print(one.run_until_complete(ask(word)), two.run_until_complete(ask(word)))
        """,
    "a loop for each item": """
        for word in WORDS:
            loop = asyncio.new_event_loop()
            print(loop.run_until_complete(ask(word)))
        """,
    "an answer that the next item needs": """
        last = ""
        for word in WORDS:
            last = asyncio.run(ask(word + last))
        """,
}


@pytest.mark.parametrize("name", STAY)
def test_what_one_run_could_not_do_stays(name: str) -> None:
    check_noop(HEAD + STAY[name].replace("\n        ", "\n"))
