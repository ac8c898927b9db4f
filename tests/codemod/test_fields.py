"""Fields of classes whose objects each get a new value: what an item notes in one is its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

PROGRAM = """\
from dataclasses import dataclass, field

from openai import OpenAI

client = OpenAI()
LOG = []


@dataclass
class Item:
    text: str
    score: int = 0
    history: list = FIELD


def draft(item):
    item.text = client.responses.create(model="gpt-5-mini", input=f"draft {item.text}").output_text
    item.history.append(("draft", item.text))


def refine(item):
    text = f"refine {item.text} {len(item.history)}"
    item.text = client.responses.create(model="gpt-5-mini", input=text).output_text
    item.history.append(("refine", item.text))


def process(text):
    item = MADE
    draft(item)
    if item.text:
        refine(item)
    return item


items = [process(text) for text in ["tea", "cup", "jam"]]
for item in items:
    print(item.text, len(item.history))
"""


def program(made: str, field: str) -> str:
    return PROGRAM.replace("MADE", made).replace("FIELD", field)


@pytest.mark.parametrize("factory", ["list", "lambda: []"])
def test_each_object_has_its_own(factory: str, tmp_path: Path) -> None:
    alike = check_runs_alike(program("Item(text)", f"field(default_factory={factory})"), tmp_path)
    assert "run_batch(" in alike.rewritten.files["app.py"]


@pytest.mark.parametrize(
    ("made", "field"),
    [("Item(text, history=LOG)", "field(default_factory=list)"), ("Item(text)", "field(default_factory=lambda: LOG)")],
)
def test_all_objects_share_one(made: str, field: str) -> None:
    check_noop(program(made, field), "dependent-iterations")


CLASS = """\
class Item:
    def __init__(self, text, history=None):
        self.text = text
        self.history = history if history is not None else []
"""
STARTED = "def process(text):\n    item = MADE\n"


def with_class(before: str, made: str) -> str:
    """The program with a class that has its own constructor, and what the item is made of."""
    head, _, rest = PROGRAM.partition("@dataclass\n")
    _, _, tail = rest.partition("FIELD\n")
    return (head + CLASS + tail).replace(STARTED, f"def process(text):\n    {before}\n    item = {made}\n")


OWN = {
    "nothing": with_class("pass", "Item(text)"),
    "what it has made itself": with_class("log = []", "Item(text, log)"),
    "what a helper has made": with_class("item = None", "make(text)").replace(
        "def process", "def make(text):\n    log = []\n    return Item(text, log)\n\n\ndef process"
    ),
}
EVERYBODYS = {
    "by its name": with_class("pass", "Item(text, LOG)"),
    "by another name": with_class("log = LOG", "Item(text, log)"),
    "or its own": with_class("log = LOG if text else []", "Item(text, log)"),
    "through a helper": with_class("item = None", "make(text, LOG)").replace(
        "def process", "def make(text, log):\n    return Item(text, log)\n\n\ndef process"
    ),
}


@pytest.mark.parametrize("name", OWN)
def test_an_object_is_given_what_is_the_items_own(name: str, tmp_path: Path) -> None:
    alike = check_runs_alike(OWN[name], tmp_path)
    assert "run_batch(" in alike.rewritten.files["app.py"]


@pytest.mark.parametrize("name", EVERYBODYS)
def test_an_object_is_given_what_all_share(name: str) -> None:
    check_noop(EVERYBODYS[name], "dependent-iterations")
