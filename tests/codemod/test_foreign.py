"""What libraries do with what they are handed is seen: they call functions, and change objects."""

from __future__ import annotations

import pytest

from .programs import check_noop, rewrite

HEAD = """\
import contextlib
import enum
import functools
import io
import json
import os
import re
import signal
import sqlite3
import struct
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from operator import methodcaller

import numpy as np
import requests
from openai import OpenAI
from pydantic import BaseModel, field_validator

client = OpenAI()
TEXTS = ["tea", "cup", "jam", "bun"]


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


"""
MADE = {
    "an array": ("memory = np.zeros(3)\n", "memory.tolist()", "np.add.at(memory, len(answer) % 3, 1)"),
    "an array given as a keyword": ("memory = np.zeros(3)\n", "memory.tolist()", "np.add(memory, 1, out=memory)"),
    "bytes": ("memory = bytearray(8)\n", "memory.hex()", 'struct.pack_into("<I", memory, 0, len(answer))'),
    "a tree": ("memory = ET.Element('log')\n", "list(memory.iter())", "ET.SubElement(memory, 'a', text=answer)"),
    "a tree whose new part is named": (
        "memory = ET.Element('log')\n",
        "list(memory.iter())",
        "part = ET.SubElement(memory, 'a')",
    ),
    "a method that is handed over": ("memory = []\n", "memory", "list(map(memory.append, answer))"),
    "a method by its name": (
        "memory = []\npush = methodcaller('append', 'seen')\n",
        "memory",
        "push(memory)",
    ),
    "a wrapped stream": (
        "memory = io.BytesIO()\nout = io.TextIOWrapper(memory)\n",
        "memory.getvalue()",
        "out.write(answer)",
    ),
    "a function that is handed over": (
        "memory = []\n\n\ndef keep(match):\n    memory.append(match.group())\n    return '#'\n\n\n",
        "memory",
        "print(re.sub('[0-9]+', keep, answer))",
    ),
    "a function for what a library cannot do": (
        "memory = []\n\n\ndef encode(given):\n    memory.append(given)\n    return str(given)\n\n\n",
        "memory",
        "print(json.dumps({'answer': {answer}}, default=encode))",
    ),
    "a validator": (
        "memory = []\n\n\nclass Reply(BaseModel):\n    text: str\n\n    @field_validator('text')\n    @classmethod\n"
        "    def note(cls, value):\n        memory.append(value)\n        return value\n\n\n",
        "memory",
        "print(Reply(text=answer))",
    ),
    "a validator by a method of its class": (
        "memory = []\n\n\nclass Reply(BaseModel):\n    text: str\n\n    @field_validator('text')\n    @classmethod\n"
        "    def note(cls, value):\n        memory.append(value)\n        return value\n\n\n",
        "memory",
        "print(Reply.model_validate({'text': answer}))",
    ),
    "a class that is handed over": (
        "memory = []\n\n\n@dataclass\nclass Reply:\n    text: str\n\n    def __post_init__(self):\n"
        "        memory.append(self.text)\n\n\n",
        "memory",
        "print(list(map(Reply, [answer])))",
    ),
    "a member that an enumeration lacks": (
        "memory = []\n\n\nclass Mood(enum.Enum):\n    GLAD = 'glad'\n\n    @classmethod\n"
        "    def _missing_(cls, value):\n        memory.append(value)\n        return cls.GLAD\n\n\n",
        "memory",
        "print(Mood(answer))",
    ),
    "an array that is copied into": ("memory = np.zeros(3)\n", "memory.tolist()", "np.copyto(memory, len(answer))"),
    "an attribute that is set": (
        "class Tracked:\n    log = []\n\n    def __setattr__(self, name, value):\n"
        "        type(self).log.append(value)\n"
        "        object.__setattr__(self, name, value)\n\n\n",
        "Tracked.log",
        "kept = Tracked()\n    kept.text = answer",
    ),
    "a function of the database": (
        "memory = []\n\n\ndef note(value):\n    memory.append(value)\n    return value\n\n\n"
        "con = sqlite3.connect(':memory:')\ncon.execute('create table t (text)')\n"
        "con.create_function('note', 1, note)\n",
        "memory",
        "con.execute('insert into t values (note(?))', (answer,))",
    ),
    "a lambda of the database": (
        "memory = []\ncon = sqlite3.connect(':memory:')\ncon.execute('create table t (text)')\n"
        "con.create_function('note', 1, lambda value: memory.append(value))\n",
        "memory",
        "con.execute('insert into t values (note(?))', (answer,))",
    ),
    "a handler of signals": (
        "memory = 0\n\n\ndef on_usr1(number, frame):\n    global memory\n    memory += 1\n\n\n"
        "signal.signal(signal.SIGUSR1, on_usr1)\n",
        "memory",
        "signal.raise_signal(signal.SIGUSR1)",
    ),
    "a cache": (
        "@functools.lru_cache(maxsize=None)\ndef parse(text):\n    return text.upper()\n\n\n",
        "parse.cache_info().currsize",
        "print(parse(answer))",
    ),
    "a decorator": (
        "def remembering(function):\n    seen = []\n\n    @functools.wraps(function)\n    def inner(value):\n"
        "        seen.append(value)\n        return function(value)\n\n    inner.seen = lambda: ', '.join(seen)\n"
        "    return inner\n\n\n@remembering\ndef parse(text):\n    return text.upper()\n\n\n",
        "parse.seen()",
        "print(parse(answer))",
    ),
}
PIPE = "told, say = os.pipe()\nos.write(say, b'start')\n\n\ndef heard():\n    return os.read(told, 99)\n\n\n"
LOOP = """
for text in TEXTS:
    answer = ask(f"{{text}} {prompt}")
    {after}
"""


