"""Files by the names that constants give them, folders of the item's own, and what is said of files and tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike, rewrite

HEAD = """\
import sqlite3
import tempfile
import tokenize
from pathlib import Path

from openai import OpenAI

client = OpenAI()
TODO = Path("todo.txt")
DONE = "done.txt"
SAME = "todo.txt"
TODO.write_text("tea\\ncup\\njam\\n")
Path(DONE).write_text("")


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


def note(path, text):
    with open(path, "a") as file:
        file.write(text + "\\n")


def words(path):
    for line in Path(path).read_text().split():
        yield line


def length(path):
    return len(Path(path).read_text())


"""


def program(body: str) -> str:
    return HEAD + body.replace("\n        ", "\n").strip() + "\n"


APART = {
    "two constants": """
        for word in ["tea", "cup"]:
            note(DONE, ask(f"{word} of {length(TODO)}"))
        """,
    "a constant and a text": """
        for word in ["tea", "cup"]:
            note("answers.txt", ask(f"{word} of {length(TODO)}"))
        """,
    "a constant and what a helper is told": """
        def run(target):
            for word in ["tea", "cup"]:
                note(target, ask(f"{word} of {length(TODO)}"))


        run("other.txt")
        """,
    "a folder of the item's own": """
        for word in ["tea", "cup"]:
            with tempfile.TemporaryDirectory() as folder:
                scratch = Path(folder) / "scratch.txt"
                scratch.write_text(word)
                note(scratch, ask(scratch.read_text()))
                print(scratch.read_text())
        """,
    "a folder that a helper is handed": """
        def fill(folder, word):
            note(Path(folder, "scratch.txt"), word)
            return ask(word)


        for word in ["tea", "cup"]:
            folder = tempfile.mkdtemp()
            print(fill(folder, word), length(Path(folder, "scratch.txt")))
        """,
}
APART["another name in a folder"] = """
        def run(folder):
            for word in ["tea", "cup"]:
                note(folder / "other.txt", ask(f"{word} of {length(TODO)}"))


        run(Path("."))
        """
APART["what a module opens"] = """
        def told(path):
            with tokenize.open(path) as file:
                return file.read()


        for word in ["tea", "cup"]:
            note(DONE, ask(f"{word} of {told(TODO)}"))
        """
LEFT = {
    "the same name in a folder": APART["another name in a folder"].replace("other.txt", "todo.txt"),
    "what a module opens": APART["what a module opens"].replace("(DONE", "(SAME"),
    "one file by two constants": """
        for word in ["tea", "cup"]:
            note(SAME, ask(f"{word} of {length(TODO)}"))
        """,
    "one folder for all": """
        with tempfile.TemporaryDirectory() as folder:
            for word in ["tea", "cup"]:
                scratch = Path(folder) / "scratch.txt"
                note(scratch, word)
                print(ask(word), scratch.read_text())
        """,
    "a file beside the folder": """
        for word in ["tea", "cup"]:
            with tempfile.TemporaryDirectory() as folder:
                scratch = Path(folder).parent / "scratch.txt"
                note(scratch, word)
                print(ask(word), scratch.read_text())
        """,
}


@pytest.mark.parametrize("name", APART)
def test_files_that_are_told_apart_may_be_written_after_all_answers(name: str, tmp_path) -> None:
    check_runs_alike(program(APART[name]), tmp_path)


@pytest.mark.parametrize("name", LEFT)
def test_files_that_may_be_the_same_are_left(name: str) -> None:
    check_noop(program(LEFT[name]))


SAID = {
    "read and written": (
        "for word in words(TODO):\n    note(DONE, ask(f'{word} {length(DONE)}'))",
        "external-read-back",
        "the file `'done.txt'` is read in line 31 before a request and written after one (line 21); read it once",
    ),
    "written and read": (
        "for word in words(TODO):\n    TODO.write_text(word)\n    print(ask(word), length(TODO))",
        "external-read-back",
        "the file `'todo.txt'` is written in line 35 before a request and read after one (line 31); let each item have",
    ),
    "written twice": (
        "for word in words(TODO):\n    note(DONE, word)\n    note(DONE, ask(word))",
        "order-of-effects",
        "the file `'done.txt'` is written in line 21 before a request and again after one (line 21), and a batch",
    ),
    "two rows": (
        "db = sqlite3.connect('a.db')\ndb.execute('create table events (what text)')\nfor word in ['a', 'b']:\n"
        "    db.execute('insert into events values (?)', (word,))\n"
        "    db.execute('insert into events values (?)', (ask(word),))\n",
        "order-of-effects",
        "the table `events` is written in line 37 before a request and again after one (line 38), and a batch",
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_what_is_said_of_files_and_tables_is_what_is_done_with_them(name: str) -> None:
    body, refusal, words = SAID[name]
    found = [r for _, _, r in rewrite(program(body)).refusals if r.name == refusal]
    assert found and words in found[0].detail, found


STORE = """\
class Store:
    def __init__(self, path):
        self.path = Path(path)
        self.path.touch()

    def rows(self):
        return self.path.read_text().splitlines()

    def add(self, row):
        with self.path.open("a") as file:
            file.write(row + "\\n")

    def path_of(self, word):
        return self.path.with_name(word + ".kept")

    def has(self, word):
        return self.path_of(word).exists()

    def keep(self, word, text):
        self.path_of(word).write_text(text)


