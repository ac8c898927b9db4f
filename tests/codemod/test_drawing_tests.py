"""`while` loops whose test draws the next item from a file or an iterator."""

from __future__ import annotations

import pytest

from .programs import check_noop, check_runs_alike, rewrite

PROGRAM = """
import csv
import sqlite3
from itertools import islice
from pathlib import Path

from openai import OpenAI

client = OpenAI()
Path("words.csv").write_text("word\\ntea\\ncup\\njam\\n\\n")
db = sqlite3.connect("jobs.db")
db.executescript(
    "create table jobs (id integer primary key, body text, out text); insert into jobs (body) values ('a'), ('b')"
)


def lines(path):
    with open(path) as file:
        for line in file:
            if line.strip():
                yield line


def claimed():
    while row := db.execute("select id, body from jobs where out is null").fetchone():
        yield row


def main():
    done = 0
    with open("words.csv") as source, open("out.txt", "w") as out:
        {source}
        while {test}:
            {first}
            answer = client.responses.create(model="gpt-5-mini", input=str(item))
            out.write(answer.output_text + "\\n")
            done += 1
            {then}
    print(done)
    {after}


main()
"""


def program(test: str, source: str = "pass", *, first: str = "pass", then: str = "pass", after: str = "pass") -> str:
    parts = {"test": test, "source": source, "first": first, "then": then, "after": after}
    text = PROGRAM
    for name, part in parts.items():
        text = text.replace("{" + name + "}", part)
    return text


DRAWN = [
    ("item := list(islice(rows, 2))", "rows = csv.DictReader(source)"),
    ("item := tuple(islice(rows, 2))", "rows = iter(source.readlines())"),
    ("item := next(rows, None)", "rows = lines('words.csv')"),
    ("(item := source.readline()) != ''", "pass"),
    ("(item := next(rows, None)) is not None", "rows = iter(source)"),
    ("item := next(rows, None)", "rows = (line for line in source if line.strip())"),
]


IN_TWO = (
    "True",
    "rows = iter(source)",
    "item = list(islice(rows, 3))\n            if not item:\n                break",
)


def test_items_are_drawn_by_the_first_statements(tmp_path) -> None:
    test, source, first = IN_TWO
    done = check_runs_alike(program(test, source, first=first), tmp_path)
    assert f"while {test}:\n" in done.rewritten.files["app.py"]


@pytest.mark.parametrize(
    "changes",
    [
        {"then": "print(source.tell())"},
        {"then": "next(rows, None)"},
        {"after": "print(item)"},
        {"first": IN_TWO[2].replace("not item", "not done")},
        {"first": IN_TWO[2].replace("list(islice(rows, 3))", "db.execute('select id from jobs').fetchone()")},
    ],
)
def test_first_statements_that_do_more_are_left(changes: dict[str, str]) -> None:
    test, source, first = IN_TWO
    check_noop(program(**{"test": test, "source": source, "first": first, **changes}))


@pytest.mark.parametrize(("test", "source"), DRAWN)
def test_items_are_drawn_as_before(test: str, source: str, tmp_path) -> None:
    done = check_runs_alike(program(test, source), tmp_path)
    assert f"while {test}:\n" in done.rewritten.files["app.py"]


def test_a_loop_ends_where_its_items_say_so(tmp_path) -> None:
    first = "if 'jam' in item:\n                break"
    check_runs_alike(program("item := source.readline()", first=first), tmp_path)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"then": "print(source.tell())"}, "dependent-iterations"),
        (
            {"source": "rows = csv.reader(source)", "then": "print(rows.line_num)", "test": "item := next(rows, None)"},
            "",
        ),
        (
            {"source": "rows = iter(source)", "then": "print(source.tell())", "test": "item := list(islice(rows, 2))"},
            "",
        ),
        ({"after": "print(item)"}, "unsupported-shape"),
        ({"first": "if answer.output_text:\n                break"}, ""),
    ],
)
def test_what_is_told_of_the_place_in_the_file_is_left(changes: dict[str, str], name: str) -> None:
    check_noop(program(**{"test": "item := source.readline()", **changes}), name or None)


@pytest.mark.parametrize(
    "test",
    [
        "item := db.execute('select id from jobs where out is null').fetchone()",
        "item := next(claimed(), None)",
        "item := rows.fetchmany(2)",
        "item := claim(done)",
    ],
)
def test_what_may_depend_on_the_items_before_is_named(test: str) -> None:
    source = "rows = db.execute('select id, body from jobs where out is null')\n        claim = rows.fetchmany"
    then = "db.execute('update jobs set out = ?', (answer.output_text,))"
    check_noop(program(test, source, then=then))
    refusals = {refusal.detail for _, _, refusal in rewrite(program(test, source, then=then)).refusals}
    assert not any("nothing repeats" in detail for detail in refusals), refusals
