"""Pools in the turns of a loop, where the work is submitted first: all turns go into one batch."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from fake_provider import Failure, Faults

from .programs import Alike, check_noop, check_rewritten, check_runs_alike, rewrite

HEAD = """\
import json
import os
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from functools import partial
from pathlib import Path

from openai import OpenAI

client = OpenAI(max_retries=0)
PAGES = {"a": ["tea", "cup"], "b": ["jam", "pot", "pan"], "c": ["lid"]}


def ask(text, language="en"):
    return client.responses.create(model="gpt-5-mini", input=f"{language} {text}").output_text


def refined(text):
    return ask(f"shorter: {ask(text)}")


"""
TAIL = """

for name in PAGES:
    work(name)
"""
ONE = {
    "futures by what they were made of": """
        def work(name):
            found = {}
            with ThreadPoolExecutor(max_workers=2) as pool:
                futures = {pool.submit(ask, word, language="de"): word for word in PAGES[name]}
                for future in as_completed(futures):
                    try:
                        found[futures[future]] = future.result()
                    except Exception as error:
                        found[futures[future]] = type(error).__name__
            print(name, sorted(found.items()))
        """,
    "a list that is read behind the block": """
        def work(name):
            futures = []
            with ThreadPoolExecutor() as pool:
                for word in PAGES[name]:
                    if word != "cup":
                        futures.append(pool.submit(partial(ask, language="fr"), word))
            print(name, [future.result() for future in futures])
        """,
    "two of different kinds, and one that asks nothing": """
        def work(name):
            with ThreadPoolExecutor() as pool:
                title = pool.submit(ask, name)
                lines = [pool.submit(lambda word=word: word.upper()) for word in PAGES[name]]
                first = pool.submit(refined, PAGES[name][0])
                wait([title, first])
                print(title.result(), first.result(), [line.result() for line in lines])
        """,
    "a file for each": """
        def work(name):
            path = Path(f"{name}.json")
            with ThreadPoolExecutor() as pool:
                futures = [pool.submit(ask, word) for word in PAGES[name]]
                path.write_text(json.dumps([future.result() for future in futures]))
        """,
    "a method, two levels below the loop": """
        class Worker:
            def __init__(self):
                self.pool_size = 3

            def one(self, word):
                return ask(word)

            def all(self, words):
                with ThreadPoolExecutor(self.pool_size) as pool:
                    futures = [pool.submit(self.one, word) for word in words]
                    return [future.result() for future in futures]


        def work(name):
            print(name, Worker().all(PAGES[name]))
        """,
    "a mapping": """
        def work(name):
            with ThreadPoolExecutor() as pool:
                print(name, list(pool.map(ask, PAGES[name])))
        """,
}
SEVERAL = {
    "an answer decides what is submitted next": """
        def work(name):
            with ThreadPoolExecutor() as pool:
                title = pool.submit(ask, name).result()
                others = [pool.submit(ask, f"{title} {word}") for word in PAGES[name][:1]]
                print(name, [other.result() for other in others])
        """,
    "what was answered goes into the next turn": """
        LAST = ["none"]


        def work(name):
            with ThreadPoolExecutor() as pool:
                futures = [pool.submit(ask, f"{LAST[0]} {word}") for word in PAGES[name]]
            LAST[0] = futures[-1].result()
            print(LAST)
        """,
    "more is submitted for what was answered": """
        def work(name):
            with ThreadPoolExecutor() as pool:
                futures = [pool.submit(ask, word) for word in PAGES[name]]
                longer = [pool.submit(len, future.result()) for future in futures]
                print(name, [each.result() for each in longer])
        """,
}


def batches(program: str, folder: Path, faults: Faults | None = None) -> int:
    return submitted(check_runs_alike(HEAD + textwrap.dedent(program).lstrip("\n") + TAIL, folder, faults=faults))


def submitted(alike: Alike) -> int:
    return len([line for line in alike.after.ended.errors.splitlines() if " requests to " in line])


@pytest.mark.parametrize("name", ONE)
def test_turns_are_one_batch_a_round(name: str, tmp_path: Path) -> None:
    faults = Faults(failures=[Failure("jam")]) if "futures by" in name else None
    assert batches(ONE[name], tmp_path, faults) == (2 if "refined" in ONE[name] else 1)


@pytest.mark.parametrize("name", SEVERAL)
def test_turns_that_cannot_be_together_keep_their_batches(name: str, tmp_path: Path) -> None:
    assert batches(SEVERAL[name], tmp_path) >= 3


def test_an_error_of_the_work_ends_the_loop_where_it_did(tmp_path: Path) -> None:
    program = """
        def work(name):
            with ThreadPoolExecutor() as pool:
                futures = [pool.submit(ask, word) for word in PAGES[name]]
            print(name, [future.result() for future in futures])
        """
    assert batches(program, tmp_path, Faults(failures=[Failure("lid")])) == 1


def test_the_pool_is_waited_for_behind_what_it_is_given() -> None:
    before = """
        from concurrent.futures import ThreadPoolExecutor

        from openai import OpenAI

        client = OpenAI()


        def ask(text):
            return client.responses.create(model="gpt-5-mini", input=text).output_text


        def main(pages):
            for page in pages:
                with ThreadPoolExecutor() as pool:
                    futures = []
                    for line in page:
                        futures.append(pool.submit(ask, line))  # one for each line
                    # in their order
                    print([future.result() for future in futures])


        main([["a"], ["b", "c"]])
        """
    after = """
        from openai import OpenAI

        from llm_batch import BatchExecutor, ended, request, run_batch

        client = OpenAI()


        def ask(text):
            return (yield request(
                client.responses.create, model="gpt-5-mini", input=text
            )).output_text


        def main(pages):
            def handle_page(page):
                with BatchExecutor() as pool:
                    futures = []
                    for line in page:
                        futures.append(pool.submit(ask, line))  # one for each line
                    yield ended(pool)
                    # in their order
                    print([future.result() for future in futures])

            run_batch(handle_page(page) for page in pages)


        main([["a"], ["b", "c"]])
        """
    check_rewritten(before, after)


NOTED = """
from concurrent.futures import ThreadPoolExecutor

