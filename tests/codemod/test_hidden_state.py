"""State that no variable of the loop shows: what an item leaves there is in the next item's prompt."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

HEAD = """\
import contextlib
import io
import logging
import os
import sqlite3
import sys
import warnings
import zipfile
from functools import cache
from itertools import tee

from openai import OpenAI

client = OpenAI()
WORDS = ["tea", "cup", "jam"]
last = ""
log = logging.getLogger("words")
records = []


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


class Keep(logging.Handler):
    lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


class Told(logging.Filter):
    def filter(self, record):
        records.append(record.getMessage())
        return True


class Numbered(logging.Formatter):
    last = ""

    def format(self, record):
        Numbered.last = record.getMessage()
        return super().format(record)


@cache
def memory(kind):
    return []


class Note:
    def __init__(self):
        self.said = []
        self._tone = ""

    @property
    def tone(self):
        return self._tone

    @tone.setter
    def tone(self, value):
        self._tone = value


connection = sqlite3.connect(":memory:")
connection.execute("create table words (id integer primary key, text text)")
cursor = connection.cursor()
buffer = io.BytesIO()
log.addHandler(Keep())
log.addFilter(Told())
out = io.StringIO()
state = {"kind": "chat", "log": []}
note = Note()
tune = Note.tone.fset
rows = [{"t": "a"}, {"t": "b"}, {"t": "c"}]
one, two = tee(rows)
others = rows[1:]
"""
BODIES = {
    "a handler's class": "log.warning(ask(f'{word} {Keep.lines}'))",
    "what a filter of nobody adds to": "log.warning(ask(f'{word} {records}'))",
    "a formatter": "log.warning(ask(f'{word} {Numbered.last}'))",
    "the environment": "os.environ['LAST'] = ask(f\"{word} {os.getenv('LAST')}\")",
    "an attribute of the module": "setattr(sys.modules[__name__], 'last', ask(f'{word} {last}'))",
    "an attribute that is stored": "sys.modules[__name__].last = ask(f'{word} {last}')",
    "a cached list": "memory('x').append(ask(f\"{word} {memory('x')}\"))",
    "a cached list under a name": "said = memory('x')\n    said.append(ask(f'{word} {said}'))",
    "the last row": (
        "text = ask(f'{word} {cursor.lastrowid}')\n    cursor.execute('insert into words (text) values (?)', (text,))"
    ),
    "a key of a pattern": (
        "match state:\n        case {'log': said}:\n            said.append(ask(f\"{word} {state['log']}\"))"
    ),
    "an attribute of a pattern": (
        "match note:\n        case Note(said=said):\n            said.append(ask(f'{word} {note.said}'))"
    ),
    "a property's function": "tune(note, ask(f'{word} {note.tone}'))",
    "an item of a pattern": (
        "match [state, note]:\n        case [{'log': said}, _] as pair:\n"
        "            said.append(ask(f\"{word} {state['log']} {len(pair)}\"))"
    ),
}
LOOPS = {
    "an archive in memory": (
        "for word in WORDS:\n    with zipfile.ZipFile(buffer, 'a') as file:\n"
        "        file.writestr(word, ask(f'{word} {file.namelist()}'))"
    ),
    "printed text": (
        "with contextlib.redirect_stdout(out):\n    for word in WORDS:\n        print(ask(f'{word} {out.getvalue()}'))"
    ),
    "printed text by name": (
        "sys.stdout = out\nfor word in WORDS:\n    print(ask(f'{word} {out.getvalue()}'))\nsys.stdout = sys.__stdout__"
    ),
    "warnings": (
        "with warnings.catch_warnings(record=True) as caught:\n    for word in WORDS:\n"
        "        warnings.warn(ask(f'{word} {[str(w.message) for w in caught]}'))"
    ),
    "two iterators": "for row, after in zip(one, two):\n    after['t'] = ask(row['t'])",
    "a slice with a name": "for row, after in zip(rows, others):\n    after['t'] = ask(row['t'])",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_what_items_leave_behind_is_found(body: str) -> None:
    check_noop(HEAD + f"for word in WORDS:\n    {body}\n", "dependent-iterations")


@pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS)
def test_what_is_taken_in_around_the_loop_is_found(loop: str) -> None:
    check_noop(HEAD + loop + "\n")


def test_what_no_request_reads_stays_in_order(tmp_path: Path) -> None:
    program = """
        with contextlib.redirect_stdout(out), warnings.catch_warnings(record=True) as caught:
            for word in WORDS:
                text = ask(f"{word} {os.getenv('HOME') is None} {len(memory('x'))}")
                print(text)
                warnings.warn(text)
                log.warning("got %s", text)
                cursor.execute("insert into words (text) values (?)", (text,))
                print(cursor.lastrowid)
                tune(note, text)
        for row, word in zip(rows, WORDS):
            match row:
                case {"t": name}:
                    row["long"] = ask(f"{word} {name}")
        print(note.tone, out.getvalue(), [str(w.message) for w in caught], records, rows)
        """
    check_runs_alike(HEAD + textwrap.dedent(program), tmp_path)
