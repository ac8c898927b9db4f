"""What an item of a pool has opened may belong to its thread: it goes on in the same one behind its request."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_runs_alike

HEAD = """\
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

from openai import OpenAI

client = OpenAI()
local = threading.local()
WORDS = [f"word {number}" for number in range(12)]


def short(text):
    return client.responses.create(model="gpt-5-mini", input=f"short {text}").output_text


with sqlite3.connect("words.db") as made:
    made.execute("create table words (word text primary key, answer text) without rowid")


"""
POOL = """
with ThreadPoolExecutor(3{options}) as pool:
    for word, answer in zip(WORDS, pool.map(ask, WORDS)):
        print(word, answer)
with sqlite3.connect("words.db") as stored:
    print(sorted(stored.execute("select * from words")))
"""
ASKING = {
    "a connection of its own": (
        "def ask(word):\n    db = sqlite3.connect('words.db', timeout=30)\n    answer = short(short(word))\n"
        "    with db:\n        db.execute('insert into words values (?, ?)', (word, answer))\n    db.close()\n"
        "    return answer\n",
        "",
    ),
    "a connection of the thread": (
        "def connection():\n    if not hasattr(local, 'db'):\n"
        "        local.db = sqlite3.connect('words.db', timeout=30)\n    return local.db\n\n\n"
        "def ask(word):\n    db = connection()\n    answer = short(word)\n"
        "    with db:\n        db.execute('insert into words values (?, ?)', (word, answer))\n    return answer\n",
        "",
    ),
    "a connection that the thread begins with": (
        "def begin():\n    local.db = sqlite3.connect('words.db', timeout=30)\n\n\n"
        "def ask(word):\n    answer = short(word)\n"
        "    with local.db:\n        local.db.execute('insert into words values (?, ?)', (word, answer))\n"
        "    return answer\n",
        ", initializer=begin",
    ),
}


@pytest.mark.parametrize("name", ASKING)
def test_an_item_goes_on_in_its_thread(name: str, tmp_path: Path) -> None:
    asking, options = ASKING[name]
    alike = check_runs_alike(HEAD + asking + POOL.format(options=options), tmp_path)
    assert alike.before.ended.code == 0, alike.before.ended
