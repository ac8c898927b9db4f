"""Objects that have more than one name: what an attribute was given, and what a variable takes out of another one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike
from .test_shared import HEAD

COUNTER = """\
class Counter:
    def __init__(self):
        self.seen = 0

    def see(self, _):
        self.seen += 1

    def __call__(self, _):
        self.seen += 1


class Desk:
    def __init__(self, counter, hook=print):
        self.counter = counter
        self.hook = hook


"""
NOTES = """\
class Notes:
    def __init__(self):
        self.texts = []
        self.view = self.texts
        self.others = []


notes = Notes()
"""
DATA = """\
from dataclasses import dataclass


@dataclass
class Desk:
    texts: list


"""
LEFT: Mapping[str, tuple[str, str]] = {
    "what its class was given": (
        "`counter.seen`",
        COUNTER + "counter = Counter()\ndesk = Desk(counter)\nfor word in WORDS:\n"
        "    text = ask(f'{word}, number {desk.counter.seen}')\n    counter.see(text)\n    print(text)\n",
    ),
    "a method of it that another object has": (
        "`counter.seen`",
        COUNTER + "desk = Desk((counter := Counter()), counter.see)\nfor word in WORDS:\n"
        "    text = ask(f'{word}, number {desk.counter.seen}')\n    desk.hook(text)\n    print(text)\n",
    ),
    "an object that is called": (
        "`counter.seen`",
        COUNTER + "counter = Counter()\nfor word in WORDS:\n"
        "    text = ask(f'{word}, number {counter.seen}')\n    counter(text)\n    print(text)\n",
    ),
    "another attribute of the object": (
        "`notes.texts`",
        NOTES + "for word in WORDS:\n    text = ask(f'{word} after {len(notes.texts)}')\n    notes.view.append(text)\n",
    ),
    "a field of a dataclass": (
        "`texts`",
        DATA + "texts = []\ndesk = Desk(texts)\nfor word in WORDS:\n"
        "    text = ask(f'{word} after {len(texts)}')\n    desk.texts.append(text)\n",
    ),
    "a list that a variable takes out of a table": (
        "`memory`",
        "def tell(memory, word):\n    text = ask(f\"{word} after {memory['texts'][-2:]}\")\n"
        "    texts = memory['texts']\n    texts += [text]\n\n\nmemory = {'texts': []}\nfor word in WORDS:\n"
        "    tell(memory, word)\n",
    ),
}
ALIKE: Mapping[str, str] = {
    "another object of the class": (
        COUNTER
        + "counter, other = Counter(), Counter()\ndesk = Desk(counter)\nspare = Desk(other)\nfor word in WORDS:\n"
        "    text = ask(f'{word}, number {spare.counter.seen}')\n    desk.counter.see(text)\n    print(text)\n"
        "print(counter.seen)\n"
    ),
    "an object of the item's own": (
        COUNTER + "def run(word):\n    counter = Counter()\n    desk = Desk(counter)\n    desk.counter.see(word)\n"
        "    text = ask(f'{word}, number {counter.seen}')\n    desk.counter.see(text)\n"
        "    return text, counter.seen\n\n\n"
        "for word in WORDS:\n    print(run(word))\n"
    ),
    "another attribute of the object": (
        NOTES + "for word in WORDS:\n    text = ask(f'{word} after {len(notes.others)}')\n    notes.view.append(text)\n"
        "print(notes.texts)\n"
    ),
    "what is only changed": (
        DATA + "texts = []\ndesk = Desk(texts)\nfor word in WORDS:\n    desk.texts.append(ask(word))\nprint(texts)\n"
    ),
    "a list that a variable takes out of the item": (
        "for row in [{'word': 'tea', 'texts': []}, {'word': 'cup', 'texts': []}]:\n"
        "    text = ask(row['word'])\n    texts = row['texts']\n    texts += [text]\n    print(row)\n"
    ),
}


@pytest.mark.parametrize("name", LEFT)
def test_an_object_is_changed_by_its_other_name(name: str) -> None:
    shown, body = LEFT[name]
    refusal = check_noop(HEAD + body, "dependent-iterations")
    assert refusal is not None and shown in refusal.detail


@pytest.mark.parametrize("name", ALIKE)
def test_an_object_has_no_other_name_that_a_request_needs(name: str, tmp_path: Path) -> None:
    check_runs_alike(HEAD + ALIKE[name], tmp_path)
