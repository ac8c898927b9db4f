"""Names that a block, an operand or an annotation may leave unbound: an item must not find what another left there."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from .programs import check_runs_alike, rewrite

HEAD = """\
import re
from contextlib import ExitStack, contextmanager, suppress

from openai import OpenAI

client = OpenAI()
WORDS = ["1", "b", "22"]


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


@contextmanager
def lenient():
    try:
        yield
    except ValueError as error:
        print("skipped", error)


@contextmanager
def told(word):
    try:
        yield word
    except ValueError as error:
        print("failed", error)
        raise


class Quiet:
    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        return kind is ValueError


class Open(Quiet):
    def __exit__(self, kind, error, trace):
        print("closed")


def work(words):
    for word in words:
        # HERE
        print(word, ask(word + str(last)))


try:
    work(WORDS)
except NameError:
    print("unbound")
"""
LEFT = {
    "suppress": "with suppress(ValueError):\n    last = int(word)",
    "a context manager of its own": "with lenient():\n    last = int(word)",
    "a class of its own": "with Quiet():\n    last = int(word)",
    "a variable that holds one": "quiet = Quiet()\nwith quiet:\n    last = int(word)",
    "a stack": "with ExitStack() as stack:\n    stack.enter_context(lenient())\n    last = int(word)",
    "behind `and`": "if 'b' not in word and (last := word):\n    word += '!'",
    "behind `or`": "if word == 'b' or (last := word):\n    word += '!'",
    "a value behind `and`": "short = len(word) < 2 and (last := word)",
    "a ternary": "short = (last := word) if word != 'b' else ''",
    "a chained comparison": "if '0' < word < '9' < (last := 'a' + word):\n    pass",
    "a comprehension": "rest = [last := c for c in word[1:]]",
    "the test of a `while`": "while len(word) > 1 and (last := word):\n    word = word[1:]",
}
ALIKE = {
    "an error that is told": "with told(word):\n    last = word",
    "bound before the block": "last = 0\nwith suppress(ValueError):\n    last = int(word)",
    "the first operand": "if (last := word) and 'b' not in word:\n    word += '!'",
    "used where it was bound": "last = ''\nif 'b' not in word and (found := re.match('.', word)):\n    last = found[0]",
    "a test that fails": "if not (word and (last := word)):\n    continue",
    "some of them": "last = ''\nif any((found := each) == word for each in ('1', '22')):\n    last = found",
    "an annotation": "last: str\nif word == 'b':\n    last = 'x'\nelse:\n    last = word",
    "the test of a `while` that binds": "while (last := word) and len(word) > 1:\n    word = word[1:]",
}


def program(body: str) -> str:
    return HEAD.replace("        # HERE\n", textwrap.indent(body + "\n", " " * 8))


@pytest.mark.parametrize("body", LEFT.values(), ids=LEFT)
def test_what_may_be_unbound_is_no_value_of_another_item(body: str, tmp_path: Path) -> None:
    done = rewrite(program(body)).files["app.py"]
    if done != program(body):
        check_runs_alike(program(body), tmp_path)


@pytest.mark.parametrize("body", ALIKE.values(), ids=ALIKE)
def test_what_is_bound_is_of_the_item_alone(body: str, tmp_path: Path) -> None:
    text = check_runs_alike(program(body), tmp_path).rewritten.files["app.py"]
    assert "nonlocal" not in text
