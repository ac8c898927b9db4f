"""Loops whose next item changes what the last one was given, and their twins that get a new object each time."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

HEAD = """\
import csv
import io
from itertools import groupby
from openai import OpenAI

client = OpenAI()
WORDS = ["apple", "almond", "bean", "cherry", "cocoa"]


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=str(text)).output_text


"""

PAIRS = {
    "list that is emptied": (
        """
def chunks():
    chunk = []
    for word in WORDS:
        chunk.append(word)
        if len(chunk) == 2:
            yield chunk
            {again}
    yield chunk


for chunk in chunks():
    answer = ask(", ".join(chunk))
    print(chunk, answer)
""",
        "chunk.clear()",
        "chunk = []",
    ),
    "row that is filled again": (
        """
def rows():
    row = {{"of": len(WORDS)}}
    for number, word in enumerate(WORDS):
        {again}
        row.update(number=number, word=word)
        yield number, row


for number, row in rows():
    answer = ask(row["word"])
    print(number, row["word"], row["of"], answer)
""",
        "print(end='')",
        "row = dict(row)",
    ),
    "group that is drawn on": (
        """
for letter, group in groupby(WORDS, key=lambda word: word[0]):
    {again}
    answer = ask(letter)
    print(letter, list(group), answer)
""",
        "print(end='')",
        "group = list(group)",
    ),
    "how far the reader is": (
        """
reader = csv.DictReader(io.StringIO("id,text\\n1,a\\n2,b\\n3,c\\n"))
for row in reader:
    line = str(reader.line_num)
    answer = ask(row["text"])
    print({again}, row["id"], answer)
""",
        "reader.line_num",
        "line",
    ),
    "how far the object is": (
        """
class Lines:
    line = 0

    def __iter__(self):
        for word in WORDS:
            self.line += 1
            yield word


lines = Lines()
for word in lines:
    line = str(lines.line)
    answer = ask(word)
    print({again}, word, answer)
""",
        "lines.line",
        "line",
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_an_item_that_the_next_one_changes_is_read_before_the_request(name: str, tmp_path: Path) -> None:
    program, changed, fresh = PAIRS[name]
    check_noop(HEAD + program.format(again=changed), "dependent-iterations")
    check_runs_alike(HEAD + program.format(again=fresh), tmp_path)


NOTED = """
import itertools

ROWS = [{{"who": word[0], "text": word, "said": ""}} for word in WORDS]


class Series:
    def __init__(self):
        self.written = []
        self.groups = []

    def run(self):
        for who, group in itertools.groupby(ROWS, key=lambda row: row["who"]):
            rows = list(group)
            text = ask({early})
            {late}
            print(who, len(rows), text)


series = Series()
series.run()
print(len(series.written), ROWS)
"""
EARLY = "rows[0]['text']"


@pytest.mark.parametrize(
    "late", ["self.written.append(who)", "self.written.append(rows)", "self.written.append((who, text))"]
)
def test_a_group_that_is_taken_at_once_is_the_items_own(late: str, tmp_path: Path) -> None:
    check_runs_alike(HEAD + NOTED.format(early=EARLY, late=late), tmp_path)


@pytest.mark.parametrize(
    ("early", "late"),
    [
        (EARLY, "self.written += list(group)"),
        (EARLY, "self.groups.append(group); print(list(self.groups[-1]))"),
        (EARLY + " + ROWS[0]['said']", "rows[0]['said'] = text"),
        (EARLY + " + str(len(self.written))", "self.written.append(who)"),
    ],
)
def test_one_that_is_read_after_the_answer_or_leads_to_others_is_left(early: str, late: str) -> None:
    check_noop(HEAD + NOTED.format(early=early, late=late), "dependent-iterations")


CLAIMED = """\
def claim():
    return next((word for word in WORDS if word not in done), None)


done = {{}}
for word in {items}:
    done[word] = ask(word)
print(done)
"""


def test_a_function_that_says_what_comes_next_may_look_at_what_was_done(tmp_path: Path) -> None:
    refusal = check_noop(HEAD + CLAIMED.format(items="iter(claim, None)"), "dependent-iterations")
    assert refusal is not None
    assert "`claim` says what comes next" in refusal.detail
    check_runs_alike(HEAD + CLAIMED.format(items="iter(WORDS)"), tmp_path)
