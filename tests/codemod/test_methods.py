"""Methods that are called by another name, and objects that a function gives out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from .programs import Source, check_noop, check_runs_alike
from .test_shared import HEAD

MEMORY = """\
class Memory:
    def __init__(self):
        self.texts = []
        self.last = ""

    def add(self, text):
        self.texts.append(text)
        self.last = text


"""
BUS = """\
class Bus:
    def __init__(self):
        self.subscribers = []

    def on(self, function):
        self.subscribers.append(function)

    def emit(self, text):
        for each in self.subscribers:
            each(text)


"""
RUNNER = """\
class Runner:
    def __init__(self, on_text):
        self.on_text = on_text

    def run(self, words, count):
        for word in words:
            self.on_text(ask(f"{word}, not {count()}"))


"""
TOPICS = """\
class Topics:
    def __init__(self):
        self.handlers = {}

    def on(self, topic, handler):
        self.handlers.setdefault(topic, []).append(handler)

    def emit(self, topic, text):
        for handler in self.handlers.get(topic, ()):
            handler(text)


"""
SAME_NAME = """\
class Chat:
    def __init__(self, add):
        self.add = add

    def tell(self, text):
        self.add(ask(text))


"""
STATE = """\
class State:
    def __init__(self):
        self.last = ""
        self.tone = "plain"
        self.count = 0


_state = None


def get():
    global _state
    if _state is None:
        _state = State()
    return _state