from openai import OpenAI

client = OpenAI()
LOG = []


def asked(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


def noted(text):
    LOG.append(text)
    return asked(text)


def described(text):
    LOG.append(asked(text))
    return asked(text)


"""
ONE_A_TURN = """
def main(items):
    for item in items:
        {before}
        with ThreadPoolExecutor() as pool:
            future = pool.submit({function}, item)
        print(future.result())
    print(LOG)


main(["one", "two", "three"])
"""


def test_what_the_pool_runs_is_done_where_it_is_submitted() -> None:
    program = NOTED + ONE_A_TURN.format(before="print(described(item))", function="noted")
    assert "`LOG` is changed" in check_noop(program, "dependent-iterations").detail


def test_what_the_pool_runs_touches_nothing_of_the_other_items(tmp_path: Path) -> None:
    program = NOTED + ONE_A_TURN.format(before="print(described(item))", function="asked")
    assert submitted(check_runs_alike(program, tmp_path)) == 3


@pytest.mark.parametrize("around", ["for item in items:\n        last += ", "for _ in [0]:\n        last += "])
def test_a_pool_for_one_or_two_calls_is_no_batch(around: str) -> None:
    program = f"""
def main(items):
    last = ""
    {around}"."
        with ThreadPoolExecutor() as pool:
            futures = pool.submit(asked, items[0] + last), pool.submit(asked, items[1])
        last += "".join(future.result() for future in futures)
    print(last)


main(["one", "two", "three"])
"""
    check_noop(NOTED + program, "dependent-iterations")
    check_noop(
        NOTED + 'with ThreadPoolExecutor() as pool:\n    print(pool.submit(asked, "one").result())\n', "no-fan-out"
    )


def test_a_pool_for_many_calls_in_each_turn_is_told() -> None:
    program = """
def main(pages):
    last = ""
    for page in pages:
        with ThreadPoolExecutor() as pool:
            futures = [pool.submit(asked, line + last) for line in page]
        last = "".join(future.result() for future in futures)
    print(last)


main([["one", "two"], ["three"]])
"""
    assert "one batch for each turn of the loop at app.py:26, because `last`" in rewrite(NOTED + program).notes[0]
