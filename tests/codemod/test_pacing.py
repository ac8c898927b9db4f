"""Pauses between requests, and clocks around them."""

from __future__ import annotations

import pytest

from .programs import check_rewritten, rewrite

HEAD = """
import time

import requests
from openai import OpenAI, RateLimitError

client = OpenAI()
WORDS = ["a", "b"]


def ask(text):
    return client.responses.create(model="gpt-5", input=text).output_text


"""


def test_a_pause_that_only_paces_the_requests_goes() -> None:
    before = """
        import time

        from openai import OpenAI

        client = OpenAI()

        with open("out.txt", "w") as file:
            for number, word in enumerate(["a", "b"]):
                file.write(client.responses.create(model="gpt-5", input=word).output_text)
                if (number + 1) % 10 == 0:
                    time.sleep(60)
                print(number)
                time.sleep(0.5)
        """
    after = """
        from openai import OpenAI

        from llm_batch import request, run_batch

        client = OpenAI()

        with open("out.txt", "w") as file:
            def handle_word(number, word):
                file.write((yield request(
                    client.responses.create, model="gpt-5", input=word
                )).output_text)
                print(number)

            run_batch(handle_word(number, word) for number, word in enumerate(["a", "b"]))
        """
    check_rewritten(before, after)


@pytest.mark.parametrize(("pause", "stays"), [("3", False), ("0", True)], ids=["a pause", "a turn for others"])
def test_a_coroutines_pause_goes_and_a_turn_for_others_stays(pause: str, stays: bool) -> None:
    program = f"""
        import asyncio

        from openai import AsyncOpenAI

        client = AsyncOpenAI()


        async def ask(text):
            return (await client.responses.create(model="gpt-5", input=text)).output_text


        async def main(texts):
            found = []
            for start in range(0, len(texts), 10):
                found.extend(await asyncio.gather(*[ask(text) for text in texts[start : start + 10]]))
                await asyncio.sleep({pause})
            return found


        asyncio.run(main(open("texts.txt").readlines()))
        """
    after = rewrite(program).files["app.py"]
    assert "await gather_in_order(" in after
    assert (f"await asyncio.sleep({pause})" in after) == stays


STAY = {
    "something else is paced": """
        for word in WORDS:
            print(ask(requests.get(word).text))
            time.sleep(1)
        """,
    "a function of the project asks elsewhere": """
        def load(word):
            return requests.get(word).text


        for word in WORDS:
            print(ask(load(word)))
            time.sleep(1)
        """,
    "something unknown is paced": """
        def main(page):
            for word in WORDS:
                page.goto(ask(word))
                time.sleep(1)


        main(None)
        """,
    "a comment says what for": """
        for word in WORDS:
            print(ask(word))
            time.sleep(1)  # the printer is slow
        """,
    "a message tells of it": """
        for word in WORDS:
            print(ask(word))
            if word:
                print("Waiting for a second ...")
                time.sleep(1)
        """,
    "an error has passed": """
        for word in WORDS:
            try:
                print(ask(word))
            except RateLimitError:
                time.sleep(1)
        """,
}


@pytest.mark.parametrize("name", STAY)
def test_other_pauses_stay(name: str) -> None:
    done = rewrite(HEAD + STAY[name].replace("\n        ", "\n"))
    assert done.planned
    assert "    time.sleep(1)" in done.files["app.py"]


@pytest.mark.parametrize("name", ["a comment says what for", "a message tells of it"])
def test_a_pause_that_stays_for_what_is_written_about_it_is_told(name: str) -> None:
    notes = rewrite(HEAD + STAY[name].replace("\n        ", "\n")).notes
    assert any("the pause in app.py:" in note and "the batch needs none" in note for note in notes)


@pytest.mark.parametrize(("start", "is_told"), [("        start = time.time()\n", True), ("", False)])
def test_clocks_around_a_request_are_told(start: str, is_told: bool) -> None:
    body = "        answer = ask(word)\n        print(answer, time.time() - start)\n"
    program = f"def main():\n    start = time.time()\n    for word in WORDS:\n{start}{body}\n\nmain()\n"
    notes = " ".join(rewrite(HEAD + program).notes)
    assert ("measures is from now on that of the whole batch" in notes) is is_told
