"""Variables that are changed by calls in which they are no receiver, and mappings that count when they are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike
from .test_shared import HEAD

MORE = """\
import csv
import io
import itertools
import operator
import sqlite3
from collections import defaultdict
from typing import cast


class Memory:
    last = "none"
    first = "none"

    def tone(self):
        return "calmly"


class Loud(Memory):
    def tone(self):
        return "loudly"


memory = Memory()
storage = memory.__dict__
texts = []
table = {}
buffer = io.StringIO()
last = "nothing"
log = []
db = sqlite3.connect(":memory:")
db.create_function("last", 0, lambda: log[-1] if log else "none")
db.create_function("keep", 1, lambda text: log.append(text))


def kept():
    while True:
        log.append((yield len(log)))


going = kept()
next(going)


class Desk:
    last = "none"

    def keep_it(self, text):
        self.last = text

    def show_it(self, text):
        print(text)


desk = Desk()


def keep(text):
    vars(memory).update(last=text)


def put(text):
    vars(memory)["last"] = text


"""
LEFT = {
    "a walrus": "print(last := ask(f'{word} {last}'))\n",
    "a pattern": "match ask(f'{word} {last}').split():\n        case [last, *_]:\n            print(last)\n",
    "a type checker's word for it": "text = ask(f'{word} {texts}')\n    cast(list, texts).append(text)\n",
    "a method of a list by the name of its operator": "text = ask(f'{word} {texts}')\n    texts.__iadd__([text])\n",
    "a list that is called like a logger": "text = ask(f'{word} {log}')\n    log.insert(0, text)\n",
    "a method that is looked up": "text = ask(f'{word} {desk.last}')\n    getattr(desk, 'keep_it')(text)\n",
    "a method of a list that is looked up": "text = ask(f'{word} {texts}')\n    getattr(texts, 'append')(text)\n",
    "a method that is looked up by some name": (
        "text = ask(f'{word} {desk.last}')\n    getattr(desk, '_'.join(['keep', 'it']))(text)\n"
    ),
    "a generator that goes on": "text = ask(f'{word} {log}')\n    going.send(text)\n",
    "a function that the database calls": "text = ask(f'{word} {log}')\n    db.execute('select keep(?)', [text])\n",
    "what the database asks a function": (
        "row = db.execute('select last()').fetchone()\n    text = ask(f'{word} {row}')\n    log.append(text)\n"
    ),
    "a method with its object": "text = ask(f'{word} {texts[-1:]}')\n    list.append(texts, text)\n",
    "a function of the operator": "text = ask(f'{word} {len(table)}')\n    operator.setitem(table, word, text)\n",
    "the attributes as a mapping": "text = ask(f'{word} {memory.last}')\n    keep(text)\n",
    "an attribute in the mapping": "text = ask(f'{word} {memory.last}')\n    memory.__dict__['last'] = text\n",
    "an attribute in the mapping of `vars`": "text = ask(f'{word} {memory.last}')\n    put(text)\n",
    "the mapping by another name": (
        "text = ask(f'{word} {memory.last}')\n    mapping = memory.__dict__\n    mapping['last'] = text\n"
    ),
    "the mapping by a name from before": "text = ask(f'{word} {memory.last}')\n    storage['last'] = text\n",
    "what the mapping shows": "text = ask(f'{word} {storage}')\n    memory.last = text\n",
    "the class of an object": "text = ask(f'{word} {memory.tone()}')\n    memory.__class__ = text and Loud\n",
    "a variable in the mapping": "text = ask(f'{word} {last}')\n    globals()['last'] = text\n",
    "what writes into it": (
        "text = ask(f'{word} {buffer.getvalue()}')\n    csv.writer(buffer).writerow([word, text])\n"
    ),
}
ALIKE = {
    "a walrus": "print(found := ask(word))\nprint(found)\n",
    "a pattern": "match ask(word).split():\n        case [first, *_]:\n            print(first)\n",
    "a method that is looked up": "text = ask(f'{word} {desk.last}')\n    getattr(desk, 'show_it')(text)\n",
    "a generator that goes on": "text = ask(word)\n    going.send(text)\nprint(log)\n",
    "a function that the database calls": "text = ask(word)\n    db.execute('select keep(?)', [text])\nprint(log)\n",
    "a method with its object": "text = ask(word)\n    list.append(texts, text)\nprint(texts)\n",
    "another attribute in the mapping": (
        "text = ask(f'{word} {memory.first}')\n    memory.__dict__['last'] = text\nprint(memory.last)\n"
    ),
    "another attribute in the mapping of `vars`": (
        "text = ask(f'{word} {memory.first}')\n    put(text)\nprint(memory.last)\n"
    ),
    "the mapping of an own object": (
        "mine = Memory()\n    mapping = mine.__dict__\n    mapping['last'] = ask(f'{word} {mine.last}')\n"
        "    print(mine.last)\n"
    ),
    "the class of an object that stays": "text = ask(f'{word} {memory.__class__}')\n    memory.last = text\n",
    "the class of an own object": (
        "mine = Memory()\n    if ask(f'{word} {mine.tone()}'):\n        mine.__class__ = Loud\n    print(mine.tone())\n"
    ),
    "another variable in the mapping": ("text = ask(f'{word} {table}')\n    globals()['last'] = text\nprint(last)\n"),
    "what writes into it": "csv.writer(buffer).writerow([word, ask(word)])\nprint(buffer.getvalue())\n",
}
NUMBERS = {
    "the next number": "numbers = defaultdict(itertools.count().__next__)\n",
    "a number by how many there are": "numbers = defaultdict(lambda: len(numbers))\n",
}


def looped(body: str) -> str:
    return f"{HEAD}{MORE}for word in WORDS:\n    {body}"


@pytest.mark.parametrize("name", LEFT)
def test_what_a_call_changes_a_request_needs(name: str) -> None:
    check_noop(looped(LEFT[name]), "dependent-iterations")


@pytest.mark.parametrize("name", ALIKE)
def test_what_a_call_changes_no_request_needs(name: str, tmp_path: Path) -> None:
    check_runs_alike(looped(ALIKE[name]), tmp_path)


@pytest.mark.parametrize("name", NUMBERS)
def test_a_mapping_counts_what_it_is_asked_for(name: str, tmp_path: Path) -> None:
    body = "for word in WORDS:\n    text = ask(f'{numbers[word]} {word}')\n"
    check_noop(HEAD + MORE + NUMBERS[name] + body + "    print(numbers[text])\n", "dependent-iterations")
    check_runs_alike(HEAD + MORE + NUMBERS[name] + body + "    print(text)\n", tmp_path)


def test_the_body_of_a_class_has_names_that_no_function_sees() -> None:
    program = "class Found:\n    tone = 'dry'\n    for word in ['a', 'b']:\n        print(ask(word + tone))\n"
    check_noop(HEAD + program, "unsupported-shape")
