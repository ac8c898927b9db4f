"""Celery tasks whose base class keeps a client for them, and those whose base class does more."""

from __future__ import annotations

import pytest

from .programs import check_runs_alike, rewrite

PROGRAM = """
import sqlite3
from functools import cached_property

from celery import Celery, Task, group
from openai import OpenAI

app = Celery("shop", broker="memory://")
app.conf.update(task_always_eager=True, task_eager_propagates=True)


class Base(Task):
    abstract = True
    {member}


def store(number, text):
    with sqlite3.connect("shop.db") as con:
        con.execute("create table if not exists texts (id integer, text text)")
        con.execute("insert into texts values (?, ?)", (number, text))


@app.task(bind=True, base=Base, queue="models")
def describe(self, number, name):
    answer = {client}.responses.create(model="gpt-5-mini", input=name)
    store(number, answer.output_text{more})


group(describe.s(*row) for row in [(1, "tea"), (2, "jam"), (3, "tea")]).apply_async()
"""
CACHED = "@cached_property\n    def client(self):\n        return OpenAI()"
LAZY = (
    "_client = None\n\n    @property\n    def client(self) -> OpenAI:\n        if self._client is None:\n"
    "            self._client = OpenAI()\n        return self._client"
)


def program(member: str, client: str = "self.client", more: str = "") -> str:
    return PROGRAM.replace("{member}", member).replace("{client}", client).replace("{more}", more)


@pytest.mark.parametrize("member", [CACHED, LAZY])
def test_a_base_class_that_keeps_a_client_stays(member: str, tmp_path) -> None:
    done = check_runs_alike(program(member), tmp_path)
    text = done.rewritten.files["app.py"]
    assert "    return realtime(describe_batch(self, number, name))\n" in text
    assert text.count("base=Base,") == 2
    assert "(describe_batch(self, *item) for item in items)" in text


def test_a_base_class_that_the_task_does_not_ask_stays(tmp_path) -> None:
    done = check_runs_alike(program(CACHED, client="OpenAI()"), tmp_path)
    assert "describe_batch(number, name)" in done.rewritten.files["app.py"]


OTHERS = {
    "what it does behind each run": (CACHED + "\n\n    def on_success(self, *a):\n        print(a)", {}, "`base`"),
    "how it is called": (CACHED + "\n\n    def __call__(self, *a):\n        return self.run(*a)", {}, "`base`"),
    "a list for all": ("seen = []\n\n    " + CACHED, {"more": " + str(self.seen)"}, "`base`"),
    "how often it tries again": ("max_retries = 9\n\n    " + CACHED, {}, "`base`"),
    "what it asks of its run": (CACHED.replace("OpenAI()", "OpenAI(project=self.name)"), {}, "`base`"),
    "a count": (LAZY.replace("return self._client", "self._count += 1\n        return self._client"), {}, "`base`"),
    "the task's own request": (CACHED, {"more": " + str(self.request.id)"}, "uses its own request"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_base_class_that_does_more_is_left(name: str) -> None:
    member, more, words = OTHERS[name]
    done = rewrite(program(member, **more))
    assert done.files == done.before
    assert any(words in refusal.detail for _, _, refusal in done.refusals), done.refusals


def test_a_loop_of_its_own_does_not_ask_the_object(tmp_path) -> None:
    program_of_task = program(CACHED).partition("@app.task")[0]
    looping = """@app.task(bind=True, base=Base)
def nightly(self, numbers):
    print(type(self.client).__name__)
    for number in numbers:
        store(number, OpenAI().responses.create(model="gpt-5-mini", input=str(number)).output_text)


nightly.delay([3, 1, 2])
"""
    done = check_runs_alike(program_of_task + looping, tmp_path)
    assert "_batch(*item) for item in items)" in done.rewritten.files["app.py"]
