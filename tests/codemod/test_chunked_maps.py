"""Mappings in a loop over chunks: all chunks go into one batch, where no chunk needs the one before."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from fake_provider import Failure, Faults

from .programs import check_runs_alike, rewrite

HEAD = """\
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from multiprocessing.pool import ThreadPool

from openai import OpenAI

client = OpenAI(max_retries=0)
WORDS = ["tea", "cup", "jam", "pot", "pan", "lid", "mug"]


def ask(text, language="en"):
    return client.responses.create(model="gpt-5-mini", input=f"{language} {text}").output_text


def careful(text):
    try:
        return ask(text)
    except Exception as error:
        return type(error).__name__


def refined(text):
    return ask(f"shorter: {ask(text)}")


"""
ONE = {
    "the map of Python": """
        for start in range(0, len(WORDS), 3):
            answers = list(map(ask, WORDS[start : start + 3]))
            print(start, answers)
        """,
    "a pool, with a pause": """
        def main():
            found = []
            for start in range(0, len(WORDS), 3):
                chunk = WORDS[start : start + 3]
                with ThreadPoolExecutor(max_workers=3) as pool:
                    answers = list(pool.map(partial(ask, language="de"), chunk))
                found.extend(zip(chunk, answers))
                print(f"{len(found)} of {len(WORDS)}")
                time.sleep(0.01)
            print(found)


        main()
        """,
    "a pool whose results a loop takes, in a generator": """
        def chunks():
            for start in range(0, len(WORDS), 3):
                yield WORDS[start : start + 3]


        for chunk in chunks():
            with ThreadPoolExecutor() as workers:
                for word, answer in zip(chunk, workers.map(lambda word: ask(word, "fr"), chunk)):
                    print(word, answer)
        """,
    "a comprehension over a pool of threads, with errors as results": """
        totals = {}
        for start in range(0, len(WORDS), 3):
            with ThreadPool(3) as pool:
                totals[start] = [answer.upper() for answer in pool.map(careful, WORDS[start : start + 3])]
        print(totals)
        """,
    "functions that read what changes with each chunk": """
        for language in ["de", "fr"]:
            with ThreadPoolExecutor() as pool:
                answers = list(pool.map(lambda word: ask(word, language), WORDS))
            print(language, answers)
        """,
    "a function of the loop's own": """
        def main():
            for language in ["de", "fr"]:

                def told(word):
                    return language, ask(word, language)

                with ThreadPoolExecutor() as pool:
                    answers = list(pool.map(told, WORDS))
                print(answers)


        main()
        """,
    "two requests an item": """
        for start in range(0, len(WORDS), 3):
            with ThreadPoolExecutor() as pool:
                print(list(pool.map(refined, WORDS[start : start + 3])))
        """,
}
SEVERAL = {
    "a chunk needs the one before": """
        last = "none"
        for start in range(0, len(WORDS), 3):
            with ThreadPoolExecutor() as pool:
                answers = list(pool.map(partial(ask, language=last), WORDS[start : start + 3]))
            last = answers[-1]
            print(answers)
        """,
    "a pool for two things": """
        for start in range(0, len(WORDS), 3):
            with ThreadPoolExecutor() as pool:
                chunk = WORDS[start : start + 3]
                print(list(pool.map(ask, chunk)), list(pool.map(str.upper, chunk)))
        """,
}


def batches(program: str, folder: Path, faults: Faults | None = None) -> int:
    alike = check_runs_alike(HEAD + textwrap.dedent(program).lstrip("\n"), folder, faults=faults)
    return len([line for line in alike.after.ended.errors.splitlines() if " requests to " in line])


@pytest.mark.parametrize("name", ONE)
def test_chunks_are_one_batch_a_round(name: str, tmp_path: Path) -> None:
    faults = Faults(failures=[Failure("jam")]) if "errors" in name else None
    assert batches(ONE[name], tmp_path, faults) == (2 if "refined" in ONE[name] else 1)


@pytest.mark.parametrize("name", SEVERAL)
def test_chunks_that_cannot_be_together_keep_their_batches(name: str, tmp_path: Path) -> None:
    assert batches(SEVERAL[name], tmp_path) == 3


def test_a_function_that_outlives_its_turn_stays() -> None:
    program = """
        kept = []
        for language in ["de", "fr"]:
            told = lambda word: ask(word, language)
            with ThreadPoolExecutor() as pool:
                print(list(pool.map(told, WORDS)))
            kept.append(told)
        print(kept[0]("pie"))
        """
    done = rewrite(HEAD + textwrap.dedent(program).lstrip("\n"))
    assert done.files == done.before
