"""Pauses that are made when something has been answered: what they look at, no item has to wait for."""

from __future__ import annotations

import pytest

from .programs import check_noop, check_runs_alike, rewrite
from .test_pacing import HEAD

PAUSES = {
    "behind the first": """
        answers = []
        for word in WORDS:
            if answers:
                time.sleep(0.01)
            answers.append(ask(word))
        print(answers)
        """,
    "with a comment": """
        answers = []
        for word in WORDS:
            if answers:
                time.sleep(0.01)  # the tier has a limit
            answers.append(ask(word))
        print(answers)
        """,
    "after so many answers": """
        def main():
            done = 0
            for word in WORDS:
                if done and done % 2 == 0:
                    time.sleep(0.01)
                print(ask(word))
                done += 1
            print(done)


        main()
        """,
    "by the number of what is kept": """
        def main():
            kept = {}
            for word in WORDS:
                try:
                    if len(kept) > 1 and len(kept) % 2 == 0:
                        time.sleep(0.01)
                    kept[word] = ask(word)
                except ValueError:
                    kept[word] = ""
            print(kept)


        main()
        """,
    "of another one's last": """
        state = {"last": ""}
        for word in WORDS:
            if state["last"] != "":
                time.sleep(0.01)
            state["last"] = ask(word)
        print(state)
        """,
}


@pytest.mark.parametrize("program", PAUSES.values(), ids=PAUSES)
def test_no_item_waits_for_a_pause(program: str, tmp_path) -> None:
    alike = check_runs_alike(HEAD + program.replace("\n        ", "\n"), tmp_path)
    assert alike.after.cost == alike.before.cost / 2


OTHERS = {
    "the test takes one": """
        answers = []
        for word in WORDS:
            if answers and answers.pop():
                time.sleep(0.01)
            answers.append(ask(f"{word} {answers}"))
        """,
    "something is done besides": """
        answers = []
        for word in WORDS:
            if answers:
                time.sleep(0.01)
                word = word.upper()
            answers.append(ask(word))
        """,
    "something is done otherwise": """
        answers = []
        for word in WORDS:
            if answers:
                time.sleep(0.01)
            else:
                word = word.upper()
            answers.append(ask(word))
        """,
    "something else is paced": """
        answers = []
        for word in WORDS:
            if answers:
                time.sleep(0.01)
            answers.append(ask(requests.get(word).text))
        """,
    "what is paced is read": """
        answers = []
        for word in WORDS:
            if answers:
                time.sleep(0.01)
            answers.append(ask(f"{word} {answers}"))
        """,
}


@pytest.mark.parametrize("program", OTHERS.values(), ids=OTHERS)
def test_an_item_that_needs_the_answers_before_waits(program: str) -> None:
    check_noop(HEAD + program.replace("\n        ", "\n"), "dependent-iterations")


CHUNKS = """
import asyncio

from openai import AsyncOpenAI

client = AsyncOpenAI()


async def ask(text):
    return (await client.responses.create(model="gpt-5", input=text)).output_text


async def main(words):
    found, seen = [], []
    for start in range(0, len(words), 2):
        if found:
            {pause}
        found += await asyncio.gather(*[ask({word}) for word in words[start : start + 2]])
    print(found, seen)


asyncio.run(main(list("abcde")))
"""


@pytest.mark.parametrize("pause", ["await asyncio.sleep(0.01)", "await asyncio.sleep(0.01)  # the limit of our tier"])
def test_chunks_that_are_gathered_with_pauses_are_one_batch(pause: str, tmp_path) -> None:
    program = CHUNKS.replace("{pause}", pause).replace("{word}", "word")
    alike = check_runs_alike(program, tmp_path)
    assert not any("one batch for each turn" in note for note in alike.rewritten.notes)


@pytest.mark.parametrize(
    ("pause", "word"), [("await asyncio.sleep(0.01)", "word + str(found[-1:])"), ("seen.append(start)", "word")]
)
def test_chunks_that_need_the_ones_before_are_not(pause: str, word: str) -> None:
    notes = rewrite(CHUNKS.replace("{pause}", pause).replace("{word}", word)).notes
    assert any("one batch for each turn" in note for note in notes)
