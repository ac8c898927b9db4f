"""Containers of a class of the program's own, and methods of containers that are handed on to be called elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

HEAD = """\
from openai import OpenAI

client = OpenAI()
ROWS = [("a", "b"), ("c", "a"), ("b", "d"), ("A", "e")]


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


class Names(set):
    def METHOD


def told(look, name):
    return look(name)


def main(done: set):
    known = {}
    for key, other in ROWS:
        if TEST:
            continue
        answer = ask(key)
        print(key, answer)
        done.add(key)
        known[key] = answer
    print(sorted(done), known)


main(MADE)
"""
LOWER = "__contains__(self, name):\n        return super().__contains__(name.lower())"
MORE = "add(self, name):\n        super().add(name)\n        super().add('b')"
OTHER = "first(self):\n        return min(self)"
LEFT = {
    "a set that looks for something else": (LOWER, "key in done", "Names()"),
    "a set that adds more": (MORE, "key in done", "Names()"),
    "`filter`": (OTHER, "list(filter(done.__contains__, (key, other)))", "set()"),
    "`map`": (OTHER, "any(map(done.__contains__, (key, other)))", "set()"),
    "a helper that is handed a look": (OTHER, "told(known.get, other)", "set()"),
}
ALIKE = {
    "a set": (OTHER, "key in done", "set()"),
    "a look at what does not change": (OTHER, "list(filter({'c'}.__contains__, (key, other)))", "set()"),
}


def program(method: str, test: str, made: str) -> str:
    text = HEAD.replace("METHOD", method).replace("TEST", test)
    return text.replace("MADE", made)


@pytest.mark.parametrize("name", LEFT)
def test_an_item_waits_for_what_is_looked_at_so(name: str) -> None:
    check_noop(program(*LEFT[name]), "dependent-iterations")


@pytest.mark.parametrize("name", ALIKE)
def test_what_is_of_one_key_or_of_none_is_rewritten(name: str, tmp_path: Path) -> None:
    check_runs_alike(program(*ALIKE[name]), tmp_path)
