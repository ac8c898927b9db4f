"""Generators that have read all before their first item, and those that go on reading where items write."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

TABLE = """\
import json
import sqlite3
from dataclasses import dataclass
from typing import NamedTuple
from openai import OpenAI

client = OpenAI()


@dataclass
class Review:
    id: int
    body: str


class Row(NamedTuple):
    id: int
    body: str


class Reviews:
    def __init__(self):
        self.con = sqlite3.connect("reviews.db")
        self.con.execute("create table review (id integer primary key, body text, verdict text)")
        bodies = [(body,) for body in ("good", "bad", "fair")]
        self.con.executemany("insert into review (body) values (?)", bodies)

    def cursor(self):
        return self.con.execute("select id, body from review where verdict is null order by id")

    def opened(self):
        self.left = self.cursor()
        return [1, 2, 3]

    def next_one(self, number):
        return Review(*self.left.fetchone())

    def lazy(self):
        for row in self.cursor():
            yield Review(*row)

    def pending(self):
        DRAW

    def save(self, review, verdict):
        self.con.execute("update review set verdict = ? where id = ?", (verdict, review.id))

    def run(self):
        for review in LOOP:
            verdict = client.responses.create(model="gpt-5-mini", input=review.body).output_text
            self.save(review, verdict)
        print(self.con.execute("select * from review").fetchall())
        self.con.commit()
        self.con.close()


Reviews().run()
"""
LAZY = "for row in self.cursor():\n            yield Review(*row)"
READ_BEFORE = {
    "all_rows": ("for row in self.cursor().fetchall():\n            yield Review(*row)", "self.pending()"),
    "rows_in_a_variable": (
        "rows = self.cursor().fetchall()\n        if not rows:\n            return\n"
        "        for id, body in rows:\n            if body.strip():\n                yield Review(id, body)",
        "self.pending()",
    ),
    "a_list": ("yield from [Review(*row) for row in self.cursor()]", "self.pending()"),
    "rows_that_are_collected": (
        "rows = []\n        for id, body in self.cursor():\n            rows.append((id, body.strip()))\n"
        "        for row in rows:\n            yield Review(*row)",
        "self.pending()",
    ),
    "sorted_rows": (
        "for number, row in enumerate(sorted(self.cursor())):\n            yield Review(*row)",
        "self.pending()",
    ),
    "all_rows_mapped": ("yield from map(Row._make, self.cursor().fetchall())", "self.pending()"),
    "all_rows_in_an_expression": (
        "yield from (Review(*row) for row in self.cursor().fetchall() if row[1])",
        "self.pending()",
    ),
    "all_rows_mapped_by_a_lambda": (
        "rows = self.cursor().fetchall()\n        for review in map(lambda row: Review(*row), filter(None, rows)):\n"
        "            yield review",
        "self.pending()",
    ),
    "all_of_a_lazy_one": (LAZY, "list(self.pending())"),
    "all_of_a_lazy_one_sorted": (LAZY, "sorted(self.pending(), key=lambda review: review.body)"),
}
READ_BETWEEN = {
    "a_cursor": (LAZY, "self.pending()"),
    "a_cursor_in_a_variable": (
        "rows = self.cursor()\n        for row in rows:\n            yield Review(*row)",
        "self.pending()",
    ),
    "a_cursor_that_an_expression_reads": (
        "rows = self.cursor()\n        yield from (Review(*rows.fetchone()) for number in [1, 2, 3])",
        "self.pending()",
    ),
    "cursors_in_an_expression": (
        "yield from (Review(*list(rows)[0]) for rows in [self.cursor() for number in range(3)])",
        "self.pending()",
    ),
    "a_cursor_mapped": ("yield from map(Row._make, self.cursor())", "self.pending()"),
    "a_cursor_that_a_mapped_lambda_reads": (
        "rows = self.cursor()\n        yield from map(lambda number: Review(*rows.fetchone()), [1, 2, 3])",
        "self.pending()",
    ),
    "a_method_mapped": (
        "self.opened()\n        yield from map(self.next_one, [1, 2, 3])",
        "self.pending()",
    ),
    "a_cursor_handed_on": ("yield from (Review(*row) for row in self.cursor())", "self.pending()"),
    "another_generator": ("yield from self.lazy()", "self.pending()"),
    "one_row_at_a_time": (
        "rows = self.cursor()\n        while row := rows.fetchone():\n            yield Review(*row)",
        "self.pending()",
    ),
    "a_row_by_its_number": (
        "for (id,) in self.con.execute('select id from review order by id').fetchall():\n"
        "            row = self.con.execute('select id, body from review where verdict is null or id = ?', (id,))\n"
        "            yield Review(*row.fetchone())",
        "self.pending()",
    ),
    "a_cursor_beside_all_rows": (
        "rows = self.cursor()\n        for number in [1, 2, 3]:\n            yield Review(*next(rows))",
        "self.pending()",
    ),
    "a_cursor_that_a_method_keeps": (
        "for number in self.opened():\n            yield Review(*self.left.fetchone())",
        "self.pending()",
    ),
    "a_list_of_cursors": (
        "for rows in [self.cursor() for number in range(1)]:\n            yield Review(*next(iter([*rows])))",
        "self.pending()",
    ),
    "collected_cursors": (
        "rows = []\n        for number in [1, 2, 3]:\n            rows.append(self.cursor())\n"
        "        for row in rows:\n            yield Review(*list(row)[0])",
        "self.pending()",
    ),
    "a_list_of_a_list_of_cursors": (
        "cursors = [self.cursor() for number in range(3)]\n        for row in list(cursors):\n"
        "            yield Review(*list(row)[0])",
        "self.pending()",
    ),
    "cursors_that_a_mapping_makes": (
        "for row in list(map(lambda number: self.cursor(), range(3))):\n            yield Review(*list(row)[0])",
        "self.pending()",
    ),
    "a_cursor_in_pairs": (LAZY, "map(lambda pair: pair[1], enumerate(self.pending()))"),
}
FILE = """\
import csv
import json
from pathlib import Path
from openai import OpenAI

