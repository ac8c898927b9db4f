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
ADDS = "keep('notes', answer)"
NOTES = "db.execute('update notes set note = ? where id = ?', (answer, id))"
NOTES_BY_CURSOR = "cursor.execute('update notes set note = ? where id = ?', (answer, id))"
ELSEWHERE = "db.execute('insert into others (title) values (?)', (answer,))"


@pytest.mark.parametrize(
    ("head", "then"),
    [
        (DIRECT, NOTES),
        (OPEN, NOTES),
        (HELD, ELSEWHERE),
        (NUMBERED, ELSEWHERE),
        (FETCHED, NOTES_BY_CURSOR),
        (FETCHED, ADDS),
    ],
)
def test_a_query_that_nothing_disturbs_is_read_first(head: str, then: str, tmp_path: Path) -> None:
    check_runs_alike(PROGRAM.format(head=head, then=then), tmp_path)


@pytest.mark.parametrize("head", [DIRECT, NUMBERED, HELD, OPEN])
def test_rows_that_answers_add_to_a_running_query_keep_the_loop(head: str) -> None:
    refusal = check_noop(PROGRAM.format(head=head, then=ADDS), "dependent-iterations")
    assert refusal is not None and "`notes` is read before the request" in refusal.detail


@pytest.mark.parametrize("head", [NUMBERED, HELD, OPEN])
def test_a_cursor_that_is_used_again_keeps_the_loop(head: str) -> None:
    refusal = check_noop(PROGRAM.format(head=head, then=NOTES_BY_CURSOR), "dependent-iterations")
    assert refusal is not None and "`cursor` executes another statement" in refusal.detail


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
