"""SQL that a function is given: it reads and writes what the statement says, not what all that go through it say."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike, rewrite

PROGRAM = """\
import sqlite3

from openai import OpenAI

client = OpenAI()
OPEN = "select id from notes where note is null order by id"


class Store:
    def __init__(self, path):
        self.path = path

    def _execute(self, sql, *values):
        with sqlite3.connect(self.path) as db:
            return db.execute(sql, values).fetchall()

    def fill(self):
        self._execute("create table notes (id integer primary key, title, note)")
        for title in ["tea", "cup", "jam"]:
            self._execute("insert into notes (title) values (?)", title)

    def open(self):
        return [row[0] for row in self._execute(OPEN)]

    def shown(self, id):
        return self._execute("{read}", id)

    def keep(self, id, note):
        self._execute("update notes set note = ? where id = ?", note, id)


store = Store("notes.db")
store.fill()
for id in store.open():
    answer = client.responses.create(model="gpt-5-mini", input=str(store.shown(id))).output_text
    store.keep(id, answer)
"""


def test_other_columns_are_filled_by_batch(tmp_path: Path) -> None:
    check_runs_alike(PROGRAM.format(read="select title from notes where id = ?"), tmp_path)


@pytest.mark.parametrize("read", ["select max(note) from notes where id < ?", "select * from notes where id <> ?"])
def test_the_column_that_answers_fill_keeps_the_loop(read: str) -> None:
    check_noop(PROGRAM.format(read=read), "external-read-back")


ANY_TABLE = """\
import sqlite3
import sys

from openai import OpenAI

client = OpenAI()
db = sqlite3.connect(":memory:")
db.execute("create table notes (id integer primary key, note)")
table = sys.argv[1] if len(sys.argv) > 1 else "notes"


def counted(column):
    return db.execute(f"select count({{column}}) from {{table}}").fetchone()[0]


def kinds():
    return [row[0] for row in db.execute("explain query plan select * from notes")]


for text in ["tea", "cup", "jam"]:
    prompt = f"{{text}} {{counted('id')}} {{len(kinds())}}"
    answer = client.responses.create(model="gpt-5-mini", input=prompt).output_text
    {after}
"""


def test_a_table_of_which_the_name_is_not_known(tmp_path: Path) -> None:
    check_runs_alike(ANY_TABLE.format(after="print(text, answer, counted('note'))"), tmp_path)
    stored = "db.execute('insert into notes (note) values (?)', (answer,))"
    check_noop(ANY_TABLE.format(after=stored), "external-read-back")


KEPT = """\
import sqlite3

from openai import OpenAI

client = OpenAI()
db = sqlite3.connect(":memory:")
for text in ["tea", "cup", "jam"]:
    (number,) = db.execute("pragma {read}").fetchone()
    answer = client.responses.create(model="gpt-5-mini", input=f"{{text}} {{number}}").output_text
    db.execute(f"pragma user_version = {{len(answer)}}")
"""


def test_a_number_that_the_database_keeps(tmp_path: Path) -> None:
    check_noop(KEPT.format(read="user_version"), "external-read-back")
    check_runs_alike(KEPT.format(read="page_size"), tmp_path)


STATES = """\
import sqlite3

from openai import OpenAI

client = OpenAI()
db = sqlite3.connect("jobs.db")
db.execute("create table jobs (id integer primary key, state text, note text)")
for id, text in [(1, "tea"), (2, "cup"), (1, "jam")]:
    db.execute("{early}", (id,))
    db.commit()
    answer = client.responses.create(model="gpt-5-mini", input=text).output_text
    db.execute("update jobs set state = 'done', note = coalesce(note, '') || ? where id = ?", (answer, id))
    db.commit()
"""


def test_a_row_that_is_marked_first_waits_for_the_item_that_has_it(tmp_path: Path) -> None:
    check_runs_alike(STATES.format(early="insert or ignore into jobs (id, state) values (?, 'asked')"), tmp_path)


def test_rows_of_others_that_are_marked_keep_the_loop() -> None:
    check_noop(STATES.format(early="update jobs set state = 'old' where id <> ?"), "order-of-effects")


POSTGRES = """\
import sys

import {driver} as driver
from openai import OpenAI

client = OpenAI()
db = driver.connect("dbname=shop")
for line in sys.stdin:
    id, _, text = line.partition(" ")
    with db.cursor() as cursor:
        cursor.execute("select 1 from notes where id = {read}", {given})
        if cursor.fetchone():
            continue
    answer = client.responses.create(model="gpt-5-mini", input=text).output_text
    with db.cursor() as cursor:
        cursor.execute("insert into notes (id, note) values (%s, %s)", (id, answer))
    db.commit()
"""


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
@pytest.mark.parametrize(("read", "given"), [("%s", "(id,)"), ("%(id)s", "{'id': id}")])
def test_marks_of_postgres_name_the_row(driver: str, read: str, given: str) -> None:
    done = rewrite(POSTGRES.format(driver=driver, read=read, given=given))
    assert done.planned, done.refusals


@pytest.mark.parametrize(("driver", "given"), [("pymysql", "(id,)"), ("psycopg", "('1',)")])
def test_other_rows_and_databases_without_case_keep_the_loop(driver: str, given: str) -> None:
    check_noop(POSTGRES.format(driver=driver, read="%s", given=given), "external-read-back")


KEYS = """\
import json
import sqlite3

