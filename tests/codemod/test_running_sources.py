"""Loops over what goes on working while its items are handled: a running query, files rewritten in place."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

PROGRAM = """\
import sqlite3

from openai import OpenAI

client = OpenAI()
db = sqlite3.connect("notes.db")
db.execute("create table notes (id integer primary key, title text, level integer, note text)")
db.execute("create table others (title text)")
db.executemany("insert into notes (title, level) values (?, 0)", [("tea",), ("cup",), ("jam",)])
cursor = db.cursor()
query = "select id, title, level from notes order by id"


def keep(table, title):
    if table == "notes":
        db.execute("insert into notes (title, level) values (?, 1)", (title,))
    else:
        db.execute("insert into others (title) values (?)", (title,))


{head}
    answer = client.responses.create(model="gpt-5-mini", input=title).output_text
    print(id, answer)
    if level < 1:
        {then}
db.commit()
"""
DIRECT = "for id, title, level in db.execute(query):"
FETCHED = "for id, title, level in cursor.execute(query).fetchall():"
NUMBERED = "for number, (id, title, level) in enumerate(cursor.execute(query)):"
HELD = "rows = cursor.execute(query)\nfor id, title, level in rows:"
OPEN = "cursor.execute(query)\nfor id, title, level in cursor:"
ONE_BY_ONE = "rows = cursor.execute(query)\nwhile (row := rows.fetchone()) is not None:\n    id, title, level = row"
OF_CURSOR = "cursor.execute(query)\nwhile row := cursor.fetchone():\n    id, title, level = row"
IN_TWO = """\
cursor.execute(query)
while True:
    row = cursor.fetchone()
    if row is None:
        break
    id, title, level = row"""
ADDS = "keep('notes', answer)"
NOTES = "db.execute('update notes set note = ? where id = ?', (answer, id))"
NOTES_BY_CURSOR = "cursor.execute('update notes set note = ? where id = ?', (answer, id))"
ALL_NOTES = "db.execute('update notes set level = 1')"
ELSEWHERE = "db.execute('insert into others (title) values (?)', (answer,))"


@pytest.mark.parametrize(
    ("head", "then"),
    [
        (DIRECT, NOTES),
        (OPEN, NOTES),
        (HELD, ELSEWHERE),
        (NUMBERED, ELSEWHERE),
        (ONE_BY_ONE, NOTES),
        (OF_CURSOR, ELSEWHERE),
        (IN_TWO, ELSEWHERE),
        (FETCHED, NOTES_BY_CURSOR),
        (FETCHED, ADDS),
    ],
)
def test_a_query_that_nothing_disturbs_is_read_first(head: str, then: str, tmp_path: Path) -> None:
    check_runs_alike(PROGRAM.format(head=head, then=then), tmp_path)


@pytest.mark.parametrize("head", [DIRECT, NUMBERED, HELD, OPEN, ONE_BY_ONE, OF_CURSOR, IN_TWO])
@pytest.mark.parametrize("then", [ADDS, ALL_NOTES])
def test_rows_that_answers_change_under_a_running_query_keep_the_loop(head: str, then: str) -> None:
    refusal = check_noop(PROGRAM.format(head=head, then=then), "dependent-iterations")
    assert refusal is not None and "`notes` is read before the request" in refusal.detail


@pytest.mark.parametrize("head", [NUMBERED, HELD, OPEN, ONE_BY_ONE, OF_CURSOR, IN_TWO])
def test_a_cursor_that_is_used_again_keeps_the_loop(head: str) -> None:
    refusal = check_noop(PROGRAM.format(head=head, then=NOTES_BY_CURSOR), "dependent-iterations")
    assert refusal is not None and "`cursor` executes another statement" in refusal.detail


def test_a_row_that_is_fetched_by_the_body_too_keeps_the_loop() -> None:
    check_noop(PROGRAM.format(head=OF_CURSOR, then="print(cursor.fetchone())"), "dependent-iterations")


IN_PLACE = """\
import fileinput

from openai import OpenAI

client = OpenAI()
for line in fileinput.input("words.txt"{how}):
    print(client.responses.create(model="gpt-5-mini", input=line).output_text)
"""


@pytest.mark.parametrize("how", ["", ", inplace=False"])
def test_files_that_are_only_read_are_read_first(how: str, tmp_path: Path) -> None:
    check_runs_alike({"app.py": IN_PLACE.format(how=how), "words.txt": "tea\ncup\n"}, tmp_path)


def test_prints_that_go_into_the_files_keep_the_loop() -> None:
    refusal = check_noop(IN_PLACE.format(how=", inplace=True"), "external-read-back")
    assert refusal is not None and "goes into its files (line 6)" in refusal.detail
