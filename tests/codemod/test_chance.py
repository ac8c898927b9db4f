"""Random numbers with a seed: each item gets those that it got before."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike, rewrite

HEAD = """\
import random

from openai import OpenAI

client = OpenAI()
WORDS = ["tea", "cup", "jam", "tea", "jar", "cup"]


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


"""
MAKER = """\
class Maker:
    def __init__(self, rng):
        self.rng = rng

    def make(self, word):
        text = ask(f"{word} like {self.rng.choice(WORDS)}")
        if self.rng.random() < 0.5:
            text = ask(f"again {text}")
        return text


maker = Maker(random.Random(2))
for word in WORDS:
    print(maker.make(word))
"""
BEFORE_AND_AFTER = """\
for word in WORDS:
    text = ask(f"{word} {rng.randint(0, 99)}")
    if rng.random() < 0.5:
        print("sample", text)
"""
LEFT = {
    "between two requests": (
        "`rng`",
        "rng = random.Random(4)\nfor word in WORDS:\n    text = ask(f'{word} {rng.randint(0, 99)}')\n"
        "    print(ask(f'{text} {rng.randint(0, 99)}'))\n",
    ),
    "before and after": ("`rng`", "rng = random.Random(4)\n" + BEFORE_AND_AFTER),
    "of an object": ("rng`", MAKER),
    "in a list that is shuffled after": (
        "`rng`",
        "rng = random.Random(4)\nfor word in WORDS:\n    text = ask(f'{word} {rng.random()}')\n"
        "    letters = list(text)\n    rng.shuffle(letters)\n    print(letters)\n",
    ),
    "in a default": (
        "`rng`",
        "def make(word, rng=random.Random(4)):\n    text = ask(f'{word} {rng.random()}')\n"
        "    return ask(f'{text} {rng.random()}')\n\n\nfor word in WORDS:\n    print(make(word))\n",
    ),
}
PEOPLE = "people = [{'name': 'a', 'mood': ''}, {'name': 'b', 'mood': ''}]\nrng = random.Random(3)\n"
CHOOSING = {
    "a helper": "def pick(k):\n    return rng.sample(people, k)\n\n\nfor word in WORDS:\n    for one in pick(1):\n",
    "a keyword": "for word in WORDS:\n    for one in rng.choices(population=people, k=1):\n",
    "a list that is taken apart": "for word in WORDS:\n    [one] = rng.sample(people, 1)\n    if one:\n",
    "one": "for word in WORDS:\n    one = random.choice(seq=people)\n    if one:\n",
}


@pytest.mark.parametrize("name", CHOOSING)
def test_what_is_chosen_may_be_chosen_again(name: str, tmp_path: Path) -> None:
    text = HEAD + PEOPLE + CHOOSING[name] + "        one['mood'] = ask(word + one['mood'])\n        print(one)\n"
    if rewrite(text).planned:  # one batch for each turn
        check_runs_alike(text, tmp_path)


ALIKE = {
    "before": "rng = random.Random(4)\nfor word in WORDS:\n    print(ask(f'{word} like {rng.sample(WORDS, 2)}'))\n",
    "after": (
        "rng = random.Random(4)\nfor word in WORDS:\n    text = ask(word)\n    if rng.random() < 0.5:\n"
        "        print('sample', text)\n"
    ),
    "of each item": (
        "for word in WORDS:\n    rng = random.Random(word)\n    text = ask(f'{word} {rng.random()}')\n"
        "    print(ask(f'{text} {rng.random()}'))\n"
    ),
    "handed to a helper": (
        "def make(word, rng):\n    text = ask(f'{word} {rng.random()}')\n    return ask(f'{text} {rng.random()}')\n\n\n"
        "for word in WORDS:\n    print(make(word, random.Random(word)))\n"
    ),
    "what is chosen is told again": (
        "rng = random.Random(4)\nfor word in WORDS:\n    for _ in range(12):\n        other = rng.choice(WORDS)\n"
        "        some = rng.sample(WORDS, 2)\n        text = ask(f'{word} {other} {some}')\n"
        "        print({'word': word, 'other': other, 'some': some, 'text': text})\n"
    ),
    "one for each side": (
        "rng, other = random.Random(4), random.Random(5)\nfor word in WORDS:\n"
        "    text = ask(f'{word} {rng.random()}')\n    if other.random() < 0.5:\n        print('sample', text)\n"
    ),
}


@pytest.mark.parametrize("name", LEFT)
def test_numbers_that_come_in_the_order_of_the_items_keep_them_apart(name: str) -> None:
    shown, source = LEFT[name]
    refusal = check_noop(HEAD + source, "dependent-iterations")
    assert refusal is not None
    assert shown in refusal.detail


@pytest.mark.parametrize("name", ALIKE)
def test_numbers_come_to_the_same_items(name: str, tmp_path: Path) -> None:
    check_runs_alike(HEAD + ALIKE[name], tmp_path)


def test_numbers_without_a_seed_may_come_in_any_order(tmp_path: Path) -> None:
    source = HEAD + "rng = random.Random()\n" + BEFORE_AND_AFTER.replace("{rng.randint(0, 99)}", "{rng.randint(1, 1)}")
    check_runs_alike(source.replace("< 0.5", "< 2"), tmp_path)


RETRIES = """\
import time

import openai

random.seed(3)


def patient(function):
    def wrapper(text):
        delay = 0.001
        while True:
            try:
                return function(text)
            except openai.RateLimitError as error:
                print("again in", delay)
                {pause}

    return wrapper


@patient
def tell(text):
    return ask(text)


for word in random.sample(WORDS, 3):
    print(tell(word))
print(random.random())
"""


@pytest.mark.parametrize(
    "pause", ["delay *= 1 + random.random()\n                time.sleep(delay)", "time.sleep(0.001 * random.random())"]
)
def test_a_number_that_makes_a_pause_after_an_error_longer_counts_for_nothing(pause: str, tmp_path: Path) -> None:
    check_runs_alike(HEAD + RETRIES.format(pause=pause), tmp_path)


@pytest.mark.parametrize(
    "pause",
    [
        "text += str(random.random())",
        "delay *= 1 + random.random()\n                text += str(delay)",
        "time.sleep(delay * 0)\n                time.strftime(str(random.random()))",
    ],
)
def test_a_number_that_is_there_for_something_else_counts(pause: str) -> None:
    check_noop(HEAD + RETRIES.format(pause=pause), "unsupported-shape")
