"""Containers in which one object has several places: what one item puts into it is in the next item's prompt."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

HEAD = """\
import copy
from collections import defaultdict
from itertools import chain, cycle, repeat, zip_longest

from openai import OpenAI

client = OpenAI()
NAMES = ["tea", "cup", "jam"]


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


def rows_of(count):
    return [{"log": [], "text": ""}] * count


"""
ONE = {
    "multiplied": "rows = [{'text': ''}] * 3",
    "multiplied from the right": "rows = 3 * [{'text': ''}]",
    "a sum": "rows = [{'text': ''}] + [{'text': ''}] * 2",
    "made by a function": "rows = rows_of(3)",
    "repeated": "rows = list(repeat({'text': ''}, 3))",
    "a cycle": "rows = [row for row, _ in zip(cycle([{'text': ''}]), NAMES)]\nrows = [rows[0]] * 3",
    "a comprehension": "base = {'text': ''}\nrows = [base for _ in NAMES]",
    "put in": "base = {'text': ''}\nrows = []\nfor name in NAMES:\n    rows.append(base)",
    "put in twice": "base = {'text': ''}\nrows = []\nrows.append(base)\nrows.append(base)",
    "put in under its second name": (
        "base = {'text': ''}\nrows = []\nfor name in NAMES:\n    row = base\n    rows.append(row)"
    ),
    "added": "base = {'text': ''}\nrows = []\nrows += [base, base]",
    "values of a table": "table = dict.fromkeys(NAMES, {'text': ''})\nrows = table.values()",
    "one after the other": "base = [{'text': ''}]\nrows = list(chain(base, base * 2))",
}
OVER = {
    "a generator over all of them": (
        "def turns():\n    for number in range(2):\n        for row in ROWS:\n            yield number, row\n",
        "number, row in turns()",
    ),
    "a generator that gives them on": (
        "def turns():\n    for _ in range(2):\n        yield from ROWS\n",
        "row in turns()",
    ),
    "a list that is made so": ("", "number, row in [(n, row) for n in range(2) for row in ROWS]"),
    "there and back": ("", "row in ROWS + ROWS[::-1]"),
    "one of them again": ("more = [ROWS[0], {'text': 'new'}]\n", "row in chain(ROWS, more)"),
}
APART = {
    "those of each": (
        "def turns():\n    for rows in [ROWS, [{'text': 'new'}]]:\n        for row in rows:\n            yield row\n",
        "row in turns()",
    ),
    "others behind them": ("more = [{'text': 'new'}]\n", "row in ROWS + more"),
}
TURNS = """
ROWS = [{"text": "tea"}, {"text": "cup"}]
MADE

for OVER:
    row["text"] = ask(row["text"])
    print(row)
"""
LOOPS = {
    "index": "lists = [[]] * 3\nfor i, name in enumerate(NAMES):\n    lists[i].append(ask(f'{name} {lists[i]}'))",
    "keys": (
        "lists = dict.fromkeys(NAMES, [])\n"
        "for name in lists.keys():\n    lists[name].append(ask(f'{name} {lists[name]}'))"
    ),
    "items": "lists = dict.fromkeys(NAMES, [])\nfor name, log in lists.items():\n    log.append(ask(f'{name} {log}'))",
    "stored under keys": (
        "log, lists = [], {}\nfor name in NAMES:\n    lists[name] = log\n"
        "for name, own in lists.items():\n    own.append(ask(f'{name} {own}'))"
    ),
    "instead of what is missing": (
        "for name, log in zip_longest(NAMES, [[1]], fillvalue=[]):\n    log.append(ask(f'{name} {log}'))"
    ),
    "beside": "for name, log in zip(NAMES, repeat([])):\n    log.append(ask(f'{name} {log}'))",
    "in rows": "log = []\nfor row in [{'name': n, 'log': log} for n in NAMES]:\n    row['log'].append(ask(f'{row}'))",
    "in copies": (
        "base = {'log': []}\nrows = [copy.copy(base) for _ in NAMES]\n"
        "for row in rows:\n    row['log'].append(ask(f\"on {row['log']}\"))"
    ),
    "in a grid": (
        "grid = [[''] * 2] * 2\n"
        "for y in range(2):\n    for x in range(2):\n        grid[y][x] = ask(f'{y} {x} {grid[y]}')"
    ),
    "in an attribute": (
        "class Card:\n    def __init__(self):\n        self.log = [[]] * 3\n\n"
        "    def fill(self):\n        for row in self.log:\n            row.append(ask(f'on {row}'))\n\n\nCard().fill()"
    ),
    "given to a function": (
        "def fill(rows):\n    for row in rows:\n        row.append(ask(f'on {row}'))\n\n\nfill([[]] * 3)"
    ),
    "a comprehension over it": "print([row.append(ask(f'on {row}')) for row in [[]] * 3])",
}


@pytest.mark.parametrize("made", ONE.values(), ids=ONE)
def test_a_row_that_stands_in_several_places_is_no_item(made: str) -> None:
    check_noop(HEAD + made + "\nfor row in rows:\n    row['text'] = ask(f\"go on {row['text']}\")\n")


@pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS)
def test_what_several_places_share_is_no_items_own(loop: str) -> None:
    check_noop(HEAD + loop + "\n")


def test_objects_of_their_own_are_filled_as_before(tmp_path: Path) -> None:
    program = """
        BLANK = ""
        BASE = {"text": BLANK, "name": "x"}


        def run(rows):
            for row in rows:
                row["text"] = ask(f"{row['name']} {row['text']}")
            return rows


        lists = [[] for _ in NAMES]
        for i, name in enumerate(NAMES):
            lists[i].append(ask(f"{name} {lists[i]}"))
        texts = [BLANK] * 3
        for i, name in enumerate(NAMES):
            texts[i] = ask(f"{name} {texts[i]}")
        rows = []
        for name in NAMES:
            rows.append(dict(BASE, name=name))
        deep = [copy.deepcopy({"log": []}) for _ in NAMES]
        for row in deep:
            row["log"].append(ask(f"on {row['log']}"))
        print(lists, texts, run(rows), deep)
        """
    check_runs_alike(HEAD + textwrap.dedent(program), tmp_path)


def test_a_list_that_is_made_of_itself_is_followed_to_its_end(tmp_path: Path) -> None:
    made = "rows = []\nfor name in NAMES:\n    rows = rows + [{'text': name}]\n"
    asked = "for row in rows:\n    row['text'] = ask(row['text'])\nprint(rows)\n"
    check_runs_alike(HEAD + made + asked, tmp_path)


@pytest.mark.parametrize("name", OVER)
def test_what_goes_through_the_same_rows_again(name: str) -> None:
    made, over = OVER[name]
    check_noop(HEAD + TURNS.replace("MADE", made).replace("OVER", over), "dependent-iterations")


@pytest.mark.parametrize("name", APART)
def test_what_goes_through_all_rows_once(name: str, tmp_path: Path) -> None:
    made, over = APART[name]
    check_runs_alike(HEAD + TURNS.replace("MADE", made).replace("OVER", over), tmp_path)
