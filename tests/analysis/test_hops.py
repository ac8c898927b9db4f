"""Whoever looks at a call further up is told that somebody waits there, or may; no finding is made of it."""

import ast
from collections.abc import Iterator, Mapping

import pytest

from batchlint import callsites, extraction, graph, scoring
from batchlint.findings import CallSite

from .verdicts import files

STORE = """
from llm import ask

def keep(notes, text):
    notes[text] = ask(text)

def save(notes, text):
    if text:
        keep(notes, text)
"""
ROUTE = """
from flask import Flask, request
from store import save

app = Flask(__name__)
notes = {}

@app.post("/notes")
def add():
    save(notes, request.json["text"])
    return "kept"
"""
TASK = """
from celery import shared_task
from store import save

@shared_task
def work(text):
    save({}, text)
"""
ENQUEUED = """
from flask import Flask, request
from tasks import work

app = Flask(__name__)

@app.post("/notes")
def add():
    {call}
    return "kept"
"""
SCRIPT = """
from store import save

def main():
    for line in open("lines.txt"):
        save({}, line)

if __name__ == "__main__":
    main()
"""


def sites(program: Mapping[str, str], *, with_hops: bool = True) -> list[CallSite]:
    modules = [extraction.extract(path, text, ast.parse(text, path)) for path, text in files(program).items()]
    linked = graph.build(modules)
    return scoring.score(linked, callsites.find(linked, with_hops=with_hops))


def shown(program: Mapping[str, str], path: str) -> Iterator[tuple[int, str, bool]]:
    return ((site.line, str(site.verdict), site.rounds) for site in sites(program) if site.path == path)


def test_the_calls_of_a_route_on_the_way_to_a_model_are_shown_to_look_at() -> None:
    program = {"store.py": STORE, "app.py": ROUTE}
    assert list(shown(program, "app.py")) == [(10, "realtime", True)]
    assert list(shown(program, "store.py")) == [(5, "realtime", False), (9, "realtime", False)]


def test_they_are_only_looked_for_where_all_calls_are_asked_for() -> None:
    program = {"store.py": STORE, "app.py": ROUTE}
    plain = sites(program, with_hops=False)
    assert not any(site.rounds for site in plain)
    assert [site for site in sites(program) if not site.rounds] == plain


def test_who_enqueues_without_waiting_is_not_among_them() -> None:
    asked = {"store.py": STORE, "tasks.py": TASK, "app.py": ENQUEUED.format(call="work.delay(request.json['t']).get()")}
    left = {**asked, "app.py": ENQUEUED.format(call="work.delay(request.json['t'])")}
    assert list(shown(asked, "app.py")) == [(9, "realtime", True)]
    assert not list(shown(left, "app.py"))


@pytest.mark.parametrize("others", [{}, {"app.py": ROUTE}])
def test_what_nobody_waits_for_is_told_by_its_own_call_alone(others: Mapping[str, str]) -> None:
    program = {"store.py": STORE, "job.py": SCRIPT, **others}
    assert all(verdict == "batchable" for _, verdict, _ in shown(program, "job.py"))
