"""Items of a list that only ever holds the keys of a mapping are told apart, as long as nothing else is put into it."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

PROGRAM = """\
from contextlib import nullcontext
from functools import partial
from typing import cast

from openai import OpenAI

client = OpenAI()


def main():
    rows = {{"tea": 1, "cup": 2}}
    words = list(rows)
    keys = list(rows.keys())
    {between}
    known = {{}}
    for key in keys:
        before = known.get(key, "")
        known[key] = client.responses.create(model="gpt-5-mini", input=f"{{key}} {{before}}").output_text
    print(known)


main()
"""
WAITS = "in_turn("
FILLED = {
    "another name": "more = keys or []\n    more.append('tea')",
    "another name in a choice": "more = keys if words else []\n    more.append('tea')",
    "a lambda": "get = lambda: keys\n    get().append('tea')",
    "a default": "def put(word, into=keys):\n        into.append(word)\n\n    put('tea')",
    "a function inside": "def get():\n        return keys\n\n    get().append('tea')",
    "a partial": "add = partial(list.append, keys)\n    add('tea')",
    "a cast": "cast(list, keys).append('tea')",
    "a method by its name": "getattr(keys, 'append')('tea')",
    "a context": "with nullcontext(keys) as more:\n        more.append('tea')",
    "a match": "match keys:\n        case list() as more:\n            more.append('tea')",
    "the longest": "max(keys, words[:1], key=len).append('tea')",
}
READ = {
    "a test": "print(1 if keys and words else 2, not (keys or words))",
    "numbers of it": "print(len(keys), max(keys), sorted(keys), [key for key in keys if key])",
    "a text": "print(f'{keys}', ', '.join(keys))",
}
SLOTS = """\
from openai import OpenAI

client = OpenAI()
slots = ["", "", ""]
for number in {numbers}:
    before = slots[number]
    slots[number] = client.responses.create(model="gpt-5-mini", input=f"{{number}} {{before}}").output_text
print(slots)
"""


@pytest.mark.parametrize("name", FILLED)
def test_items_of_a_list_that_is_filled_by_another_name_wait_for_their_equals(name: str, tmp_path: Path) -> None:
    alike = check_runs_alike(PROGRAM.format(between=FILLED[name]), tmp_path)
    assert WAITS in alike.rewritten.files["app.py"]


@pytest.mark.parametrize("name", READ)
def test_items_of_a_list_that_is_only_read_wait_for_none(name: str, tmp_path: Path) -> None:
    alike = check_runs_alike(PROGRAM.format(between=READ[name]), tmp_path)
    assert WAITS not in alike.rewritten.files["app.py"]


@pytest.mark.parametrize("numbers", ["range(3)", "range(2, -1, -1)"])
def test_each_number_is_a_place_of_its_own(numbers: str, tmp_path: Path) -> None:
    check_runs_alike(SLOTS.format(numbers=numbers), tmp_path)


def test_a_number_below_zero_may_be_the_place_of_another_one() -> None:
    check_noop(SLOTS.format(numbers="range(-2, 3)"), "dependent-iterations")


LABELLED = """\
import argparse
import email

import pandas as pd
from openai import OpenAI

client = OpenAI()
names = ["a", "b", "a"]
frame = pd.DataFrame({{"name": names, "text": ["tea", "cup", "jam"]}})
other = pd.DataFrame({{"name": ["c"], "text": ["milk"]}})
book = argparse.Namespace(index=names)
mail = email.message_from_string("X-Tag: a\\nX-Tag: b\\n\\nhello")
known = {{}}
{loop}
    before = known.get(key, "")
    known[key] = client.responses.create(model="gpt-5-mini", input=f"{{key}} {{before}}").output_text
print(known)
"""
OFTEN = {
    "labels that are set": 'for key, row in frame.set_index("name").iterrows():',
    "frames put together": "for key, row in pd.concat([frame, other]).iterrows():",
    "labels of a series": 'for key, text in pd.Series(["tea", "cup", "jam"], index=names).items():',
    "labels that are given": "for key in pd.DataFrame({'text': names}, index=names).index:",
    "an attribute of another object": "for key in book.index:",
    "headers of a mail": "for key in mail.keys():",
}
ONCE = {
    "rows by their number": "for key, row in frame[frame['text'] != 'cup'].iterrows():",
    "frames put together and numbered": "for key, row in pd.concat([frame, other], ignore_index=True).iterrows():",
    "keys of a dict": "for key in dict.fromkeys(names).keys():",
}


@pytest.mark.parametrize("name", OFTEN)
def test_items_whose_labels_may_come_again_wait_for_their_equals(name: str, tmp_path: Path) -> None:
    alike = check_runs_alike(LABELLED.format(loop=OFTEN[name]), tmp_path)
    assert WAITS in alike.rewritten.files["app.py"]


@pytest.mark.parametrize("name", ONCE)
def test_items_with_a_label_of_their_own_wait_for_none(name: str, tmp_path: Path) -> None:
    alike = check_runs_alike(LABELLED.format(loop=ONCE[name]), tmp_path)
    assert WAITS not in alike.rewritten.files["app.py"]
