"""What is done already: a set or list of keys that a helper reads, asked before the request and told behind it."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

WORDS = """\
import json
from openai import OpenAI

client = OpenAI()
ROWS = [("a", "tea"), ("b", "cup"), ("a", "jam"), ("c", "oat"), ("z", "rye")]


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


{load}


def main():
    {start}
    for key, text in ROWS:
        if key in {done}:
            continue
        print(key, ask(text))
        {tell}
        with open("done.json", "w") as out:
            json.dump(sorted({done}), out)


main()
"""

SETS = {
    "made by a helper": ("def load():\n    return {'z'}", "done = load()"),
    "read, or empty": (
        "def load():\n    try:\n        return set(json.load(open('old.json')))\n"
        "    except OSError:\n        return set()",
        "done = load()",
    ),
    "kept in a variable": ("def load():\n    found = set()\n    found.add('z')\n    return found", "done = load()"),
    "annotated": ("def load() -> set[str]:\n    return json.loads('{}') or {'z'}", "done: set[str] = load()"),
    "one of two": ("def load():\n    return [], {'z'}", "old, done = load()"),
    "or an empty one": ("def load():\n    return {'z'} if ROWS else None", "done = load() or set()"),
    "added to": ("def load():\n    return {'z'}", "done = set()\n    done |= load()"),
    "copied": ("def load():\n    return {'z'}", "done = load().copy()"),
    "in either case": ("def load():\n    return {'z'}", "done = load() if ROWS else set()"),
}


@pytest.mark.parametrize("name", sorted(SETS))
def test_a_set_that_a_helper_gives_is_known_by_its_keys(name: str, tmp_path: Path) -> None:
    load, start = SETS[name]
    program = WORDS.format(load=load, start=start, done="done", tell="done.add(key)")
    check_runs_alike(program, tmp_path)


HELD = {
    "in the object": "        self.done = self.load()",
    "as a field that is stated": "        self.done: set[str] = self.load()",
    "for the first time": "        self.done = None\n        self.done = self.load()",
}
JOB = """\
from openai import OpenAI

client = OpenAI()


class Job:
    def __init__(self):
{made}

    def load(self):
        return {given}

    def one(self, key, done):
        if key in done:
            return
        print(key, client.responses.create(model="gpt-5-mini", input=key).output_text)
        done.add(key)

    def run(self):
        for key in ["tea", "cup", "tea", "jam"]:
            self.one(key, self.done)


{ends}Job().run()
"""


@pytest.mark.parametrize("name", sorted(HELD))
def test_a_set_that_an_object_holds(name: str, tmp_path: Path) -> None:
    check_runs_alike(JOB.format(made=HELD[name], given="{'jam'}", ends=""), tmp_path)


@pytest.mark.parametrize(
    ("given", "ends"),
    [
        ("load()", ""),
        ("{'jam'} if client else load()", ""),
        ("{'jam'}", "job = Job()\njob.done = load()\njob.run()\n"),
    ],
)
def test_what_may_be_something_else_than_a_set_keeps_the_loop(given: str, ends: str) -> None:
    ends = f"from others import load\n\n{ends}"
    check_noop(JOB.format(made=HELD["in the object"], given=given, ends=ends), "dependent-iterations")


LISTS = {
    "read": ("def load():\n    return json.loads('[\"z\"]')", "done = load()", "done"),
    "made": ("def load():\n    return ['z']", "done = load()", "done"),
    "in a state": ("def load():\n    return {'keys': ['z']}", "state = load()", 'state["keys"]'),
}


@pytest.mark.parametrize("name", sorted(LISTS))
def test_a_list_of_keys_that_is_only_asked_for_them(name: str, tmp_path: Path) -> None:
    load, start, done = LISTS[name]
    check_runs_alike(WORDS.format(load=load, start=start, done=done, tell=f"{done}.append(key)"), tmp_path)


LOOKED_AT = """\
from collections import deque
from openai import OpenAI

client = OpenAI()


def load():
    return {given}


done = load()
for number, key in enumerate(["tea", "cup", "tea", "jam"]):
    if {looks}:
        continue
    print(key, client.responses.create(model="gpt-5-mini", input={text}).output_text)
    {tells}
"""


@pytest.mark.parametrize(
    ("given", "looks", "text", "tells"),
    [
        ("['rye']", "key in done or len(done) > 2", "key", "done.append(key)"),
        ("['rye']", "key in done", "key + done[-1]", "done.append(key)"),
        ("['rye']", "key in done", "key + done[number % 2]", "done.append(key)"),
        ("['rye']", "key in done", "key", "done.append(key.upper())"),
        ("['rye']", "key in done[-2:]", "key", "done.append(key)"),
        ("['rye']", "key in list(done)[-2:]", "key", "done.append(key)"),
        ("['rye']", "key in done[number]", "key", "done.append(key)"),
        ("['rye']", "key in done", "key", "done.insert(0, key)"),
        ("deque(['rye'], 2)", "key in done", "key", "done.append(key)"),
        ("deque(['rye'], maxlen=2)", "key in done", "key", "done.append(key)"),
        ("{'rye'}", "key in done or 'cup' in done", "key", "done.add(key)"),
        ("{'rye'}", "key in sorted(done)[:2]", "key", "done.add(key)"),
        ("{'rye'}", "key in done", "key + str(len(done))", "done.add(key)"),
        ("{'rye'}", "key in done", "key", "done.add(key[:1])"),
    ],
)
def test_what_looks_at_more_than_its_own_key_keeps_the_loop(given: str, looks: str, text: str, tells: str) -> None:
    check_noop(LOOKED_AT.format(given=given, looks=looks, text=text, tells=tells), "dependent-iterations")


def test_a_record_in_a_list_is_no_key() -> None:
    check_noop(
        """\
        from openai import OpenAI

        client = OpenAI()
        rows = [{"text": "tea"}, {"text": "cup"}, {"text": "tea"}]
        done = []
        for row in rows:
            if row in done:
                continue
            print(client.responses.create(model="gpt-5-mini", input=row["text"]).output_text)
            done.append(row)
        """,
        "dependent-iterations",
    )
