"""Functions in helpers that share the helper's variables, and what decorators of the project have around them."""

from __future__ import annotations

import pytest

from .programs import check_noop, check_runs_alike

RETRIES = """
import functools
import random
import time


def retried(times=3, on_retry=None, kept=None):
    def decorate(function):
        @functools.wraps(function)
        def again(*args, **kwargs):
            for attempt in range(times):
                try:
                    return function(*args, **kwargs)
                except ValueError as error:
                    if on_retry:
                        on_retry(attempt, error)
                    time.sleep(0.001 * random.random())

        return again

    return decorate


CARDS = []


def card_maker(function):
    CARDS.append(function)
    return function
"""
DECKS = """
from openai import OpenAI

from retries import CARDS, card_maker, retried

client = OpenAI()
SEEN = []


def deck(name, terms):
    cards, used = [], 0

    {decorator}
    def card(term):
        nonlocal used
        answer = client.responses.create(model="gpt-5-mini", input=f"{name} {term}" + {asked})
        used += len(answer.output_text)
        cards.append(answer.output_text)
        return int(answer.output_text[-1], 36)

    for term in terms:
        card(term)
    print(used)
    {then}
    return cards


for name, terms in [("a", ["x", "y"]), ("b", ["y"]), ("c", [])]:
    print(name, deck(name, terms))
"""


def program(decorator: str = "@retried(times=2)", asked: str = '""', then: str = "pass") -> dict[str, str]:
    shown = DECKS.replace("{decorator}", decorator).replace("{asked}", asked).replace("{then}", then)
    return {"app.py": shown, "retries.py": RETRIES}


@pytest.mark.parametrize("decorator", ["@retried(times=2)", "@retried(3, kept=len)"])
def test_a_hook_that_nobody_gives_has_no_effect(decorator: str, tmp_path) -> None:
    done = check_runs_alike(program(decorator), tmp_path)
    assert "(yield from function(*args, **kwargs))" in done.rewritten.files["retries.py"]
    assert not any("one batch for each turn" in note for note in done.rewritten.notes)


@pytest.mark.parametrize(
    "decorator",
    ["@retried(2, on_retry=lambda *a: SEEN.append(a))", "@retried(**{'on_retry': lambda *a: SEEN.append(a)})"],
)
def test_a_hook_that_is_given_counts(decorator: str) -> None:
    check_noop(program(decorator), "unsupported-shape")


def test_each_helper_has_its_own_variables(tmp_path) -> None:
    plain = program(decorator="")
    done = check_runs_alike(plain, tmp_path)
    assert not any("one batch for each turn" in note for note in done.rewritten.notes)


@pytest.mark.parametrize(
    "changes",
    [
        {"asked": "str(used)"},
        {"decorator": "@card_maker", "asked": "str(len(CARDS))"},
        {"asked": "str(used)", "then": "SEEN.append(card)"},
    ],
)
def test_what_the_request_reads_of_an_answer_is_left(changes: dict[str, str]) -> None:
    check_noop(program(**{"decorator": "", **changes}))


@pytest.mark.parametrize(
    ("then", "is_whole"), [("pass", True), ("SEEN.append(card)", False), ("SEEN.append(lambda: used)", True)]
)
def test_a_function_that_outlives_its_helper_keeps_its_variables(then: str, is_whole: bool, tmp_path) -> None:
    done = check_runs_alike(program(decorator="", then=then), tmp_path)
    assert any("one batch for each turn" in note for note in done.rewritten.notes) is not is_whole


@pytest.mark.parametrize("keyword", ["global", "nonlocal"])
def test_what_a_function_only_sets_is_shared_all_the_same(keyword: str) -> None:
    body = f"""
def reset(text):
    {keyword} state
    state = text + "?"


for text in ["a", "b"]:
    state = text
    reset(text)
    answer = client.responses.create(model="gpt-5-mini", input=text)
    print(state, answer.output_text)
"""
    if keyword == "nonlocal":
        body = "\ndef main():\n    state = 0\n" + body.replace("\n", "\n    ") + "\n\nmain()\n"
    check_noop("from openai import OpenAI\n\nclient = OpenAI()\n" + body)


def test_a_loop_may_name_its_items_as_helpers_name_their_own(tmp_path) -> None:
    program = """
        from openai import OpenAI

        client = OpenAI()


        def best(text, words):
            text = text.strip()
            return max(words, key=lambda word: text.count(word))


        for text in [" a b", "b b"]:
            print(client.responses.create(model="gpt-5-mini", input=best(text, ["a", "b"])).output_text, text)
        """
    check_runs_alike(program, tmp_path)
