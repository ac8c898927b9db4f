"""Functions that variables and tables hold: their calls are rewritten where all uses are known."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

HEAD = """\
from functools import partial

from openai import OpenAI

client = OpenAI()
ITEMS = [("long", "tea"), ("short", "cup"), ("plain", "jam"), ("long", "tea"), ("short", "bun")]


def ask(text, words=10):
    return client.responses.create(model="gpt-5-mini", input=f"{text} in {words} words").output_text


def short(text):
    return ask(text, words=3)


def plain(text):
    return text.upper()


"""
RUN = """
for kind, text in ITEMS:
    print(kind, {call})
"""
TABLE = 'HANDLERS = {"long": ask, "short": short, "plain": plain}\n'
ASKING = 'HANDLERS = {"long": ask, "short": lambda text: ask(text, words=3), "plain": short}\n'
FACTORY = """
def make(words):
    prefix = "Say"

    def say(text):
        return ask(f"{prefix} {text}", words=words)

    return say


"""
CLASS = """
class Worker:
    def __init__(self):
        self.handlers = {"long": self.long, "short": short, "plain": plain}
        self.done = 0

    def long(self, text):
        answer = ask(text)
        self.done += 1
        return answer

    def run(self):
        for kind, text in ITEMS:
            print(kind, self.handlers[kind](text), self.done)


Worker().run()
"""
ALIKE = {
    "a table by its key": TABLE + RUN.format(call="HANDLERS[kind](text)"),
    "a table with a default": 'HANDLERS = {"long": ask}\n' + RUN.format(call="HANDLERS.get(kind, plain)(text)"),
    "a table of which all ask": ASKING + RUN.format(call="HANDLERS[kind](text)"),
    "a table whose keys are looked at": (
        TABLE
        + "print(sorted(HANDLERS), len(HANDLERS))\n"
        + RUN.format(call="HANDLERS[kind](text) if kind in HANDLERS else None")
    ),
    "a table of methods": CLASS,
    "a partial": "few = partial(ask, words=3)\n" + RUN.format(call="few(text)"),
    "a partial that is mapped": "few = partial(ask, words=3)\nprint(list(map(few, [text for _, text in ITEMS])))\n",
    "closures of a factory": FACTORY + "few, many = make(2), make(9)\n" + RUN.format(call="few(text), many(text)"),
    "steps one after the other": (
        "STEPS = [short, plain, ask]\n\n\ndef run(text):\n    for step in STEPS:\n        text = step(text)\n"
        "    return text\n" + RUN.format(call="run(text)")
    ),
    "named steps": (
        'STEPS = [("short", short), ("plain", plain)]\n\n\ndef run(text):\n    out = {}\n    for name, step in STEPS:\n'
        "        out[name] = step(text)\n    return out\n" + RUN.format(call="run(text)")
    ),
    "a lambda in a variable": "say = lambda text: ask(text.strip())\n" + RUN.format(call="say(text)"),
    "a lambda that does more": "say = lambda text: ask(text).upper()\n" + RUN.format(call="say(text)"),
    "one of two by a condition": (
        "for kind, text in ITEMS:\n    answer = ask if kind == 'long' else plain\n    print(answer(text))\n"
    ),
}
MADE = FACTORY + "sayers = {kind: make(words) for kind, words in {'long': 9, 'short': 2, 'plain': 4}.items()}\n"
ALIKE |= {
    "a table of a factory's closures": MADE + RUN.format(call="sayers[kind](text)"),
    "all of a factory's closures": MADE + RUN.format(call="[(name, say(text)) for name, say in sayers.items()]"),
    "a list of a factory's closures": (
        FACTORY + "sayers = list(make(words) for words in (2, 9))\n" + RUN.format(call="[say(text) for say in sayers]")
    ),
}
LEFT = {
    "a factory's closure that is put beside others": (
        MADE + "sayers['none'] = print\n" + RUN.format(call="sayers[kind](text)")
    ),
    "a factory's closures that something else calls": (
        MADE + RUN.format(call="sayers[kind](text)") + "print(list(map(sayers['long'], 'ab')))\n"
    ),
    "a table that is added to": TABLE + 'HANDLERS["plain"] = print\n' + RUN.format(call="HANDLERS[kind](text)"),
    "a table that is handed on": TABLE + "print(HANDLERS)\n" + RUN.format(call="HANDLERS[kind](text)"),
    "a function that is called elsewhere too": (
        FACTORY + "few = make(2)\nprint(few('first'))\n" + RUN.format(call="few(text)")
    ),
    "a table with something unknown": (
        'from handlers import other\n\nHANDLERS = {"long": ask, "short": other, "plain": plain}\n'
        + RUN.format(call="HANDLERS[kind](text)")
    ),
    "what the handlers share": (
        "history = []\n\n\ndef chat(text):\n    history.append(text)\n    answer = ask(' '.join(history))\n"
        "    history.append(answer)\n    return answer\n\n\n"
        + 'HANDLERS = {"long": chat, "short": plain, "plain": plain}\n'
        + RUN.format(call="HANDLERS[kind](text)")
    ),
    "what a lambda is given": (
        "state = {'last': ''}\nHANDLERS = {'long': lambda s: ask(s['last']), 'short': len, 'plain': lambda s: 'y'}\n"
        "for kind, text in ITEMS:\n    state['last'] = HANDLERS[kind](state)\n"
    ),
}


@pytest.mark.parametrize("name", ALIKE)
def test_programs_run_alike(name: str, tmp_path: Path) -> None:
    check_runs_alike(HEAD + ALIKE[name], tmp_path)


@pytest.mark.parametrize("name", LEFT)
def test_what_is_used_otherwise_is_left(name: str) -> None:
    assert check_noop(HEAD + LEFT[name]) is None


IN_ANOTHER_FILE = """
from openai import OpenAI

client = OpenAI()
seen = []


def summary(row):
    answer = client.responses.create(model="gpt-5-mini", input=row).output_text
    seen.append(answer)
    return answer


def upper(row):
    return row.upper() + {told}


HANDLERS = {{"summary": summary, "upper": upper}}
"""
USE = """
from handlers import HANDLERS

for kind, row in [("summary", "a"), ("upper", "b"), ("summary", "c"), ("upper", "d")]:
    print(HANDLERS[kind](row))
"""


def test_what_a_function_of_a_table_reads_that_asks_nothing_counts() -> None:
    check_noop({"handlers.py": IN_ANOTHER_FILE.format(told="str(len(seen))"), "app.py": USE}, "order-of-effects")


def test_a_function_of_a_table_that_reads_nothing_else_does_not(tmp_path: Path) -> None:
    check_runs_alike({"handlers.py": IN_ANOTHER_FILE.format(told="'!'"), "app.py": USE}, tmp_path)
