"""Helpers whose answers are kept: under `functools.lru_cache`, and in tables that are asked first."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from fake_provider import Failure, Faults

from .programs import check_noop, check_rewritten, check_runs_alike

HEAD = """\
import functools
from functools import cache, lru_cache

from openai import OpenAI

client = OpenAI()


def complete(text):
    response = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": text}])
    return response.choices[0].message.content


"""

ALIKE = {
    "bare, with equal items and effects in the loop's order": """
        @lru_cache
        def category(name):
            return complete(f"category of {name}")


        found = []
        for name in ["tea", "cup", "tea", "jam", "cup", "tea"]:
            found.append(category(name))
            print(name, found[-1], len(found))
        print(category("tea"))
        """,
    "with few places, keywords and types": """
        @functools.lru_cache(maxsize=2, typed=True)
        def category(number, lang="en"):
            return complete(f"{number} in {lang}")


        for number in [1, 2, 1, 3, 2, 1.0, 1]:
            print(number, category(number, lang="de"))
        """,
    "below another helper, in nested loops": """
        class Book:
            def __init__(self):
                self.entries = {}

            @cache
            def define(self, term):
                return complete(f"define {term}")

            def entry(self, term):
                return None if len(term) < 3 else term + ": " + self.define(term)


        book = Book()
        for chapter, terms in {"one": ["tea", "a", "cup"], "two": ["cup", "jam"], "three": ["tea"]}.items():
            for term in terms:
                text = book.entry(term)
                if text:
                    book.entries.setdefault(chapter, []).append(text)
        print(book.entries)
        """,
    "in a second request of the item": """
        @cache
        def translate(text):
            return complete(f"translate {text[:12]}")


        rows = []
        for name in ["tea", "cup", "tea"]:
            draft = complete(f"draft {name}")
            first = translate(draft)
            rows.append((first, translate(name)))
        print(rows)
        """,
}

TABLE = """\
import hashlib
import sqlite3

from openai import OpenAI

client = OpenAI()
db = sqlite3.connect("cache.db")
db.execute("create table if not exists answers (key text primary key, model text, value text)")


def complete(text):
    response = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": text}])
    return response.choices[0].message.content


"""
IN_TABLES = {
    "a table that is asked first": """
        def ask(text):
            key = hashlib.sha256(text.encode()).hexdigest()
            row = db.execute("select value from answers where key = ?", (key,)).fetchone()
            if row is not None:
                return row[0]
            value = complete(text)
            db.execute("insert into answers (key, value) values (?, ?)", (key, value))
            db.commit()
            return value


        for name in ["tea", "cup", "tea", "jam", "cup"]:
            print(name, ask(name))
        """,
    "helpers that look up and store, by two columns": """
        class Store:
            def __init__(self, model):
                self.model = model
                self.cursor = db.cursor()

            def find(self, key):
                self.cursor.execute(
                    "SELECT value FROM answers WHERE model = ? AND key = ? LIMIT 1", (self.model, key)
                )
                return self.cursor.fetchone()

            def save(self, key, value):
                db.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", (key, self.model, value))
                db.commit()

            def ask(self, text):
                found = self.find(text)
                if found:
                    print("known", text)
                    return found[0]
                value = complete(text)
                self.save(text, value)
                return value


        store = Store("gpt-4o-mini")
        print([store.ask(name) for name in ["tea", "cup", "tea", "jam", "cup"]])
        """,
    "rows that are marked as done": """
        db.executemany("insert into answers (key) values (?)", [("tea",), ("cup",), ("jam",), ("pot",)])
        for name in ["tea", "cup", "tea", "jam", "cup"]:
            done = db.execute("select value from answers where key = :name", {"name": name}).fetchone()[0]
            if done:
                continue
            db.execute("update answers set value = :value where key = :name", {"name": name, "value": complete(name)})
        db.commit()
        """,
}


@pytest.mark.parametrize("name", IN_TABLES)
def test_tables_that_are_asked_first_are_asked_in_turn(name: str, tmp_path: Path) -> None:
    check_runs_alike(TABLE + textwrap.dedent(IN_TABLES[name]).lstrip("\n"), tmp_path)


OTHER_ROWS = {
    "a key that is alike, not equal": """
        for name in ["tea", "cup", "tea"]:
            row = db.execute("select value from answers where key like ?", (name,)).fetchone()
            if row is None:
                db.execute("insert into answers (key, value) values (?, ?)", (name, complete(name)))
        """,
    "a key that takes upper and lower case for the same": """
        db.execute("create table names (name text collate nocase primary key, value text)")
        for name in ["tea", "cup", "Tea"]:
            row = db.execute("select value from names where name = ?", (name,)).fetchone()
            if row is None:
                db.execute("insert into names (name, value) values (?, ?)", (name, complete(name)))
        """,
    "another key than the one that is stored": """
        for name in ["tea", "cup", "tea"]:
            row = db.execute("select value from answers where key = ?", (name[:1],)).fetchone()
            if row is None:
                db.execute("insert into answers (key, value) values (?, ?)", (name, complete(name)))
        """,
    "another column": """
        for name in ["tea", "cup", "tea"]:
            row = db.execute("select value from answers where model = ?", (name,)).fetchone()
            if row is None:
                db.execute("insert into answers (key, value) values (?, ?)", (name, complete(name)))
        """,
    "one of two keys": """
        for name in ["tea", "cup", "tea"]:
            row = db.execute("select value from answers where key = ? or model = ?", (name, name)).fetchone()
            if row is None:
                db.execute("insert into answers (key, value) values (?, ?)", (name, complete(name)))
        """,
    "the row of the item before": """
        for number in range(1, 5):
            row = db.execute("select value from answers where key = ?", (number - 1,)).fetchone()
            text = complete(f"{number} after {row}")
            db.execute("insert into answers (key, value) values (?, ?)", (number, text))
        """,
}


@pytest.mark.parametrize("name", OTHER_ROWS)
def test_tables_in_which_an_item_may_find_what_another_one_left(name: str) -> None:
    found = check_noop(TABLE + textwrap.dedent(OTHER_ROWS[name]).lstrip("\n"), "external-read-back")
    assert found is not None and "is read in line" in found.detail


@pytest.mark.parametrize("name", ALIKE)
def test_cached_helpers_do_the_same_afterwards(name: str, tmp_path: Path) -> None:
    check_runs_alike(HEAD + textwrap.dedent(ALIKE[name]).lstrip("\n"), tmp_path)


def test_what_fails_is_not_kept(tmp_path: Path) -> None:
    program = (
        HEAD
        + """
