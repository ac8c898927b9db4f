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
