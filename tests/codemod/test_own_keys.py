"""What stands under a key that no two items share is the item's own, also where a helper is handed the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

COUNTED = """\
from collections import Counter

from openai import OpenAI

client = OpenAI()
NAMES = ["tea", "cup", "tea"]


class Desk:
    def __init__(self):
        self.asked = Counter()
        self.drafts = {{}}

    def ask(self, key, text):
        {key}
        self.asked[key] += 1
        answer = client.responses.create(model="gpt-5-mini", input=f"{{text}} {{self.drafts.get(key, '')}}")
        self.drafts[key] = answer.output_text
        return answer.output_text

    def answer(self, key, text):
        draft = self.ask(key, text)
        return self.ask(key, draft)


desk = Desk()
for key, text in {items}:
    draft = desk.answer(key, text)
    print(key, draft, desk.asked[key])
"""


@pytest.mark.parametrize("items", ["enumerate(NAMES)", "dict(zip('abc', NAMES)).items()"])
def test_a_helper_counts_under_the_items_own_key(items: str, tmp_path: Path) -> None:
    check_runs_alike(COUNTED.format(items=items, key="pass"), tmp_path)


@pytest.mark.parametrize(
    ("items", "key"),
    [
        ("zip(NAMES, NAMES)", "pass"),
        ("enumerate(NAMES)", "key = key // 2"),
        ("enumerate(NAMES)", "key = NAMES[key]"),
    ],
)
def test_a_key_that_items_share_keeps_the_loop(items: str, key: str) -> None:
    check_noop(COUNTED.format(items=items, key=key), "dependent-iterations")


LOOKED_UP = """\
from openai import OpenAI

client = OpenAI()
known = {{}}
for key, text in {{"A": "tea", "b": "cup", "a": "jam"}}.items():
    {key}
    answer = client.responses.create(model="gpt-5-mini", input=f"{{text}} {{known.get({used}, '')}}").output_text
    known[{used}] = answer
print(known)
"""


@pytest.mark.parametrize(
    ("key", "used"), [("name = key.strip()", "key"), ("key = key.lower()", "key"), ("name = key.lower()", "name")]
)
def test_a_key_that_the_loop_makes_alike_is_nobodys_own(key: str, used: str, tmp_path: Path) -> None:
    check_runs_alike(LOOKED_UP.format(key=key, used=used), tmp_path)


FILLED = """\
import numpy as np
from openai import OpenAI

client = OpenAI()
NAMES = ["tea", "cup", "jam"]


def score(text):
    answer = client.responses.create(model="gpt-5-mini", input=text).output_text
    return sum(map(ord, answer)) % 17


found = np.zeros((3, 3, 2))
for i in range(len(NAMES)):
    for j in range(3):
        found[{forth}] = score(f"{{NAMES[i]}} and {{NAMES[j]}}")
        found[{back}] = score(f"{{NAMES[j]}} or {{NAMES[i]}} {{found[{read}]}}")
print(found.tolist())
"""


def test_the_first_index_is_the_items_own(tmp_path: Path) -> None:
    check_runs_alike(FILLED.format(forth="i, j, 0", back="i, j, 1", read="i, j, 0"), tmp_path)


@pytest.mark.parametrize(("back", "read"), [("j, i, 0", "i, j, 0"), ("i, j, 1", "j, i, 0")])
def test_an_index_that_another_item_has_too_keeps_the_loop(back: str, read: str) -> None:
    check_noop(FILLED.format(forth="i, j, 0", back=back, read=read))


SHELF = """\
import shelve

from openai import OpenAI

VERSION = 3


class Shelf:
    def __init__(self, path):
        self.db = shelve.open(path)

    @staticmethod
    def key(id):
        return f"v{VERSION}:{id}"

    def __contains__(self, id):
        return self.key(id) in self.db

    def get(self, id):
        return self.db.get(self.key(id))

    def put(self, id, note):
        self.db[self.key(id)] = note
        self.db.sync()