@lru_cache(maxsize=None)
def category(name):
    return complete(f"category of {name}")


for name in ["tea", "bad", "tea", "bad", "bad"]:
    try:
        print(name, category(name))
    except Exception as error:
        print(name, type(error).__name__)
"""
    )
    check_runs_alike(program, tmp_path, faults=Faults(failures=[Failure("bad")]))


def test_the_cache_stays_with_the_twin_and_others_share_it() -> None:
    check_rewritten(
        """
        from functools import lru_cache

        from openai import OpenAI

        client = OpenAI()


        @lru_cache(maxsize=None)
        def ask(text):
            response = client.responses.create(model="gpt-5", input=text)
            return response.output_text


        def main(texts):
            for text in texts:
                print(ask(text))


        print(ask("hello"))
        """,
        """
        from openai import OpenAI

        from llm_batch import batch_lru_cache, realtime, request, run_batch

        client = OpenAI()


        @batch_lru_cache(maxsize=None)
        def ask_batch(text):
            response = yield request(client.responses.create, model="gpt-5", input=text)
            return response.output_text


        def ask(text):
            return realtime(ask_batch(text))


        def main(texts):
            def handle_text(text):
                print((yield from ask_batch(text)))

            run_batch(handle_text(text) for text in texts)


        print(ask("hello"))
        """,
    )


REFUSED = {
    "somebody looks into the cache": (
        "unsupported-shape",
        """
        @lru_cache
        def category(name):
            return complete(name)

        for name in "abc":
            print(category(name))
        print(category.cache_info())
        """,
        "`category.cache_info` (app.py:20) looks into the cache of `category`",
    ),
    "a cached call has an effect of its own": (
        "order-of-effects",
        """
        log = []

        @lru_cache
        def category(name):
            for attempt in range(3):
                found = complete(name)
                if found:
                    break
            log.append(found)
            return found

        for name in "abc":
            print(category(name))
        """,
        "has an effect in a call for which others wait, as it is cached",
    ),
    "a thread of a coroutine makes the call": (
        "unsupported-shape",
        """
        import asyncio

        @lru_cache
        def category(name):
            return complete(name)

        async def main(names):
            return await asyncio.gather(*[asyncio.to_thread(category, name) for name in names])

        asyncio.run(main("abc"))
        """,
        "`category` is cached and runs in threads",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_caches_that_stay(name: str) -> None:
    refusal, program, sentence = REFUSED[name]
    found = check_noop(HEAD + textwrap.dedent(program).lstrip("\n"), refusal)
    assert found is not None and sentence in found.detail


OBJECT = """\
import hashlib

from openai import OpenAI

client = OpenAI()


def digest(model, text):
    return hashlib.sha256(f"{{model}} {{text}}".encode()).hexdigest()


class Known:
    def __init__(self):
        self.data = {{}}
        self.asked = 0

    @staticmethod
    def key(model, text):
        return f"{{model}} {{text}}"

    def counted(self, text):
        self.asked += 1
        return f"{{self.asked}} {{text}}"

    def get(self, model, text):
        return self.data.get({read})

    def put(self, model, text, value):
        self.data[{written}] = value


def label(known, words, model="gpt-5-mini"):
    found = {{}}
    words = {words}
    for word in words:
        text = f"label {{word}}"
        value = known.get(model, text)
        if value is None:
            value = client.responses.create(model=model, input=text).output_text
            known.put(model, text, value)
        found[word] = value
    return found


if __name__ == "__main__":
    known = Known()
    print(label(known, ["tea", "cup", "tea", "jam", "cup"]), label(known, ["jam", "pot", "tea"]), known.data)
"""
MADE = ["text", "self.key(model, text)", "Known.key(model, text)", "digest(model, text)", 'f"{model}: {text}"']


@pytest.mark.parametrize("words", ["words", "sorted(set(words))"])
@pytest.mark.parametrize("key", MADE)
def test_an_object_that_makes_the_key_under_which_it_keeps_answers(key: str, words: str, tmp_path: Path) -> None:
    check_runs_alike(OBJECT.format(read=key, written=key, words=words), tmp_path)


@pytest.mark.parametrize(
    ("read", "written"),
    [("text", "text[:7]"), ("self.key(model, text)", "text"), ("self.counted(text)", "self.counted(text)")],
)
def test_an_object_that_keeps_answers_under_another_key_keeps_the_loop(read: str, written: str) -> None:
    check_noop(OBJECT.format(read=read, written=written, words="words"), "dependent-iterations")
