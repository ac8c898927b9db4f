"""Classes that say what becomes of an attribute, a key, an item, a test, a definition, or of an object itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

HEAD = """\
import decimal
from collections import defaultdict

from openai import OpenAI

client = OpenAI()
log = ["start"]


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=str(text)).output_text


def newest():
    return log[-1]


class Last:
    value = "none"

    def __get__(self, obj, owner=None):
        return self.value

    def __set__(self, obj, value):
        self.value = value


class Own:
    def __set_name__(self, owner, name):
        self.name = "_" + name

    def __get__(self, obj, owner=None):
        return getattr(obj, self.name, "none")

    def __set__(self, obj, value):
        setattr(obj, self.name, value)


class Person:
    word = Last()
    own = Own()

    def __init__(self, name):
        self.name = name


class Memory:
    def __getattr__(self, name):
        return log[-1] + name


class Words(dict):
    def __missing__(self, key):
        return key + log[-1]


class Enough:
    def __bool__(self):
        return len(log) > 3


class Feed:
    def __init__(self, items, limit):
        self.items = items
        self.limit = limit

    def __getitem__(self, index):
        if len(log) > self.limit:
            raise IndexError
        return self.items[index]


class Plain:
    def __init__(self, items):
        self.items = items
        self.cost = 0

    def __getitem__(self, index):
        return self.items[index]


class One:
    _one = None

    def __new__(cls):
        if cls._one is None:
            cls._one = super().__new__(cls)
            cls._one.last = "none"
        return cls._one


class Named:
    def __new__(cls, name):
        self = super().__new__(cls)
        self.last = name
        return self


class Once(type):
    made = {}

    def __call__(cls):
        if cls not in cls.made:
            cls.made[cls] = super().__call__()
        return cls.made[cls]


class Kept(metaclass=Once):
    def __init__(self):
        self.last = "none"


class Kind:
    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        log.append(cls.__name__)


class Going:
    def __init__(self, text):
        self.text = text

    def __del__(self):
        log.append(self.text)


class Closing:
    def __init__(self, text):
        self.text = text

    def __del__(self):
        self.text = None


def register(function):
    log.append(function())
    return function


people = [Person("Ann"), Person("Bob"), Person("Cy")]
memory, words, enough, feed, plain = Memory(), Words(), Enough(), Feed("abcd", 2), Plain("abc")
context, groups = defaultdict(newest), defaultdict(list)
kept = Kept()
result = None


"""
STAY = {
    "a descriptor with one value for all": "for p in people:\n    p.word = ask(p.name + p.word)",
    "a part of what a descriptor gives": "for p in people:\n    p.word = ask(p.name + p.word[:3])",
    "an attribute that is not there": "for x in 'abc':\n    log.append(ask(memory.last))",
    "a key that is not there": "for x in 'abc':\n    log.append(ask(words[x]))",
    "a key that a factory makes": "for x in 'abc':\n    log.append(ask(context[x]))",
    "whether it is true": "for x in 'abcd':\n    if enough:\n        continue\n    log.append(ask(x))",
    "whether it is not": "for x in 'abcd':\n    log.append(ask(x if not enough else 'more'))",
    "an index that is not there": "for x in feed:\n    log.append(ask(x))",
    "an object for all": "for x in 'abc':\n    one = One()\n    one.last = ask(x + one.last)",
    "an object by its class's class": "for x in 'abc':\n    Kept().last = ask(x + Kept().last)",
    "an object that has a name too": "for x in 'abc':\n    Kept().last = ask(x + kept.last)",
    "a class that is derived": "for x in 'abc':\n    answer = ask(x + str(log))\n    type(answer[:3], (Kind,), {})",
    "a class that is written": (
        "for x in 'abc':\n    answer = ask(x + str(log))\n    class New(Kind):\n        text = answer"
    ),
    "a decorator that calls": (
        "for x in 'abc':\n    answer = ask(x + str(log))\n    @register\n    def made():\n        return 'x'"
    ),
}
ALIKE = {
    "a descriptor with a value for each": "for p in people:\n    p.own = ask(p.name + p.own)\n    print(p.own)",
    "items by their index": "for x in plain:\n    plain.cost += len(ask(x))\nprint(plain.cost)",
    "a factory of the language": "for x in 'abc':\n    groups[x].append(ask(x))\nprint(groups)",
    "objects that are new": "for x in 'abc':\n    new = Named(x)\n    new.last = ask(new.last)\n    print(new.last)",
    "objects that only end": "for x in 'abc':\n    print(Closing(ask(x)).text)",
}


@pytest.mark.parametrize("loop", STAY.values(), ids=STAY)
def test_what_they_look_at_may_be_an_answer(loop: str) -> None:
    check_noop(HEAD + loop + "\nprint(log)\n", "dependent-iterations")


@pytest.mark.parametrize("loop", ALIKE.values(), ids=ALIKE)
def test_what_they_have_for_themselves_is_no_answer(loop: str, tmp_path: Path) -> None:
    check_runs_alike(HEAD + loop + "\n", tmp_path)


def test_objects_that_have_an_effect_when_they_go() -> None:
    refusal = check_noop(HEAD + "for x in 'abc':\n    result = Going(ask(x + str(log)))\n", "unsupported-shape")
    assert refusal is not None
    assert "`Going` (line " in refusal.detail
