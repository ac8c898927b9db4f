"""What is called without its name being written: by showing an object, by an argument's class, by a variable."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

PROGRAM = """\
from functools import singledispatch

from openai import OpenAI

client = OpenAI()
WORDS = ["harbour", "ferry", "pilot"]
ANSWERS = []
TONES = {{"plain": "dry"}}
count, tone_of = ANSWERS.count, TONES.get


def ask(prompt):
    return client.responses.create(model="gpt-5", input=prompt).output_text


class Shown:
    def __init__(self, text=""):
        self.text = text

    def __str__(self):
        return f"{{self.text}} after {{ANSWERS[-1:]}}"

    def __format__(self, spec):
        return str(len(ANSWERS))


class Own:
    def __init__(self, text):
        self.text = text

    def __str__(self):
        return self.text


class Words(dict):
    def __missing__(self, key):
        return key + "".join(ANSWERS)[:3]


@singledispatch
def prompt_of(value):
    return str(value)


@prompt_of.register
def _(value: bytes):
    return value.decode() + str(len(ANSWERS))


shown, words = Shown(), Words()


def main():
{body}


main()
"""


@pytest.mark.parametrize(
    "prompt",
    [
        'f"{shown!s} {word}"',
        'f"{shown} {word}"',
        'f"{word} {str(shown)}"',
        '"{} {:x}".format(word, shown)',
        '"{word} {shown}".format(word=word, shown=shown)',
        '"%s %s" % (word, shown)',
        '"%(ferry)s " % words + word',
        '"{ferry} ".format_map(words) + word',
        "prompt_of(word)",
        "word * count('ferry')",
        "word + tone_of('plain')",
    ],
)
def test_what_shows_an_answer_waits_for_it(prompt: str) -> None:
    loop = f'for word in WORDS:\n    answer = ask({prompt})\n    ANSWERS.append(answer)\n    TONES["plain"] = answer'
    check_noop(_program(loop), "dependent-iterations")


@pytest.mark.parametrize(
    "prompt",
    [
        'f"{Own(word)}"',
        '"%s is %s" % (Own(word), str(Own(word)))',
        '"{}".format(Own(word))',
        "upper()",
    ],
)
def test_what_shows_only_the_item_does_not(prompt: str, tmp_path: Path) -> None:
    loop = f"for word in WORDS:\n    upper = word.upper\n    ANSWERS.append(ask({prompt}))\nprint(ANSWERS)"
    check_runs_alike({"app.py": _program(loop)}, tmp_path)


def _program(body: str) -> str:
    return PROGRAM.format(body=textwrap.indent(body, "    "))


LOOKING = """\
from contextlib import closing

from openai import OpenAI

client = OpenAI()
WORDS = ["harbour", "ferry", "pilot"]
ANSWERS, NOTES = [], []
SEEN = {seen}


def ask(prompt):
    return client.responses.create(model="gpt-5", input=prompt).output_text


class Known:
    def __eq__(self, other):
        return len(SEEN) > 1


class Told:
    word = Known()


class Line:
    def __init__(self):
        self.answers, self.notes = [], []

    def __iter__(self):
        for word in WORDS:
            if len(self.{looked}) < 2:
                yield word

    def __reversed__(self):
        for word in WORDS[::-1]:
            if len(self.{looked}) < 2:
                yield word


class Page:
    def __init__(self, word):
        self.word = word

    def close(self):
        SEEN.append(self.word)


line = Line()
{loop}
print(ANSWERS, NOTES, line.answers)
"""
LOOKING_LOOPS = {
    "a pattern": (
        "for word in WORDS:\n    match word:\n        case Told.word:\n            pass\n"
        "        case _:\n            ANSWERS.append(ask(word))"
    ),
    "a pattern within another one": (
        "for word in WORDS:\n    match [word, 1]:\n        case [Told.word, _]:\n            pass\n"
        "        case _:\n            ANSWERS.append(ask(word))"
    ),
    "the items from the end": "for word in reversed(line):\n    line.answers.append(ask(word))",
    "the items through another loop": "for word in (word for word in line):\n    line.answers.append(ask(word))",
}
CLOSED = "for word in WORDS:\n    with closing(Page(word)):\n        ANSWERS.append(ask(word + str(len({shown}))))"


@pytest.mark.parametrize("name", LOOKING_LOOPS)
def test_what_looks_at_the_answers_waits_for_them(name: str, tmp_path: Path) -> None:
    check_noop(LOOKING.format(seen="ANSWERS", looked="answers", loop=LOOKING_LOOPS[name]), "dependent-iterations")
    check_runs_alike({"app.py": LOOKING.format(seen="NOTES", looked="notes", loop=LOOKING_LOOPS[name])}, tmp_path)


def test_what_is_closed_behind_an_answer_is_seen_by_the_next_item(tmp_path: Path) -> None:
    check_noop(LOOKING.format(seen="[]", looked="notes", loop=CLOSED.format(shown="SEEN")), "dependent-iterations")
    check_runs_alike({"app.py": LOOKING.format(seen="[]", looked="notes", loop=CLOSED.format(shown="WORDS"))}, tmp_path)


OBSERVED = """\
from openai import OpenAI

client = OpenAI()
hints, observers = [], []
observers.append(lambda answer: {observer})


def notify(answer):
    for observer in observers:
        observer(answer)


for word in ["harbour", "ferry"]:
    notify(client.responses.create(model="gpt-5", input=word + "".join(hints)).output_text)
"""


def test_observers_in_a_list_are_called_with_each_answer(tmp_path: Path) -> None:
    check_noop(OBSERVED.format(observer="hints.append(answer[:2])"), "dependent-iterations")
    check_runs_alike({"app.py": OBSERVED.format(observer="print(answer)")}, tmp_path)