class Desk:
    def __init__(self, shelf):
        self.shelf = shelf
        self.client = OpenAI()

    def note(self, id, text):
        if id in self.shelf:
            return self.shelf.get(id)
        note = self.client.responses.create(model="gpt-5-mini", input=text).output_text
        self.shelf.put(id, note)
        return note


desk = Desk(Shelf("notes"))
for id, text in [("a", "tea"), ("b", "cup"), ("a", "tea"), ("c", "jam")]:
    print(id, desk.note(id, text))
desk.shelf.db.close()
"""


def test_a_key_that_a_method_of_another_object_makes(tmp_path: Path) -> None:
    done = check_runs_alike(SHELF, tmp_path)
    assert "yield in_turn(self.shelf.key(id))" in done.rewritten.files["app.py"]


CONSTANT = """\
from openai import OpenAI

client = OpenAI()


def ask(kind, memo, line):
    if kind in memo:
        line += memo[kind]
    memo[kind] = client.responses.create(model="gpt-5-mini", input=line).output_text


def main(kind, lines):
    memo = {{}}
    for line in lines:
        ask({key}, memo, line)
    print(memo)


main("tea", open("in.txt"))
"""


def test_a_key_from_outside_of_the_loop_is_no_items_own() -> None:
    check_noop(CONSTANT.format(key="kind"), "dependent-iterations")


def test_a_key_from_the_item_is_its_own(tmp_path: Path) -> None:
    check_runs_alike({"app.py": CONSTANT.format(key="line[:1]"), "in.txt": "a\nb\na\n"}, tmp_path)


LEFT = """\
from openai import OpenAI

client = OpenAI()
notes = {{"a": {{"text": "tea"}}, "b": {{"text": "cup"}}, "c": {{"text": "jam"}}}}
skipped = ["b", "a", "a"]
{todo}
for {head} in todo:
    note = notes[key]
    notes[key]["summary"] = client.responses.create(model="gpt-5-mini", input=note["text"]).output_text
print(notes)
"""
ITEMS = "todo = [(key, note) for key, note in notes.items() if key not in skipped]"


@pytest.mark.parametrize(
    ("todo", "head"),
    [
        ("todo = [key for key in notes.keys() if key not in skipped]", "key"),
        ("keys = list(notes.keys())\ntodo = [key for key in keys if key not in skipped]", "key"),
        ("todo = sorted(key for key in notes.keys() if key != 'b')[:5]", "key"),
        (ITEMS, "key, _"),
        ("keys = list(notes.keys())\nif skipped:\n    todo = keys\nelse:\n    todo = keys[1:]", "key"),
    ],
)
def test_keys_that_a_test_leaves_are_the_items_own(todo: str, head: str, tmp_path: Path) -> None:
    check_runs_alike(LEFT.format(todo=todo, head=head), tmp_path)


@pytest.mark.parametrize(
    ("todo", "head"),
    [
        ("todo = [key for key in skipped if key in notes]", "key"),
        ("todo = [key[0] for key in notes.keys()]", "key"),
        ("todo = [key for key in notes.keys() for _ in range(2)]", "key"),
        ("todo = [key for key in notes.keys() if (key := key.lower())]", "key"),
        (ITEMS + "\ntodo.append(todo[0])", "key, _"),
        (ITEMS + "\ntodo[0] = todo[-1]", "key, _"),
        (ITEMS + "\ntodo += todo", "key, _"),
        ("keys = list(notes.keys())\nmore = keys\nmore.append('a')\ntodo = [k for k in keys if k]", "key"),
        ("keys = list(notes.keys())\nif skipped:\n    todo = keys\nelse:\n    todo = [k for k in skipped]", "key"),
        ("def twice(keys):\n    keys *= 2\n\n\ntodo = [k for k in notes.keys()]\ntwice(todo)", "key"),
    ],
)
def test_keys_that_may_come_twice_are_no_items_own(todo: str, head: str) -> None:
    check_noop(LEFT.format(todo=todo, head=head), "dependent-iterations")
