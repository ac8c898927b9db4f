"""Iterables that are worked out as they are drawn from: what they read then, an earlier answer may have changed."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

PROGRAM = """\
import itertools

from openai import OpenAI

client = OpenAI()
WORDS = ["harbour", "ferry", "harbour", "pilot"]
STATE = {{"tone": "plain"}}
DONE = set()


def ask(prompt):
    return client.responses.create(model="gpt-5", input=prompt).output_text


class Box:
    def __init__(self, prompts):
        self.prompts = prompts


class Words(list):
    name = "words"


def other(words):
    return next(words, "")


def prompt_of(word):
    return word + STATE["tone"]


def is_new(word):
    return word not in DONE


def todo(words):
    return filter(is_new, words)


def prompts_of(words):
    for word in words:
        yield word + STATE["tone"]


def main():
{body}


main()
"""
CHANGED = """
    answer = ask(prompt)
    print(answer)
    DONE.add(prompt)
    STATE["tone"] = answer[:3]"""


@pytest.mark.parametrize(
    "loop",
    [
        'for prompt in (word + STATE["tone"] for word in WORDS):',
        "for prompt in (word for word in WORDS if word not in DONE):",
        'prompts = (word + STATE["tone"] for word in WORDS)\nfor prompt in prompts:',
        "prompts = (prompt_of(word) for word in WORDS)\nfor prompt in prompts:",
        "prompts = map(prompt_of, WORDS)\nfor number, prompt in enumerate(prompts):",
        "prompts = map(lambda word: word + STATE['tone'], WORDS)\nfor prompt in prompts:",
        "for prompt in filter(is_new, WORDS):",
        "for prompt in todo(WORDS):",
        "prompts = prompts_of(WORDS)\nfor prompt in prompts:",
        "new = (word for word in WORDS if is_new(word))\nprompts = map(str.upper, new)\nfor prompt in prompts:",
        "prompts = (word for word in WORDS if word not in DONE)\nfor prompt in itertools.chain(prompts, ['last']):",
        "for prompt, group in itertools.groupby(WORDS, key=lambda word: word in DONE):",
        "box = Box(word for word in WORDS if word not in DONE)\nfor prompt in box.prompts:",
    ],
)
def test_what_drawing_reads_may_hang_on_an_earlier_answer(loop: str) -> None:
    check_noop(_program(loop + CHANGED), "dependent-iterations")


@pytest.mark.parametrize(
    ("made", "taken"),
    [
        ("iter(WORDS)", "list(itertools.islice(words, 1))"),
        ("iter(WORDS)", "words.__next__()"),
        ("iter(WORDS)", "for word in words:\n            break"),
        ("(word for word in WORDS)", "next(words, '')"),
        ("map(str.upper, WORDS)", "other(words)"),
    ],
)
def test_an_answer_may_decide_how_much_the_body_takes(made: str, taken: str) -> None:
    body = f"words = {made}\nfor word in words:\n    if ask(word) > 'a':\n        {taken}"
    check_noop(_program(body), "dependent-iterations")


def test_what_is_asked_about_an_iterator_takes_nothing(tmp_path: Path) -> None:
    body = "words = Words(WORDS)\nfor word in words:\n    print(ask(word), words.name, len(WORDS))"
    alike = check_runs_alike({"app.py": _program(body)}, tmp_path)
    assert alike.before.ended.code == 0


@pytest.mark.parametrize(
    "loop",
    [
        'prompts = [word + STATE["tone"] for word in WORDS]\nfor prompt in prompts:',
        "for prompt in list(filter(is_new, WORDS)):",
        "for prompt in sorted(word for word in WORDS if word not in DONE):",
        'tone = STATE["tone"]\nprompts = (word + tone for word in WORDS)\nfor prompt in prompts:',
        "prompts = map(str.upper, WORDS)\nfor prompt in prompts:",
    ],
)
def test_what_was_read_before_the_loop_may_change(loop: str, tmp_path: Path) -> None:
    alike = check_runs_alike({"app.py": _program(loop + CHANGED)}, tmp_path)
    assert alike.before.ended.code == 0


def test_a_filter_of_the_items_may_read_what_each_gets_itself(tmp_path: Path) -> None:
    body = """\
rows = [{"text": word, "label": ""} for word in WORDS]
for row in (row for row in rows if not row["label"]):
    row["label"] = ask(row["text"])
print(rows)"""
    check_runs_alike({"app.py": _program(body)}, tmp_path)


def _program(body: str) -> str:
    return PROGRAM.format(body=textwrap.indent(body, "    "))