"""


def of_state(body: str) -> Source:
    return {"app.py": "import state\n" + HEAD + "for word in WORDS:\n" + body, "state.py": STATE}


LEFT: Mapping[str, tuple[str, Source]] = {
    "a variable": (
        "`memory.texts`",
        HEAD + MEMORY + "memory = Memory()\nadd = memory.add\nfor word in WORDS:\n"
        "    add(ask(f'{word}, not {memory.texts}'))\n",
    ),
    "what a function is handed": (
        "`memory.last`",
        HEAD + MEMORY + "def tell(word, before, then):\n    then(ask(f'{word} after {before}'))\n\n\n"
        "memory = Memory()\nfor word in WORDS:\n    tell(word, memory.last, memory.add)\n",
    ),
    "what an object is handed": (
        "`texts`",
        HEAD + RUNNER + "texts = []\nRunner(texts.append).run(WORDS, lambda: len(texts))\n",
    ),
    "what a list holds": (
        "`memory.last`",
        HEAD + MEMORY + BUS + "bus, memory = Bus(), Memory()\nbus.subscribers.append(memory.add)\nfor word in WORDS:\n"
        "    bus.emit(ask(f'{word} after {memory.last}'))\n",
    ),
    "what is put into a list": (
        "`memory.last`",
        HEAD + MEMORY + BUS + "bus, memory = Bus(), Memory()\nbus.on(memory.add)\nfor word in WORDS:\n"
        "    bus.emit(ask(f'{word} after {memory.last}'))\n",
    ),
    "what is put into a list of a table": (
        "`memory.last`",
        HEAD + MEMORY + TOPICS + "bus, memory = Topics(), Memory()\nbus.on('text', memory.add)\nfor word in WORDS:\n"
        "    bus.emit('text', ask(f'{word} after {memory.last}'))\n",
    ),
    "what an object is handed under the method's own name": (
        "`memory.texts`",
        HEAD + MEMORY + SAME_NAME + "memory = Memory()\nchat = Chat(memory.add)\nfor word in WORDS:\n"
        "    chat.tell(f'{word}, not {memory.texts}')\n",
    ),
    "what a table holds": (
        "`memory.last`",
        HEAD + MEMORY + "memory = Memory()\nHANDLERS = {'text': memory.add}\nfor word in WORDS:\n"
        "    HANDLERS['text'](ask(f'{word} after {memory.last}'))\n",
    ),
    "what a function gives out": (
        "`_state.last`",
        of_state(
            "    text = ask(f'{word} after {state.get().last}')\n    state.get().last = text\n    print(text)\n",
        ),
    ),
    "what a variable keeps of that": (
        "`_state.last`",
        of_state(
            "    now = state.get()\n    text = ask(f'{word} after {now.last}')\n    state.get().last = text\n"
            "    print(text)\n"
        ),
    ),
    "what a method gives out": (
        "`box.memory.last`",
        HEAD + MEMORY + "class Box:\n    def __init__(self):\n        self.memory = Memory()\n\n"
        "    def get(self):\n        return self.memory\n\n\nbox = Box()\nfor word in WORDS:\n"
        "    text = ask(f'{word} after {box.memory.last}')\n    box.get().last = text\n    print(text)\n",
    ),
}
ALIKE: Mapping[str, Source] = {
    "a variable": (
        HEAD + MEMORY + "memory = Memory()\nadd = memory.add\nfor word in WORDS:\n    add(ask(word))\n"
        "print(memory.texts)\n"
    ),
    "an object of the item": (
        HEAD + MEMORY + "for word in WORDS:\n    memory = Memory()\n    add = memory.add\n"
        "    add(ask(f'{word}, not {memory.texts}'))\n    print(memory.last)\n"
    ),
    "what a list holds": (
        HEAD + MEMORY + BUS + "bus, memory = Bus(), Memory()\nbus.on(memory.add)\nbus.on(print)\nfor word in WORDS:\n"
        "    bus.emit(ask(word))\nprint(memory.texts)\n"
    ),
    "what a list of a table holds": (
        HEAD + MEMORY + TOPICS + "bus, memory = Topics(), Memory()\nbus.on('text', memory.add)\nfor word in WORDS:\n"
        "    bus.emit('text', ask(word))\nprint(memory.texts)\n"
    ),
    "what an object is handed under the method's own name": (
        HEAD + MEMORY + SAME_NAME + "memory, other = Memory(), Memory()\nchat = Chat(memory.add)\nfor word in WORDS:\n"
        "    chat.tell(f'{word}, not {other.texts}')\nprint(memory.texts)\n"
    ),
    "another object's": (
        HEAD + MEMORY + BUS + "bus, memory, other = Bus(), Memory(), Memory()\nbus.on(memory.add)\nfor word in WORDS:\n"
        "    bus.emit(ask(f'{word} after {other.last}'))\nprint(memory.texts)\n"
    ),
    "what an object is handed": (
        HEAD + RUNNER + "texts, others = [], []\nRunner(texts.append).run(WORDS, lambda: len(others))\nprint(texts)\n"
    ),
    "another attribute of what a function gives out": of_state(
        "    now = state.get()\n    text = ask(f'{word}, {now.tone}')\n    state.get().last = text\n    print(text)\n"
    ),
    "a sum": of_state(
        "    text = ask(f'{word}, {state.get().tone}')\n    state.get().count += 1\n    print(text)\n",
    ),
}


@pytest.mark.parametrize("name", LEFT)
def test_what_a_call_by_another_name_changes_keeps_items_apart(name: str) -> None:
    shown, source = LEFT[name]
    refusal = check_noop(source, "dependent-iterations")
    assert refusal is not None
    assert shown in refusal.detail


@pytest.mark.parametrize("name", ALIKE)
def test_what_no_request_needs_is_rewritten(name: str, tmp_path: Path) -> None:
    check_runs_alike(ALIKE[name], tmp_path)


def test_a_function_outside_of_classes_may_be_named_as_a_method_is(tmp_path: Path) -> None:
    outside = "def __init__(self):\n    self.texts = []\n    self.last = ''\n\n\n"
    body = "memory = Memory()\nfor word in WORDS:\n    memory.add(ask(word))\nprint(memory.texts)\n"
    check_runs_alike(HEAD + outside + MEMORY + body, tmp_path)
