"""What a database does by itself is seen: views, triggers and foreign keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from batchlint import engine
from batchlint.config import Config

from .programs import check_noop, rewrite

HEAD = '''\
import sqlite3

from openai import OpenAI

client = OpenAI()
con = sqlite3.connect("docs.db")
con.executescript("""
create table docs (id integer primary key, body text, context text, summary text, updated text);
create table tagged (doc integer references docs(id) on delete cascade, tag text);
create view known as select distinct tag from tagged;
create trigger carry after update of summary on docs begin
  update docs set context = new.summary where id = new.id + 1;
end;
create trigger stamp after update on docs begin
  update docs set updated = datetime('now') where id = new.id;
end;
""")
'''
LOOP = """
for number in range(1, 9):
    row = con.execute({read}, {given}).fetchone()
    if row is None:
        continue
    answer = client.responses.create(model="gpt-5-mini", input=str(row)).output_text
    con.execute({write}, {values})
"""
OWN = "'select body, updated from docs where id = ?'", "(number,)"
CHANGED = {
    "a view": ("'select group_concat(tag) from known'", "()", "'insert into tagged values (?, ?)'", "(number, answer)"),
    "a trigger": (
        "'select body, context from docs where id = ?'",
        "(number,)",
        "'update docs set summary = ? where id = ?'",
        "(answer, number)",
    ),
    "a foreign key": (
        "'select tag from tagged'",
        "()",
        "'delete from docs where id = ? and body <> ?'",
        "(number, answer)",
    ),
}
LEFT = {
    "a trigger for the row itself": (*OWN, "'update docs set summary = ? where id = ?'", "(answer, number)"),
    "a trigger for another column": (
        "'select body, context from docs where id = ?'",
        "(number,)",
        "'update docs set body = ? where id = ?'",
        "(answer, number)",
    ),
    "a table that refers to the other": (
        "'select tag from tagged where doc = ?'",
        "(number,)",
        "'update docs set summary = ? where id = ?'",
        "(answer, number)",
    ),
    "a table beside the view": ("'select tag from known'", "()", "'insert into docs (body) values (?)'", "(answer,)"),
}


def program(read: str, given: str, write: str, values: str, head: str = HEAD) -> str:
    return head + LOOP.format(read=read, given=given, write=write, values=values)


@pytest.mark.parametrize("name", CHANGED)
def test_what_the_database_changes_for_the_next_request(name: str) -> None:
    check_noop(program(*CHANGED[name]), "external-read-back")


@pytest.mark.parametrize("name", LEFT)
def test_what_it_leaves_as_it_is(name: str) -> None:
    assert rewrite(program(*LEFT[name])).planned


def test_a_schema_in_a_file_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    statements = HEAD.split('"""')[1]
    head = HEAD.replace(f'con.executescript("""{statements}""")\n', "")
    (tmp_path / "app.py").write_text(program(*CHANGED["a view"], head=head))

    def is_rewritten() -> bool:
        report = engine.analyze([tmp_path], Config(root=tmp_path))
        return all(site.rewrite.available for site in report.call_sites if site.rewrite is not None)

    assert is_rewritten()
    (tmp_path / "schema.sql").write_text(statements)
    assert not is_rewritten()