client = OpenAI()
TODO = Path("todo.txt")
TODO.write_text("tea\\ncup\\njam\\n")


def words():
    DRAW


for word in words():
    answer = client.responses.create(model="gpt-5-mini", input=word.strip()).output_text
    TODO.write_text(answer)
print(TODO.read_text())
"""
FILE_READ_BEFORE = {
    "lines": "for line in TODO.read_text().splitlines():\n        yield line",
    "lines_of_a_file": "with TODO.open() as file:\n        for line in file.readlines():\n            yield line",
    "lines_in_a_variable": "lines = sorted(TODO.open())\n    for line in lines:\n        yield line",
    "rows": "with TODO.open() as file:\n        for row in list(csv.reader(file)):\n            yield row[0]",
}
FILE_READ_BETWEEN = {
    "lines": "with TODO.open() as file:\n        for line in file:\n            yield line",
    "rows": "with TODO.open() as file:\n        for row in csv.reader(file):\n            yield row[0]",
    "its_whole": "for number in [0, 1, 2]:\n        yield (TODO.read_text().splitlines() * 3)[number]",
    "one_line_at_a_time": "with TODO.open() as file:\n        for _ in [0, 1, 2]:\n            yield file.readline()",
}


def table(draw: str, loop: str) -> str:
    return TABLE.replace("DRAW", draw).replace("LOOP", loop)


@pytest.mark.parametrize("name", READ_BEFORE)
def test_rows_are_read_before_the_first_is_given(name: str, tmp_path: Path) -> None:
    check_runs_alike(table(*READ_BEFORE[name]), tmp_path)


@pytest.mark.parametrize("name", READ_BETWEEN)
def test_rows_are_read_while_items_write(name: str) -> None:
    check_noop(table(*READ_BETWEEN[name]), "external-read-back")


def mapped(draw: str) -> str:
    """The same with `map` instead of a loop."""
    body = TABLE[TABLE.index("        for review in LOOP") : TABLE.index("        print(self.con")]
    check = body.replace("        for review in LOOP:\n", "    def check(self, review):\n").replace(" " * 12, " " * 8)
    source = TABLE.replace(body, "        print(list(map(self.check, self.pending())))\n")
    return source.replace("    def run(self)", f"{check}\n    def run(self)").replace("DRAW", draw)


def test_rows_that_a_mapping_goes_over(tmp_path: Path) -> None:
    check_runs_alike(mapped(READ_BEFORE["all_rows"][0]), tmp_path)
    check_noop(mapped(LAZY), "external-read-back")


@pytest.mark.parametrize("name", FILE_READ_BEFORE)
def test_a_file_is_read_before_the_first_item_is_given(name: str, tmp_path: Path) -> None:
    check_runs_alike(FILE.replace("DRAW", FILE_READ_BEFORE[name]), tmp_path)


@pytest.mark.parametrize("name", FILE_READ_BETWEEN)
def test_a_file_is_read_while_items_write(name: str) -> None:
    check_noop(FILE.replace("DRAW", FILE_READ_BETWEEN[name]), "external-read-back")
