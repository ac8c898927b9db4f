"""Helpers of the project that run in a pool what they are handed."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

HEAD = """\
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial

from openai import OpenAI

client = OpenAI()
WORDS = ["tea", "cup", "jam", "pot"]


def short(text):
    return client.responses.create(model="gpt-5-mini", input=f"short {text}").output_text


def translated(text, language):
    return client.responses.create(model="gpt-5-mini", input=f"{language} {text}").output_text


"""
MAP = """\
def parallel_map(function, items, workers=4):
    with ThreadPoolExecutor(max_workers=workers) as pool:
        return list(pool.map(function, items))


"""
PROGRESS = """\
def run_parallel(items, work, workers, **options):
    done = []

    def with_progress(item, number):
        try:
            answer = work(item)
        except ValueError as error:
            answer = str(error)
        done.append(number)
        return answer

    with ThreadPoolExecutor(max_workers=workers) as pool:
        futures = [pool.submit(with_progress, item, number) for number, item in enumerate(items)]
    print(len(done), options)
    return [future.result() for future in futures]


"""
METHOD = """\
class Bias:
    def parallel(self, function, items):
        with ThreadPoolExecutor() as pool:
            return list(pool.map(function, items))

    def ask(self, text):
        return short(text.upper())

    def run(self):
        return self.parallel(self.ask, WORDS)


"""
STAGE = """\
class Stage:
    def __init__(self, function, workers=3):
        self.function = function
        self.workers = workers

    def __call__(self, items):
        with ThreadPoolExecutor(self.workers) as pool:
            futures = [pool.submit(self.function, item) for item in items]
            return [future.result() for future in futures]


"""
ALIKE = {
    "functions": MAP + "print(parallel_map(short, WORDS))\n",
    "functions, lambdas and partials of two callers": (
        MAP
        + "print(parallel_map(lambda text: translated(text, 'de'), WORDS))\n"
        + "print(parallel_map(partial(translated, language='fr'), WORDS, workers=2))\n"
    ),
    "by a function of its own": PROGRESS + "print(run_parallel(WORDS, short, 4, desc='words'))\n",
    "methods": METHOD + "print(Bias().run())\n",
    "what asks nothing": (
        MAP + "print(parallel_map(len, WORDS))\nprint(parallel_map(short, WORDS), parallel_map(str.upper, WORDS))\n"
    ),
    "a helper that is handed on": (
        MAP + "HOW = {'map': parallel_map}\nprint(parallel_map(short, WORDS), HOW['map'](len, WORDS))\n"
    ),
    "an object that keeps the function": STAGE + "print(Stage(lambda word: short(word.title()))(WORDS))\n",
}
STAY = {
    "functions that give a generator": (
        MAP
        + "def letters(text):\n    return (letter for letter in text)\n\n\n"
        + "print([list(each) for each in parallel_map(letters, WORDS)], parallel_map(short, WORDS))\n"
    ),
    "a function that another one wraps": (
        MAP
        + "def safe(function):\n    def inner(text):\n        try:\n            return function(text)\n"
        + "        except ValueError:\n            return ''\n    return inner\n\n\n"
        + "print(parallel_map(safe(short), WORDS))\n"
    ),
    "a function that another one wraps for the pool itself": (
        "def safe(function):\n    def inner(text):\n        try:\n            return function(text)\n"
        + "        except ValueError:\n            return ''\n    return inner\n\n\n"
        + "with ThreadPoolExecutor() as pool:\n    print(list(pool.map(safe(short), WORDS)))\n"
    ),
    "processes that something else needs": (
        MAP.replace("Thread", "Process") + "print(parallel_map(short, WORDS), parallel_map(len, WORDS))\n"
    ),
    "what it calls itself as well": (
        MAP.replace("        return list", "        print(function('first'))\n        return list")
        + "print(parallel_map(short, WORDS), parallel_map(len, WORDS))\n"
    ),
    "an object that is called otherwise too": (
        STAGE + "stage = Stage(short)\nprint(stage(WORDS), stage.function('first'))\n"
    ),
}
LIVE = f"""\
from flask import Flask, request

{HEAD}{MAP}
app = Flask(__name__)


@app.post("/translate")
def translate():
    return parallel_map(lambda text: translated(text, "de"), request.json)


if __name__ == "__main__":
    print(parallel_map(short, WORDS))
"""


@pytest.mark.parametrize("name", ALIKE)
def test_what_a_helper_runs_in_its_pool_goes_into_one_batch(name: str, tmp_path: Path) -> None:
    after = check_runs_alike(HEAD + ALIKE[name], tmp_path).rewritten.files["app.py"]
    assert "ThreadPoolExecutor" not in after


@pytest.mark.parametrize("name", STAY)
def test_a_helper_that_does_something_else_too_stays(name: str) -> None:
    check_noop(HEAD + STAY[name], "unsupported-shape")


def test_a_helper_for_whose_answers_somebody_waits_stays() -> None:
    check_noop(LIVE, "live-consumer")
