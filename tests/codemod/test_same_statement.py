"""What the statement of a request reads before it is what the items before have left: it is read behind the answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

PROGRAM = """
import time

from openai import OpenAI

client = OpenAI()
made = []


def keep(rows, *what):
    rows.append(what)
    return rows


class Tally:
    seen = 0

    def __init__(self):
        self.total, self.best, self.name, self.rows, self.counts = 0, 0, "", [], {{}}
        self.asked = 0

    def note(self):
        self.best += 1
        return self.best

    def points(self, text):
        self.asked += 1
        answer = client.chat.completions.create(
            model="gpt-4o-mini", messages=[{{"role": "user", "content": text}}], max_tokens=3
        )
        return len(answer.choices[0].message.content)

    def add(self, text):
        {statement}


tally = Tally()
for text in ["a", "bb", "ccc", "bb"]:
    tally.add(text)
print(tally.total, tally.best, tally.name, tally.rows, tally.counts, Tally.seen, made)
"""
READ_BEFORE = {
    "a sum": "self.total = self.total + self.points(text)",
    "a maximum": "self.best = max(self.best, self.points(text))",
    "a count of rows": "self.rows.append((len(self.rows), self.points(text)))",
    "a text": 'self.name = f"{self.name}{self.points(text)};"',
    "a keyword": "self.rows.append(dict(number=len(self.rows), points=self.points(text)))",
    "an entry of a dict": 'self.rows.append({"before": self.rows[-1:], "points": self.points(text)})',
    "a list that is handed on with its length": "keep(self.rows, len(self.rows), self.points(text))",
    "a list that is bound again": "self.rows = self.rows + [self.points(text)]",
    "a display": "self.rows = [*self.rows, self.points(text)]",
    "a variable of the class": "Tally.seen = Tally.seen + self.points(text)",
    "between two requests": "self.rows.append((self.points(text), len(self.rows), self.points(text + '!')))",
}
LEFT = {
    "a condition": "self.best = self.best or self.points(text)",
    "what the call changes": "self.rows.append((self.asked, self.points(text)))",
    "what has an effect": "self.rows.append((self.note(), self.points(text)))",
    "the time": "self.rows.append((len(self.rows), time.time() > 0, self.points(text)))",
    "what is asked for": "self.total = self.total + self.points(f'{self.total} {text}')",
}
READ_AFTER = {
    "a sum": "self.total += self.points(text)",
    "on the right": "self.total = self.points(text) + self.total",
    "a list that is only appended to": "self.rows.append(self.points(text))",
    "an entry of its own": "self.counts[text] = self.points(text)",
    "a list that is handed on": "keep(self.rows, self.points(text))",
    "a target": "self.counts[len(self.counts)] = self.points(text)",
    "what nobody changes": "self.rows.append((self.name, self.points(text)))",
    "a row with its number": "self.rows.append((self.points(text), len(self.rows)))",
}


@pytest.mark.parametrize("name", LEFT)
def test_what_cannot_be_read_behind_the_answer_is_read_before_the_request(name: str) -> None:
    check_noop(PROGRAM.format(statement=LEFT[name]), "dependent-iterations")


@pytest.mark.parametrize("name", READ_BEFORE)
def test_what_stands_left_of_the_call_is_read_behind_the_answer(name: str, tmp_path: Path) -> None:
    check_runs_alike(PROGRAM.format(statement=READ_BEFORE[name]), tmp_path)


@pytest.mark.parametrize("name", READ_AFTER)
def test_what_stands_right_of_the_call_is_read_after_the_answer(name: str, tmp_path: Path) -> None:
    check_runs_alike(PROGRAM.format(statement=READ_AFTER[name]), tmp_path)


def test_an_entry_that_is_read_first_waits_for_the_items_with_the_same_key(tmp_path: Path) -> None:
    entry = "self.counts[text[0]] = self.counts.get(text[0], 0) + self.points(text)"
    check_runs_alike(PROGRAM.format(statement=entry), tmp_path)


ADDED = """
from openai import OpenAI

client = OpenAI()
count = 0


class Tally:
    def __init__(self):
        self.total, self.asked, self.counts = 0, 0, {{}}

    def note(self, text):
        {noted}
        return 1

    def points(self, text):
        global count
        answer = client.chat.completions.create(
            model="gpt-4o-mini", messages=[{{"role": "user", "content": text}}], max_tokens=3
        )
        {changed}
        return len(answer.choices[0].message.content)

    def add(self, text):
        global count
        self.counts[text] = 0
        {added}


tally = Tally()
for text in ["a", "bb", "ccc"]:
    tally.add(text)
print(tally.total, tally.asked, tally.counts, count)
"""


@pytest.mark.parametrize(
    ("changed", "added"),
    [
        ("self.total += 1", "self.total += self.points(text)"),
        ("self.counts[text] += 1", "self.counts[text] += self.points(text)"),
        ("count += 1", "count += self.points(text)"),
        ("pass", "self.asked += self.note(text) + self.points(text)"),
    ],
)
def test_a_sum_that_the_call_changes_is_left(changed: str, added: str) -> None:
    program = ADDED.format(noted="self.asked += 1", changed=changed, added=added)
    check_noop(program, "unsupported-shape")


@pytest.mark.parametrize("changed", ["self.asked += 1", "count += 1"])
def test_a_sum_beside_which_the_call_changes_another_is_rewritten(changed: str, tmp_path: Path) -> None:
    program = ADDED.format(noted="pass", changed=changed, added="self.total += self.note(text) + self.points(text)")
    check_runs_alike(program, tmp_path)


def test_a_sum_of_the_function_around_that_the_call_changes_is_left() -> None:
    program = """
from openai import OpenAI

client = OpenAI()


def measure(text):
    total = 0

    def points():
        nonlocal total
        answer = client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": text}], max_tokens=3
        )
        total += 1
        return len(answer.choices[0].message.content)

    total += points()
    return total


for text in ["a", "bb"]:
    print(measure(text))
"""
    check_noop(program, "unsupported-shape")


FOLD = """
import asyncio

from openai import AsyncOpenAI, OpenAI

client, others = OpenAI(), AsyncOpenAI()


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


async def wait_for(text):
    return (await others.responses.create(model="gpt-5-mini", input=text)).output_text


def fold(texts):
    story, longest = "", 0
    for text in texts:
        story = story + "\\n" + ask(text)
        longest = max(longest, len(ask(text + "!")))
        print(f"{text} {ask(text * 2)}")
    return story, longest


async def fold_later(texts):
    story, longest = "", 0
    for text in texts:
        story = story + "\\n" + await wait_for(text)
        longest = max(longest, len(await wait_for(text + "!")))
        print(f"{text} {await wait_for(text * 2)}")
    return story, longest


texts = ["a", "bb", "ccc"]
print(fold(texts))
print(asyncio.run(fold_later(texts)))
"""


def test_what_is_folded_is_read_behind_the_answer(tmp_path: Path) -> None:
    alike = check_runs_alike(FOLD, tmp_path)
    text = alike.rewritten.files["app.py"]
    assert 'answer = yield from ask(text)\n        story = story + "\\n" + answer\n' in text
    assert 'await wait_for(text)\n        story = story + "\\n" + answer' in text


def test_what_is_folded_into_the_next_request_is_left() -> None:
    check_noop(
        FOLD.replace("+ ask(text)", "+ ask(story + text)").replace(
            "wait_for(text)\n        l", "wait_for(story)\n        l"
        )
    )
