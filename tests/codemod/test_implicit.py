"""What happens without a call being written is seen: properties, operators of objects, and the end of a `with`."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

HEAD = """\
import contextlib
import sqlite3

from openai import OpenAI

client = OpenAI()
TEXTS = ["tea", "cup", "jam", "bun"]


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text)


"""
LEDGER = """
class Ledger:
    def __init__(self, limit):
        self.limit = limit
        self.spent = []
        self.seen = {}

    def charge(self, answer):
        self.spent.append(answer.usage.output_tokens)

    @property
    def exhausted(self):
        return sum(self.spent) >= self.limit

    @property
    def name(self):
        return f"ledger of {self.limit}"

    def __len__(self):
        return len(self.spent)

    def __contains__(self, text):
        return any(text == each for each in self.spent)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.spent.append(1)


ledger = Ledger(30)
"""
LOOP = """
for text in TEXTS:
    {before}
    answer = ask(text + str(ledger.limit))
    ledger.charge(answer)
    print(text, answer.output_text, {after})
"""
SPAN = """
db = sqlite3.connect("spans.db")
db.execute("create table span (text, what)")


@contextlib.contextmanager
def span(text):
    {before}
    try:
        yield
    finally:
        with db:
            db.execute("insert into span values (?, 'end')", (text,))


for text in TEXTS:
    with span(text):
        print(ask(text).output_text)
"""
SUMS = """
class Sums:
    def __init__(self):
        self.texts, self.asked = [], []

    def __lshift__(self, text):
        self.texts.append(text)
        return self

    def __delitem__(self, place):
        self.texts.append("")

    def __rmatmul__(self, text):
        self.texts.append(text)

    def __imul__(self, text):
        self.texts.append(text)
        return self

    def __neg__(self):
        self.texts.append("")


sums = Sums()


def take(text):
    global sums
    answer = ask(f"{{text}} {{len(sums.{read})}}").output_text
    {change}


for text in TEXTS:
    take(text)
print(sums.texts)
"""
OPERATORS = ["sums << answer", "answer @ sums", "sums *= answer", "del sums[answer]", "-sums"]
CLASSES = """
class Words(type):
    seen = set()

    def __contains__(cls, word):
        return word in cls.seen

    def __instancecheck__(cls, word):
        return word in cls.seen

    def __len__(cls):
        return len(cls.seen)


class Known(metaclass=Words):
    hints = {{}}

    def __class_getitem__(cls, word):
        return cls.hints.get(word[0], "?")


for text in TEXTS:
    shown = {read}
    answer = ask(f"{{text}} {{shown}}").output_text
    {change}
print(Known.hints, Words.seen)
"""
SEEN = "Words.seen.update(answer)"
COUNTS = """
from collections import defaultdict

counts = defaultdict(int, {{"tea": 1}})
for text in TEXTS:
    answer = ask(f"{{text}} {{{read}}}").output_text
    print(answer, counts[answer])
"""
LEFT = {
    "membership in a class": CLASSES.format(read="text in Known", change=SEEN),
    "what is an instance of a class": CLASSES.format(read="isinstance(text, Known)", change=SEEN),
    "the length of a class": CLASSES.format(read="len(Known)", change=SEEN),
    "how many keys there are, of which a look makes more": COUNTS.format(read="len(counts)"),
    "a property that the answers change": LEDGER + LOOP.format(before="if ledger.exhausted: break", after=""),
    "a length of an object": LEDGER + LOOP.format(before="if len(ledger) > 2: break", after=""),
    "membership in an object": LEDGER + LOOP.format(before="if text in ledger: continue", after=""),
    "the end of a with statement": (
        LEDGER + "for text in TEXTS:\n    if sum(ledger.spent) > 2:\n        break\n    with ledger:\n"
        "        print(ask(text).output_text)\n"
    ),
    "rows before and after the yield": SPAN.format(before="db.execute(\"insert into span values (?, 'go')\", (text,))"),
}
ALIKE = {
    "an item of a class, which waits for those with the same key": CLASSES.format(
        read="Known[text]", change="Known.hints[text[0]] = answer"
    ),
    "an item of a class that nothing changes": CLASSES.format(read="Known[text]", change=SEEN),
    "a key of a mapping to which answers add others": COUNTS.format(read="counts['tea']"),
    "a property that prints": (
        LEDGER + "class Page:\n    def __init__(self, text):\n        self.words = text\n\n    @property\n"
        "    def prompt(self):\n        print('page', self.words)\n        return self.words\n\n\n"
        "for page in [Page(text) for text in TEXTS]:\n    print(ask(page.prompt).output_text)\n"
    ),
    "a property that nothing changes": LEDGER + LOOP.format(before="print(ledger.name)", after="ledger.name"),
    "a property that is read behind the answer": LEDGER + LOOP.format(before="pass", after="ledger.exhausted"),
    "an object that is entered around all": (
        LEDGER + "with ledger:\n    for text in TEXTS:\n        print(ask(text).output_text)\nprint(len(ledger))\n"
    ),
    "rows behind the yield": SPAN.format(before="pass"),
}


@pytest.mark.parametrize("name", LEFT)
def test_what_the_answers_change_is_not_read_before_them(name: str) -> None:
    assert check_noop(HEAD + LEFT[name]) is None


@pytest.mark.parametrize("name", ALIKE)
def test_programs_run_alike(name: str, tmp_path: Path) -> None:
    check_runs_alike(HEAD + ALIKE[name], tmp_path)


@pytest.mark.parametrize("change", OPERATORS)
def test_an_operator_changes_its_object(change: str, tmp_path: Path) -> None:
    refusal = check_noop(HEAD + SUMS.format(read="texts", change=change), "dependent-iterations")
    assert refusal is not None and "`sums" in refusal.detail
    if "=" not in change:
        check_runs_alike(HEAD + SUMS.format(read="asked", change=change), tmp_path)


def test_a_file_that_an_item_reads_and_writes_is_the_key_of_its_turn(tmp_path: Path) -> None:
    source = """
        import json
        import pathlib

        from openai import OpenAI

        client = OpenAI()
        for name in ("a", "b", "a"):
            path = pathlib.Path(f"{name}.json")
            if not path.exists():
                path.write_text("[]")
        for name in ("a", "b", "a"):
            path = pathlib.Path(f"{name}.json")
            known = json.loads(path.read_text())
            known.append(client.responses.create(model="gpt-5-mini", input=f"{name} {len(known)}").output_text)
            path.write_text(json.dumps(known))
        """
    done = check_runs_alike(source, tmp_path)
    assert "in_turn(path)" in done.rewritten.files["app.py"]