def program(made: str, prompt: str, after: str) -> str:
    return HEAD + made + LOOP.format(prompt=f"{{{prompt}}}", after=after)


@pytest.mark.parametrize("name", MADE)
def test_what_a_library_changes_for_the_next_request(name: str) -> None:
    check_noop(program(*MADE[name]), "dependent-iterations")


def test_what_goes_through_a_pipe() -> None:
    check_noop(program(PIPE, "heard()", "os.write(say, answer.encode())"), "external-read-back")
    assert rewrite(program(PIPE, "len(text)", "os.write(say, answer.encode())")).planned


@pytest.mark.parametrize("name", MADE)
def test_the_same_where_no_request_needs_it(name: str) -> None:
    made, _, after = MADE[name]
    assert rewrite(program(made, "len(text)", after)).planned


@pytest.mark.parametrize(
    ("made", "prompt", "after"),
    [
        ("memory = {}\n", "memory", "json.dump(memory, open('memory.json', 'w'))"),
        ("SETTINGS = {'a': 1}\n", "SETTINGS", "np.save('answers.npy', SETTINGS)"),
        ("HEADERS = {'a': '1'}\n", "HEADERS", "requests.patch('http://localhost', json=answer, headers=HEADERS)"),
        ("HEADERS = {'a': '1'}\n", "HEADERS", "requests.options('http://localhost', headers=HEADERS)"),
        (
            "memory = []\n\n\ndef keep(text):\n    memory.append(text)\n\n\n",
            "memory",
            "print(callable(keep), functools.partial(keep, answer))",
        ),
        (
            "memory = []\n\n\ndef keep(text):\n    memory.append(text)\n\n\nprint(json.dumps(TEXTS, default=keep))\n",
            "memory",
            "print(json.dumps(answer))",
        ),
        ("LIMIT = 3\n", "LIMIT", "np.clip(len(answer), 0, LIMIT)"),
        (
            "memory = []\n\n\ndef shorter(match):\n    return match.group()[:3]\n\n\n",
            "memory",
            "print(re.sub('[0-9]+', shorter, answer))",
        ),
        ("def parse(text):\n    return text.upper()\n\n\nparse.version = 1\n", "parse.version", "print(parse(answer))"),
        (
            "@functools.lru_cache(maxsize=None)\ndef parse(text):\n    return text.upper()\n\n\n",
            "parse('tea')",
            "print(parse(answer))",
        ),
        ("memory = [1]\nrender = methodcaller('copy')\n", "render(memory)", "print(render(memory), answer)"),
        (
            "memory = []\n\n\ndef on_usr1(number, frame):\n    memory.append(number)\n\n\n"
            "signal.signal(signal.SIGUSR1, on_usr1)\n",
            "memory",
            "print(signal.getsignal(signal.SIGUSR1), answer)",
        ),
    ],
)
def test_what_leaves_it_as_it_is(made: str, prompt: str, after: str) -> None:
    assert rewrite(program(made, prompt, after)).planned
