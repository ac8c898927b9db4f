"""A key is the same for a look and for what is stored later only where nothing changes it in between."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

PROGRAM = """\
from openai import OpenAI

client = OpenAI()
ROWS = [("tea", "cup"), ("cup", "jam"), ("jam", "bun"), ("tea", "oat")]


def is_known(known, key):
    return key in known


def store(known, key, answer):
    known[key] = answer


def shorten(row, part):
    row[part] = row[part][:1]


def main():
    known = {{}}
    for key, other in ROWS:
        row = {{"name": key, "other": other}}
        {first}
        if {look}:
            continue
        answer = client.responses.create(model="gpt-5-mini", input=f"{{key}} {{other}}").output_text
        {between}
        {then}
    print(known)


main()
"""
BY_NAME = {"look": "is_known(known, key)", "then": "store(known, key, answer)"}
BY_PART = {"look": "row['name'] in known", "then": "known[row['name']] = answer"}
HANDED = {"look": "is_known(known, row['name'])", "then": "store(known, row['name'], answer)"}
ANEW = {
    "bound anew": "key = other",
    "bound anew for some": "key = other if answer else key",
    "added to": "key += other",
    "bound by a loop": "for key in (key, other): pass",
    "bound within an expression": "print(key := other)",
}
CHANGED = {
    "a method that changes it": "row.update(name=other)",
    "a method that changes all": "row.update({k: v[:1] for k, v in row.items()})",
    "a helper that changes it": "shorten(row, 'name')",
}
KEPT = {
    "a method that changes another part": "row.update(other=answer)",
    "another part": "row['answer'] = answer",
    "a helper that only reads": "print(len(row))",
}


@pytest.mark.parametrize("name", ANEW)
def test_a_name_that_is_bound_anew_is_another_key(name: str) -> None:
    check_noop(PROGRAM.format(first="pass", between=ANEW[name], **BY_NAME), "dependent-iterations")


@pytest.mark.parametrize("first", ["pass", "key = key.strip()", "key = key[:2] if other else key"])
def test_a_name_that_is_bound_before_the_look_is_one_key(first: str, tmp_path: Path) -> None:
    check_runs_alike(PROGRAM.format(first=first, between="pass", **BY_NAME), tmp_path)


@pytest.mark.parametrize("places", [BY_PART, HANDED])
@pytest.mark.parametrize("name", CHANGED)
def test_a_part_that_changes_is_another_key(name: str, places: dict[str, str]) -> None:
    check_noop(PROGRAM.format(first="pass", between=CHANGED[name], **places), "dependent-iterations")


@pytest.mark.parametrize("places", [BY_PART, HANDED])
@pytest.mark.parametrize("name", KEPT)
def test_a_part_that_stays_is_one_key(name: str, places: dict[str, str], tmp_path: Path) -> None:
    check_runs_alike(PROGRAM.format(first="pass", between=KEPT[name], **places), tmp_path)


def test_a_part_that_changes_before_the_look_or_behind_the_store_is_one_key(tmp_path: Path) -> None:
    store = "known[row['name']] = answer\n        row.update(name='')"
    look = BY_PART["look"]
    check_runs_alike(PROGRAM.format(first="row.update(other='')", between="pass", look=look, then=store), tmp_path)


def test_two_names_for_the_parts_of_one_thing_are_two_keys() -> None:
    look, store = "is_known(known, name)", "store(known, text, answer)"
    first = "name, text = row['name'], row['other']"
    check_noop(PROGRAM.format(first=first, between="pass", look=look, then=store), "dependent-iterations")