class Log(Store):
    def add(self, row):
        super().add(row)


"""
OF_OBJECTS = {
    "a method": "store = {made}('a.txt')\nfor word in ['tea', 'cup']:\n    store.add(ask(f'{{word}} {{{asked}}}'))\n",
    "a method of what a helper is handed": (
        "def run(store, word):\n    number = {asked}\n    store.add(ask(f'{{word}} {{number}}'))\n\n\n"
        "store = {made}('a.txt')\nfor word in ['tea', 'cup']:\n    run(store, word)\n"
    ),
    "a method that calls others": (
        "class Shop({made}):\n    def fill(self, store, word):\n        number = {asked}\n"
        "        self.add(ask(f'{{word}} {{number}}'))\n\n\n"
        "store = Shop('a.txt')\nfor word in ['tea', 'cup']:\n    store.fill(store, word)\n"
    ),
}


@pytest.mark.parametrize("name", OF_OBJECTS)
@pytest.mark.parametrize("made", ["Store", "Log"])
def test_a_file_is_known_by_the_object_that_has_its_path(name: str, made: str, tmp_path) -> None:
    left = STORE + OF_OBJECTS[name].format(made=made, asked="len(store.rows())")
    refusal = check_noop(HEAD + left, "external-read-back")
    assert refusal is not None and "the file `store.path` is read" in refusal.detail
    check_runs_alike(HEAD + STORE + OF_OBJECTS[name].format(made=made, asked="length(TODO)"), tmp_path)


KEPT = """\
for word in ["tea", "cup", "tea"]:
    if store.has(word):
        print("known", word)
        continue
    store.keep(word, ask(word))
"""
LOOKED_UP = """\
def find(cache, text):
    if cache.has(text):
        return cache.path_of(text).read_text()
    answer = ask(text)
    cache.keep(text, answer)
    return answer


for word in ["tea", "cup", "tea"]:
    print(find(store, "a " + word))
"""


@pytest.mark.parametrize(
    ("body", "key"),
    [(KEPT, "in_turn(store.path_of(word))"), (LOOKED_UP, "in_turn(cache.path_of(text))")],
    ids=["in the loop", "in a helper"],
)
@pytest.mark.parametrize("is_apart", [False, True], ids=["one file", "two files"])
def test_items_wait_for_a_file_by_the_names_of_whoever_asks_for_it(body, key, is_apart, tmp_path) -> None:
    made = "store = Store('a.txt')\n"
    source = {"app.py": HEAD + STORE + made + body}
    if is_apart:
        source = {
            "app.py": "from stores import Store\n" + HEAD + made + body,
            "stores.py": "from pathlib import Path\n\n\n" + STORE,
        }
    done = check_runs_alike(source, tmp_path)
    assert key in done.rewritten.files["app.py"]


def test_a_file_whose_path_needs_the_names_of_another_module_is_left() -> None:
    stores = STORE.replace("word + ", "word + ENDING + ")
    source = {
        "app.py": "from stores import Store\n\nENDING = 1\n" + HEAD + "store = Store('a.txt')\n" + KEPT,
        "stores.py": "from pathlib import Path\n\nENDING = '-'\n\n\n"
        + stores.replace("self.path_of(word)", "Path(word + ENDING)"),
    }
    check_noop(source, "external-read-back")


BY_ANSWER = """\
import os
from openai import OpenAI

client = OpenAI()
os.makedirs("out", exist_ok=True)
for topic in ["a", "b", "c"]:
    if os.path.exists(os.path.join("out", topic + ".txt")):
        continue
    answer = client.responses.create(model="gpt-5-mini", input=topic).output_text
    slug = answer[-1]
    with open(os.path.join("{folder}", {name} + ".{ending}"), "w") as file:
        file.write(answer)
"""


def test_a_file_that_is_named_after_an_answer_may_be_another_items(tmp_path: Path) -> None:
    check_noop(BY_ANSWER.format(folder="out", name="slug", ending="txt"), "external-read-back")
    check_runs_alike(BY_ANSWER.format(folder="out", name="slug", ending="md"), tmp_path)


def test_a_file_of_another_folder_or_of_the_item_is_none(tmp_path: Path) -> None:
    for number, (folder, name) in enumerate([(".", "slug"), ("out", "topic")]):
        (tmp_path / str(number)).mkdir()
        check_runs_alike(BY_ANSWER.format(folder=folder, name=name, ending="txt"), tmp_path / str(number))


ARCHIVE = """\
import bz2
import zipfile
from openai import OpenAI

