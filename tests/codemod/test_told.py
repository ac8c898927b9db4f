"""What is told of loops that run others, of how many batches there are, and of loops that end when they have enough."""

from __future__ import annotations

import ast
import textwrap

import pytest

from batchlint import callsites, codemod, extraction, graph, scoring

from .programs import check_noop, rewrite

HEAD = """\
import asyncio
import itertools
from concurrent.futures import ThreadPoolExecutor

from openai import AsyncOpenAI, OpenAI

client, other = OpenAI(), AsyncOpenAI()
TEXTS = ["tea", "cup", "jam"]


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


async def say(text):
    return (await other.responses.create(model="gpt-5-mini", input=text)).output_text


"""
GATHER = """\
async def all_of(language):
    return await asyncio.gather(*[say(f"{language} {text}") for text in TEXTS])


"""
REPEATED = """
async def main():
    texts = ["start"]
    for language in ("de", "fr"):
        texts = await all_of(f"{language} {texts[0]}")
    print(texts)


asyncio.run(main())
"""
POOLED = """
with ThreadPoolExecutor() as pool:
    print(list(pool.map(FUNCTION, TEXTS)))
"""


def reviewed(program: str) -> list[codemod.Review]:
    module = extraction.extract("app.py", HEAD + program, ast.parse(HEAD + program))
    linked = graph.build([module])
    decided = codemod.plan(linked, scoring.score(linked, callsites.find(linked)))
    return codemod.review(linked, {key: plan for key, plan in decided.items() if isinstance(plan, codemod.Plan)})


def test_a_loop_whose_turns_make_a_batch_each_is_not_said_to_stay() -> None:
    notes = rewrite(HEAD + GATHER + REPEATED).notes
    assert any(note.startswith("one batch for each turn of the loop at app.py:26, because `texts`") for note in notes)
    assert not any("stay realtime" in note for note in notes)
    (told,) = reviewed(GATHER + REPEATED)
    assert (told.rounds, told.is_repeated) == (1, True)


def test_a_gather_that_runs_once_is_not_said_to_be_repeated() -> None:
    (told,) = reviewed(GATHER + "\nprint(asyncio.run(all_of('de')))\n")
    assert (told.rounds, told.is_repeated) == (1, False)


@pytest.mark.parametrize(
    ("function", "rounds"),
    [
        ("ask", 1),
        ("lambda text: ask(text)", 1),
        ("twice", 2),
        ("often", None),
    ],
)
def test_the_batches_of_a_pool_are_counted(function: str, rounds: int | None) -> None:
    helpers = """
def twice(text):
    return ask(ask(text))


def often(text):
    for part in text:
        text += ask(text + part)
    return text


"""
    program = helpers + POOLED.replace("FUNCTION", function)
    assert [told.rounds for told in reviewed(program)] == [rounds]


ENOUGH = {
    "tries are counted too": """
        kept, tries = [], 0
        while len(kept) < 3 and tries < 9:
            tries += 1
            answer = ask(f"{tries}")
            if "a" in answer:
                kept.append(answer)
        print(kept)
    """,
    "nothing else is counted": """
        kept = set()
        while len(kept) < 3:
            kept.add(ask("tea"))
        print(kept)
    """,
    "a coroutine's loop": """
        async def main():
            kept = []
            for text in itertools.cycle(TEXTS):
                if len(kept) >= 3:
                    break
                kept.append(await say(text))
            print(kept)


        asyncio.run(main())
    """,
    "a plain loop": """
        kept = []
        for text in itertools.cycle(TEXTS):
            if len(kept) >= 3:
                break
            kept.append(ask(text))
        print(kept)
    """,
}
INNER = """
kept = []
while len(kept) < 3:
    kept += [answer for answer in [ask(text) for text in TEXTS] if "a" in answer]
    kept.append("one more")
print(kept)
"""
GAME = """
class World:
    def reset(self):
        self.room = 0
        return self.room

    def step(self, action):
        self.room += len(action)
        return self.room, self.room > 9


world = World()
for text in TEXTS:
    room, done = world.reset(), False
    while not done:
        room, done = world.step(ask(f"{text} {room}"))
"""


@pytest.mark.parametrize("name", ENOUGH)
def test_a_loop_that_goes_on_until_it_has_enough_ends_early(name: str) -> None:
    check_noop(HEAD + textwrap.dedent(ENOUGH[name]), "early-stop")


def test_what_each_round_of_such_a_loop_asks_at_once_is_a_batch() -> None:
    assert rewrite(HEAD + INNER).planned


def test_an_early_end_that_no_answer_decides_is_no_early_stop() -> None:
    program = ENOUGH["a coroutine's loop"].replace("len(kept) >= 3", "text == 'jam'")
    refusal = check_noop(HEAD + textwrap.dedent(program), "unsupported-shape")
    assert refusal is not None and "a coroutine's loop ends early" in refusal.detail


def test_what_all_items_share_is_to_be_the_items_own() -> None:
    refusal = check_noop(HEAD + GAME, "dependent-iterations")
    assert refusal is not None and refusal.detail.endswith("; let each item have its own")
