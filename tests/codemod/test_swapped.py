"""Lists of objects that a method asks for and empties, while the items of a loop fill them."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from fake_provider import Failure, Faults

from .programs import check_noop, check_runs_alike, rewrite

PROGRAM = """\
from openai import OpenAI

client = OpenAI(max_retries=0)
WORDS = ["tea", "cup", "", "jam", "pot", "pan", "lid", "mug"]


class Index:
    def __init__(self, size=3):
        self.size = size
        self.buffer = []
        self.found = {}
        self.written = 0

    def add(self, word):
        self.buffer.append(word)
        if len(self.buffer) >= self.size:
            self.flush()

    def flush(self):
        if not self.buffer:
            return
        response = client.embeddings.create(model="m", input=[word for word in self.buffer], encoding_format="float")
        for word, item in zip(self.buffer, response.data):
            self.found[word] = round(item.embedding[0], 3)
        self.written += len(self.buffer)
        print(self.written, self.buffer)
        self.buffer = []
        self.note()

    def note(self):
        print("flushed", len(self.found))

    def close(self):
        self.flush()
        return self.written


def main(words):
    index = Index()
    for word in words:
        if word:
            index.add(word)
    index.close()
    print(index.found)


main(WORDS)
"""
ALIKE = {
    "as it stands": (),
    "a list that is cleared": (("self.buffer = []\n        self.note()", "self.buffer.clear()\n        self.note()"),),
    "a list with its type": (
        ("self.buffer = []\n        self.found", "self.buffer: list[str] = []\n        self.found"),
    ),
    "a list that is cut": (("self.buffer = []\n        self.note()", "del self.buffer[:]\n        self.note()"),),
    "the rest by the same method": (("index.close()", "index.flush()"),),
    "loops in loops": (
        ("for word in words:", "for count in range(2):\n        for word in words:\n          word = word * count"),
        ("        if word:\n            index", "          if word:\n              index"),
    ),
}
TRIED = """\
            try:
                index.add(word)
            except ValueError:
                print(word)
"""
EMPTIED = "        self.buffer = []\n        self.note()\n"
LEFT = {
    "an error leaves the list as it is": (("            index.add(word)\n", TRIED),),
    "somebody else sees the list": (("    print(index.found)", "    print(index.found, index.buffer)"),),
    "the list is handed out": (("        return self.written", "        return self.buffer"),),
    "a method reads it before it is empty": (
        (EMPTIED, "        self.note()\n        self.buffer = []\n"),
        ("len(self.found))", "len(self.buffer))"),
    ),
    "some stay": ((EMPTIED, EMPTIED.replace("[]", "self.buffer[2:]")),),
    "an answer decides when it is full": (("self.written += len(self.buffer)", "self.size = len(self.found) % 4 + 1"),),
}

COLUMNS = PROGRAM.replace("self.buffer.append(word)", "self.buffer.append((KEY, word))").replace(
    PROGRAM[PROGRAM.index("        response =") : PROGRAM.index("        self.note()")],
    """\
        keys, words = zip(*self.buffer)
        response = client.embeddings.create(model="m", input=TEXTS, encoding_format="float")
        for key, word, item in zip(keys, words, response.data):
            self.found[word] = key, round(item.embedding[0], 3)
            DONE
        self.written += 1
        self.buffer.clear()