client = OpenAI()
zipfile.ZipFile("book.zip", "w").close()
bz2.open("book.bz2", "wt").close()
for word in ["a", "b"]:
    {read}
    text = client.responses.create(model="gpt-5-mini", input=f"{{word}} {{names}}").output_text
    with {opened} as file:
        {write}
    print(text)
"""


@pytest.mark.parametrize(
    ("read", "opened", "write"),
    [
        ("zipfile.ZipFile('book.zip').namelist()", "zipfile.ZipFile('book.zip', 'a')", "file.writestr(word, text)"),
        ("bz2.open('book.bz2').read()", "bz2.open('book.bz2', 'at')", "file.write(text)"),
    ],
)
def test_archives_are_files(read: str, opened: str, write: str, tmp_path: Path) -> None:
    check_noop(ARCHIVE.format(read=f"names = {read}", opened=opened, write=write), "external-read-back")
    check_runs_alike(ARCHIVE.format(read="names = []", opened=opened, write="print(text)"), tmp_path)


WIKI = """\
from pathlib import Path
from openai import OpenAI

client = OpenAI()


class Wiki:
    def __init__(self, root):
        self.root = Path(root)
        self.root.mkdir(exist_ok=True)

    def page(self, topic):
        return self.root / (topic + ".md")

    def note(self, topic):
        return self.root / (topic + ".txt")

    def has(self, topic):
        return self.page(topic).exists()

    def save(self, topic, text):
        self.{saved}.write_text(text)


wiki = Wiki("wiki")
for topic in ["a", "b"]:
    if not wiki.has(topic):
        wiki.save(topic, client.responses.create(model="gpt-5-mini", input=topic).output_text)
"""


def test_a_method_names_the_files_of_all_items(tmp_path: Path) -> None:
    check_noop(WIKI.format(saved="page(text[-1])"), "external-read-back")
    for number, saved in enumerate(["page(topic)", "note(text[-1])"]):
        (tmp_path / str(number)).mkdir()
        check_runs_alike(WIKI.format(saved=saved), tmp_path / str(number))


TREE = """
import os

root = Path("tree")
(root / "a" / "b").mkdir(parents=True)
for folder in [root / "a" / "b", root / "a", root]:
    SEEN
    (folder / "note.txt").write_text(ask(f"{folder.name} {known}"))
"""
SEEN = {
    "the folder above": "known = (folder.parent / 'note.txt').exists()",
    "the folder above, by a variable": (
        "above = os.path.join(os.path.dirname(folder), 'note.txt')\n    known = os.path.exists(above)"
    ),
    "the folders below": (
        "known = [open(os.path.join(folder, name, 'note.txt')).read() for name in os.listdir(folder)]"
    ),
}


@pytest.mark.parametrize("name", SEEN)
def test_a_file_of_its_name_in_another_items_folder(name: str) -> None:
    check_noop(HEAD + TREE.replace("SEEN", SEEN[name]), "external-read-back")


def test_a_key_in_the_names_of_a_comprehension(tmp_path: Path) -> None:
    loop = """
import os

for name in "abc":
    open(name, "w").write(name)


def main(groups):
    for group in groups:
        texts = [open(each).read() for each in group]
        answer = ask(" ".join(texts))
        for each in group:
            print(each, answer)
            os.remove(each)


main([["a", "b"], ["c"]])
"""
    if rewrite(HEAD + loop).planned:
        check_runs_alike(HEAD + loop, tmp_path)


def test_a_path_that_is_named_where_it_is_looked_at(tmp_path: Path) -> None:
    loop = """
for name in ["a", "b", "a"]:
    if not (out := Path(f"{name}.txt")).exists():
        out.write_text(ask(name))
    print(out.read_text())
"""
    check_runs_alike(HEAD + loop, tmp_path)


FRAMEWORK = '''\
class Job:
    """Subclasses say what the items are, and what to do with one."""

    def skip(self, item):
        return False

    def execute(self):
        for item in self.items():
            if self.skip(item):
                print("skipped")
                continue
            self.save(item, self.process(item))
'''
LETTERS = """\
import sys
from pathlib import Path
from openai import OpenAI
from framework import Job

class Letters(Job):
    client = OpenAI()

    def skip(self, item):
        return Path(f"{item[0]}.txt").exists()

    def items(self):
        return [("a", "tea"), ("b", "cup"), ("a", "jam")]

    def process(self, item):
        return self.client.responses.create(model="gpt-5-mini", input=item[1]).output_text

    def save(self, item, text):
        Path(f"{item[0]}.txt").write_text(text)
        print(item, text)


Letters().execute()
"""


@pytest.mark.parametrize("above", range(3))
def test_a_path_in_another_file_is_not_what_stands_in_the_same_line_of_this_one(above: int, tmp_path: Path) -> None:
    files = {"framework.py": "#\n" * above + FRAMEWORK, "app.py": LETTERS}
    assert check_runs_alike(files, tmp_path).rewritten.files["framework.py"].count("in_turn(") == 1