from openai import OpenAI

client = OpenAI()
db = sqlite3.connect("notes.db")
db.execute("create table notes (id integer primary key, slug text, note text)")
for item in json.load(open("items.json")):
    if db.execute("{look}", (item["slug"],)).fetchone():
        continue
    {before}
    answer = client.responses.create(model="gpt-5-mini", input=item["slug"]).output_text
    {after}
    db.commit()
"""
INSERT = "db.execute('insert into notes (slug, note) values (?, ?)', (item['slug'], answer))"
ONE = "select 1 from notes where slug = ?"


def test_a_row_of_the_items_own_key_is_asked_for_in_turn(tmp_path: Path) -> None:
    items = '[{"slug": "tea"}, {"slug": "cup"}, {"slug": "tea"}]'
    source = {"app.py": KEYS.format(look=ONE, before="pass", after=INSERT), "items.json": items}
    check_runs_alike(source, tmp_path)


@pytest.mark.parametrize(
    ("look", "before", "after"),
    [
        (ONE, "item['slug'] = item['slug'].upper()", INSERT),
        (ONE, "pass", "db.execute('update notes set slug = ? where slug = ?', (answer, item['slug']))"),
        ("select 1 from parts p, notes n where p.slug = ?", "pass", INSERT),
        ("select 1 from main.notes where note > ?", "pass", INSERT),
    ],
)
def test_a_key_that_is_another_one_later_keeps_the_loop(look: str, before: str, after: str) -> None:
    check_noop(KEYS.format(look=look, before=before, after=after))


def test_rows_that_are_made_before_and_after_the_request_keep_the_loop() -> None:
    before = "db.execute('insert into notes (slug) values (?)', (item['slug'],))"
    check_noop(KEYS.format(look=ONE, before=before, after=INSERT), "order-of-effects")


TURNS = """\
import sqlite3

from openai import OpenAI

client = OpenAI()


class Table:
    def __init__(self):
        self.con = sqlite3.connect("turns.db")
        self.con.execute("create table turn (id integer primary key, item text, who text, text text)")

    def add(self, item, who, text):
        self.con.execute("insert into turn (item, who, text) values (?, ?, ?)", (item, who, text))
        self.con.commit()

    def transcript(self, item):
        rows = self.con.execute("select who, text from turn where item = ? order by id", (item,))
        return "\\n".join(f"{who}: {text}" for who, text in rows)


def speak(who, item, table):
    prompt = f"You are the {who} of {item}.\\n" + table.transcript(item)
    answer = client.responses.create(model="gpt-5-mini", input=prompt)
    table.add(item, who, answer.output_text)


table = Table()
for item in ["a violin", "a boat"]:
    for turn in range(3):
        for who in ["buyer", "seller"]:
            speak(who, item, table)
"""


def test_rows_under_a_key_that_all_turns_have_make_a_talk() -> None:
    check_noop(TURNS)


NUMBERS = """\
import sqlite3

from openai import OpenAI

client = OpenAI()
db = sqlite3.connect("notes.db")
db.execute("create table doc (id integer primary key, name text)")
db.execute("create table note (doc integer, text text)")
db.execute("create table seen (name text)")
cursor = db.cursor()
for name in ["tea", "cup", "jam"]:
    {early}
    answer = client.responses.create(model="gpt-5-mini", input=name).output_text
    {late}
db.commit()
"""
SEEN = 'db.execute("insert into seen values (?)", (name,))'
DOC = '= db.execute("insert into doc (name) values (?)", (name,))'


@pytest.mark.parametrize(
    ("early", "late"),
    [
        (SEEN, f'made {DOC}; db.execute("insert into note values (?, ?)", (made.lastrowid, answer))'),
        (f"made {DOC}", 'db.execute("insert into note values (?, ?)", (made.lastrowid, answer))'),
    ],
)
def test_the_number_of_a_row_is_with_the_statement_that_made_it(early: str, late: str, tmp_path: Path) -> None:
    check_runs_alike(NUMBERS.format(early=early, late=late), tmp_path)


@pytest.mark.parametrize(
    ("early", "late"),
    [
        (f"_ {DOC}", 'db.execute("insert into note values (last_insert_rowid(), ?)", (answer,))'),
        (f"_ {DOC}", 'db.execute("INSERT INTO note VALUES (LAST_INSERT_ROWID(), ?)", (answer,))'),
        (
            f"_ {DOC.replace('db.', 'cursor.')}",
            'db.execute("insert into note values (?, ?)", (cursor.lastrowid, answer))',
        ),
        (SEEN, 'db.execute("insert into note values (?, ?)", (db.total_changes, answer))'),
    ],
)
def test_what_a_connection_or_one_cursor_did_last_keeps_the_loop(early: str, late: str) -> None:
    check_noop(NUMBERS.format(early=early, late=late), "dependent-iterations")
