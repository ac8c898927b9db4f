"""Helpers that give out what others have too: an item of a list or a table, found in whichever way."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

PROGRAM = """\
from random import choice

from openai import OpenAI

client = OpenAI()


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=str(text)).output_text


class Thread:
    def __init__(self, customer):
        self.customer = customer
        self.turns = []
        self.draft = ""

    def hear(self, text):
        self.heard = text
        return self


def among(threads, customer):
    found = threads[customer]
    return found


class Inbox:
    @staticmethod
    def among(threads, customer):
        return next(each for each in threads if each.customer == customer)

    def __init__(self, customers):
        self.threads = {each: Thread(each) for each in customers}

    def known(self, customer):
        return self.threads[customer]

    def of(self, customer):
WAY


inbox = Inbox("abc")


def main():
    for name in ("ann", "bob", "al"):
        BODY
    print([(each.turns, each.draft) for each in inbox.threads.values()])


main()
"""
WAYS = {
    "by its key": "return self.threads[customer]",
    "by its key, if it is there": "return self.threads[customer] if customer in self.threads else None",
    "by get": "return self.threads.get(customer)",
    "by setdefault": "return self.threads.setdefault(customer, Thread(customer))",
    "by next": "return next(each for each in self.threads.values() if each.customer == customer)",
    "by a name of its own": "found = self.threads.get(customer)\nif found is None:\n    raise KeyError\nreturn found",
    "by a loop": "for each in self.threads.values():\n    if each.customer == customer:\n        return each",
    "by a list of those that fit": (
        "fitting = [each for each in self.threads.values() if each.customer == customer]\nreturn fitting[0]"
    ),
    "by a function that is given all": "return among(self.threads, customer)",
    "by a method that is given all": "return self.among(list(self.threads.values()), customer)",
    "by a loop over a copy": (
        "copied = list(self.threads.values())\n"
        "for each in copied:\n    if each.customer == customer:\n        return each"
    ),
    "by another method": "return self.known(customer)",
}
BODY = "thread = inbox.of(name[0]).hear(name)\nthread.turns.append(ask(f'{name} {thread.turns}'))"
INLINE = "inbox.of(name[0]).turns.append(ask(f'{name} {inbox.of(name[0]).turns}'))"
WRITTEN = "thread = inbox.of(name[0])\nthread.draft = ask(f'{name} {thread.customer}')"


def _program(way: str, body: str) -> str:
    text = PROGRAM.replace("WAY", textwrap.indent(way, " " * 8))
    return text.replace("BODY", textwrap.indent(body, " " * 8).strip())


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_what_an_item_stores_there_the_next_one_finds(way: str) -> None:
    check_noop(_program(way, BODY), "dependent-iterations")


def test_it_needs_no_variable() -> None:
    check_noop(_program(WAYS["by get"], INLINE), "dependent-iterations")


@pytest.mark.parametrize("way", ["by get", "by a name of its own"])
def test_what_nothing_reads_may_be_stored_there(way: str, tmp_path: Path) -> None:
    check_runs_alike(_program(WAYS[way], WRITTEN), tmp_path)


def test_many_functions_that_call_each_other_are_followed() -> None:
    parts = "\n\n\n".join(
        f"""\
def part_{n}(node, depth):
    if depth > 3:
        return KEPT.setdefault(node, [])
    left = part_{(n + 1) % 14}(node, depth + 1)
    right = part_{(n + 2) % 14}(left, depth + 1)
    return right or part_{(n + 5) % 14}(right, depth + 1)"""
        for n in range(14)
    )
    program = f"""\
from openai import OpenAI

client = OpenAI()
KEPT = {{}}


{parts}


for word in open("words.txt"):
    kept = part_0(word, 0)
    kept.append(client.responses.create(model="gpt-5", input=word).output_text)
"""
    check_noop(program, "dependent-iterations")