""",
)
TEXTS = "[f'{word} {key}' for key, word in zip(keys, words)]"


def columns(key: str, texts: str, done: str) -> str:
    return COLUMNS.replace("KEY", key).replace("TEXTS", texts).replace("DONE", done)


def program(changes: tuple[tuple[str, str], ...]) -> str:
    text = PROGRAM
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


@pytest.mark.parametrize("name", ALIKE)
def test_full_lists_share_a_batch(name: str, tmp_path: Path) -> None:
    faults = Faults(failures=[Failure("refuse")])
    alike = check_runs_alike(program(ALIKE[name]), tmp_path, faults=faults)
    assert "buffer, self.buffer = self.buffer, []" in alike.rewritten.files["app.py"]


@pytest.mark.parametrize("name", LEFT)
def test_lists_that_have_to_do_with_answers(name: str) -> None:
    check_noop(program(LEFT[name]))


def test_what_is_left_over_is_the_last_item() -> None:
    after = """
        def each_word():
            for word in words:
                yield handle_word(word)
            yield index.close()

        run_batch(each_word())
        print(index.found)
    """
    assert textwrap.indent(textwrap.dedent(after), "    ").lstrip("\n") in rewrite(PROGRAM).files["app.py"]


def test_an_error_ends_all_as_before(tmp_path: Path) -> None:
    text = PROGRAM.replace('"mug"', '"refuse"')
    check_runs_alike(text, tmp_path, faults=Faults(failures=[Failure("refuse")]))


COPIES = {
    "its columns": ("len(word)", "list(words)", "print(key, word)"),
    "its columns, of objects that are looked at": ("WORDS", TEXTS, "print(key[0], word)"),
}


@pytest.mark.parametrize("name", COPIES)
def test_a_method_may_ask_with_a_copy_of_the_list(name: str, tmp_path: Path) -> None:
    alike = check_runs_alike(columns(*COPIES[name]), tmp_path)
    assert "keys, words = zip(*self.buffer)\n        self.buffer = []\n" in alike.rewritten.files["app.py"]


OBJECTS = {
    "an object that two lists hold is told": (
        "self.known.setdefault(len(word), {'last': ''})",
        TEXTS,
        "key['last'] = word",
    ),
    "an object of the module": ("WORDS", TEXTS, "key.append(word)"),
    "an object that another function tells": ("WORDS", TEXTS, "tell(key, word)"),
    "an object of the index": ("self.found", TEXTS, "key[item.index] = word"),
}


@pytest.mark.parametrize("name", OBJECTS)
def test_what_its_copies_share_keeps_the_lists_apart(name: str) -> None:
    told = "def tell(words, word):\n    words.append(word)\n\n\ndef main("
    source = (
        columns(*OBJECTS[name])
        .replace("def main(", told)
        .replace("self.written = 0", "self.written = 0\n        self.known = {}")
    )
    check_noop(source)


@pytest.mark.parametrize("text", ["str(each)", "each['word']"])
@pytest.mark.parametrize(("each", "is_apart"), [("{'word': f'{word}.'}", True), ("KNOWN[len(word)]", False)])
def test_objects_of_the_list_that_are_told_the_answer(each: str, text: str, is_apart: bool, tmp_path: Path) -> None:
    source = program(
        (
            ("client =", "KNOWN = {number: {'word': number} for number in range(9)}\nclient ="),
            ("self.buffer.append(word)", f"self.buffer.append({each})"),
            ("[word for word in self.buffer]", f"[{text} for each in self.buffer]"),
            ("self.found[word] = round(item.embedding[0], 3)", "word['word'] = str(item.embedding[0])"),
        )
    )
    if is_apart:
        check_runs_alike(source, tmp_path)
    else:
        check_noop(source)


ENDED = """\
    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        END

    def close(self):
"""


@pytest.mark.parametrize("words", ["tea cup jam pot pan lid mug", "tea cup jam refuse pan lid mug"])
def test_the_rest_at_the_end_of_a_with_is_asked_at_once(words: str, tmp_path: Path) -> None:
    source = ended("if kind is None:\n            self.flush()").replace("main(WORDS)", f"main({words.split()})")
    check_runs_alike(source, tmp_path, faults=Faults(failures=[Failure("refuse")]), realtime="refuse" not in words)


@pytest.mark.parametrize(
    ("end", "more"),
    [("self.flush()", ""), ("if error:\n            self.flush()", ""), ("pass", "atexit.register(index.flush)")],
    ids=["an error too", "an error alone", "at exit"],
)
def test_what_asks_for_the_rest_after_an_error_finds_the_list_as_it_was(end: str, more: str) -> None:
    check_noop("import atexit\n" + ended(end).replace("as index:\n", f"as index:\n        {more or 'pass'}\n"))


def ended(end: str) -> str:
    block = PROGRAM[PROGRAM.index("    for word in words:") : PROGRAM.index("    print(index.found)")]
    inside = textwrap.indent(block.replace("    index.close()\n", ""), "    ")
    text = PROGRAM.replace(block, inside).replace("    index = Index()", "    with Index() as index:")
    return text.replace("    def close(self):\n", ENDED.replace("END", end))
