"""Variables behind other names than their own: of classes, functions and modules, and in defaults."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from .programs import Source, check_noop, check_runs_alike

HEAD = """\
from openai import OpenAI

client = OpenAI()
WORDS = ["tea", "cup", "jam", "tea", "jar", "cup"]


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


"""
RUN = """

for word in WORDS:
    print(word, {call})
"""


def writer(write: str, *more: str, made: str = "Writer()") -> str:
    body = "".join(f"{line}\n" for line in ("class Writer:", *more, "    def write(self, word):", write))
    return f"{HEAD}{body}\n\nwriter = Writer()\n{RUN.format(call=f'{made}.write(word)')}"


ANSWER = "        text = ask(f'{word} after {self.last}')\n"
LAST = "    last = ''\n"
SETTER = "    @classmethod\n    def keep(cls, text):\n        cls.last = text\n"
SEEN = "        text = ask(f'{word}, not {self.seen}')\n        self.seen.append(text)\n        return text"
LEFT: Mapping[str, tuple[str, Source]] = {
    "its class by name": ("`Writer.last`", writer(f"{ANSWER}        Writer.last = text\n        return text", LAST)),
    "its class, in one object": (
        "`Writer.last`",
        writer(f"{ANSWER}        Writer.last = text\n        return text", LAST, made="writer"),
    ),
    "its type": ("`Writer.last`", writer(f"{ANSWER}        type(self).last = text\n        return text", LAST)),
    "its __class__": (
        "`Writer.last`",
        writer(f"{ANSWER}        self.__class__.last = text\n        return text", LAST),
    ),
    "a class method": ("`Writer.last`", writer(f"{ANSWER}        self.keep(text)\n        return text", LAST, SETTER)),
    "setattr": (
        "`Writer.last`",
        writer(f"{ANSWER}        setattr(Writer, 'last', text)\n        return text", LAST, SETTER),
    ),
    "getattr": (
        "`Writer.last`",
        writer(
            "        text = ask(f\"{word} {getattr(self, 'last')}\")\n        Writer.last = text\n        return text",
            LAST,
        ),
    ),
    "a list of the class": ("`Writer.seen`", writer(SEEN, "    seen = []\n")),
    "a default that each object keeps": (
        "`Writer.seen`",
        writer(SEEN, "    def __init__(self, seen=[]):\n        self.seen = seen\n"),
    ),
    "its __dict__": (
        "`memo.last`",
        HEAD
        + "class Memo:\n    last = ''\n\n\nmemo = Memo()\nfor word in WORDS:\n    text = ask(f'{word} {memo.last}')\n"
        "    memo.__dict__.update(last=text)\n    print(text)\n",
    ),
    "a function": (
        "`describe.last`",
        HEAD + "def describe(word):\n    text = ask(f'{word}, not {describe.last}')\n    describe.last = text\n"
        "    return text\n\n\ndescribe.last = ''\n" + RUN.format(call="describe(word)"),
    ),
    "a default": (
        "`known`",
        HEAD + "def describe(word, known=[]):\n    text = ask(f'{word}, not {known}')\n    known.append(text)\n"
        "    return text\n" + RUN.format(call="describe(word)"),
    ),
    "a default with another name": (
        "`KNOWN`",
        HEAD + "KNOWN = []\n\n\ndef describe(word, known=KNOWN):\n    text = ask(f'{word}, not {known}')\n"
        "    known.append(text)\n    return text\n" + RUN.format(call="describe(word)"),
    ),
    "another file": (
        "`current`",
        {
            "app.py": "import log\n" + HEAD + "for word in WORDS:\n    log.current = word\n    log.say(ask(word))\n",
            "log.py": "current = ''\n\n\ndef say(text):\n    print(current, text)\n",
        },
    ),
    "a context": (
        "`current`",
        {
            "app.py": "import log as h\n"
            + HEAD
            + "for word in WORDS:\n    h.current.set(word)\n    h.say(ask(word))\n",
            "log.py": "from contextvars import ContextVar\n\ncurrent = ContextVar('current')\n\n\n"
            "def say(text):\n    print(current.get(), text)\n",
        },
    ),
    "a package that imports it": (
        "`known`",
        {
            "app.py": "from notes import known\nfrom notes.kept import keep\n"
            + HEAD
            + "for word in WORDS:\n    keep(ask(f'{word}, not {known}'))\n",
            "notes/__init__.py": "from notes.kept import known\n",
            "notes/kept.py": "known = []\n\n\ndef keep(text):\n    known.append(text)\n",
        },
    ),
    "a star": (
        "`known`",
        {
            "app.py": HEAD
            + "from notes import *\n\nfor word in WORDS:\n    known.append(ask(f'{word}, not {known}'))\n",
            "notes/__init__.py": "from .kept import *\n",
            "notes/kept.py": "known = []\n",
        },
    ),
}
CACHED = "        if word not in self.cache:\n            self.cache[word] = ask(word)\n        return self.cache[word]"
ALIKE: Mapping[str, Source] = {
    "a cache of the class": writer(CACHED, "    cache = {}\n"),
    "a cache in a default": (
        HEAD + "def describe(word, cache={}):\n    if word not in cache:\n        cache[word] = ask(word)\n"
        "    return cache[word]\n" + RUN.format(call="describe(word)")
    ),
    "a list of each object": writer(
        SEEN, "    seen = []\n", "    def __init__(self):\n        self.seen = ['x']\n", made="Writer()"
    ),
    "a default that no object keeps": writer(
        SEEN, "    def __init__(self, seen=[]):\n        self.seen = seen\n", made="Writer([])"
    ).replace("writer = Writer()\n", ""),
    "a list that each call is given": (
        HEAD + "def describe(word, known=[]):\n    text = ask(f'{word}, not {known}')\n    known.append(text)\n"
        "    return text\n" + RUN.format(call="describe(word, [])")
    ),
    "a field of a dataclass": (
        "from dataclasses import dataclass, field\n" + HEAD + "@dataclass\nclass Writer:\n"
        "    seen: list = field(default_factory=list)\n\n    def write(self, word):\n"
        + SEEN
        + "\n"
        + RUN.format(call="Writer().write(word)")
    ),
    "an attribute of each object": writer(f"{ANSWER}        self.last = text\n        return text", LAST),
    "setattr of each object": writer(f"{ANSWER}        setattr(self, 'last', text)\n        return text", LAST),
    "a sum": writer(
        "        text = ask(word)\n        Writer.calls += 1\n        return text", "    calls = 0\n", made="writer"
    )
    + "print(Writer.calls)\n",
    "a number from before": (
        HEAD + "class Job:\n    count = 0\n\n    def __init__(self, word):\n        Job.count += 1\n"
        "        self.number = Job.count\n        self.word = word\n\n    def run(self):\n"
        "        return ask(f'{self.number} {self.word}')\n" + RUN.format(call="Job(word).run()")
    ),
    "what the first one makes": writer(
        "        if Writer.style is None:\n            Writer.style = 'plain'\n"
        "        return ask(f'{word}, {Writer.style}')",
        "    style = None\n",
    ),
    "what nobody changes": {
        "app.py": "import style\n" + HEAD + "for word in WORDS:\n    print(ask(f'{word}, {style.TONE}'))\n",
        "style.py": "TONE = 'plain'\n",
    },
    "what nobody changes, by a star": {
        "app.py": "from style import *\n" + HEAD + "for word in WORDS:\n    print(ask(f'{word}, {TONE} {LIST}'))\n",
        "style.py": "TONE, LIST = 'plain', ['a']\n",
    },
    "another class's": (
        HEAD + "class Log:\n    last = ''\n\n\nclass Writer(Log):\n    last = 'x'\n\n    def write(self, word):\n"
        "        text = ask(f'{word} {self.last}')\n        Other.last = text\n        return text\n\n\n"
        "class Other:\n    last = ''\n" + RUN.format(call="Writer().write(word)")
    ),
}


@pytest.mark.parametrize("name", LEFT)
def test_what_items_share_under_another_name_keeps_them_apart(name: str) -> None:
    shown, source = LEFT[name]
    refusal = check_noop(source, "dependent-iterations")
    assert refusal is not None
    assert shown in refusal.detail


@pytest.mark.parametrize("name", ALIKE)
def test_what_items_do_not_wait_for_is_rewritten(name: str, tmp_path: Path) -> None:
    check_runs_alike(ALIKE[name], tmp_path)
