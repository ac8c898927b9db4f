"""No rewrite leaves a file that does not compile: generator expressions of several lines, and a net below all."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from batchlint.codemod import Edit, writing
from batchlint.codemod.changes import Fanout
from batchlint.codemod.compiling import compiling
from batchlint.facts import FunctionId

from .programs import HELPER, check_runs_alike, rewrite

PROGRAM = """
from openai import OpenAI

client = OpenAI()


def ask(text):
    r = client.chat.completions.create(model="gpt-4o-mini", messages=[{{"role": "user", "content": text}}])
    return r.choices[0].message.content


def page(name, entries):
    body = {expression}
    return f"{{name}}: {{body}}"


PAGES = {{"a": ["x", "y"], "b": ["z"], "c": []}}
print("; ".join(page(name, entries) for name, entries in PAGES.items()))
print("; ".join(
    # the names alone
    page(name, [])  # nothing else
    for name in PAGES
))
"""
EXPRESSIONS = {
    "on lines of its own": '", ".join(\n        ask(entry).lower()\n        for entry in entries\n    )',
    "with a condition": '", ".join(\n        ask(entry)\n        for entry in entries\n        if entry != "y"\n    )',
    "in one line between": '", ".join(\n        ask(entry) for entry in entries\n    )',
    "in brackets of its own": '", ".join((\n        ask(entry)\n        for entry in entries\n    ))',
    "with spaces": '", ".join(  ( ask(entry) for entry in entries )  )',
    "with comments": '", ".join(  # one each\n        ask(entry)  # all\n        for entry in entries\n    )',
    "around one that asks nothing": '", ".join(\n        ask("".join(c for c in entry)) for entry in entries\n    )',
    "in one that asks nothing": '", ".join(t for t in list(\n        ask(entry)\n        for entry in entries\n    ))',
    "a set": "sorted(set(\n        ask(entry)\n        for entry in entries\n    ))",
}


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_a_generator_expression_asks_wherever_its_brackets_stand(expression: str, tmp_path: Path) -> None:
    done = check_runs_alike(PROGRAM.format(expression=expression), tmp_path).rewritten
    assert "yield each(" in done.files["app.py"]


def test_the_brackets_stand_where_they_stood() -> None:
    after = rewrite(PROGRAM.format(expression=EXPRESSIONS["on lines of its own"])).files["app.py"]
    assert (
        '    body = ", ".join(\n'
        "        (yield each(\n"
        "            answer_entry_2(entry)\n"
        "            for entry in entries\n"
        "        ))\n"
        "    )\n"
    ) in after


LOOPS = """
from openai import OpenAI

client = OpenAI()


def ask(text):
    r = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": text}])
    return r.choices[0].message.content


def first():
    for name in open("a.txt"):
        print(ask(name))


def second():
    for text in open("b.txt"):
        print(len(ask(text)))


first()
second()
"""


def test_what_would_not_compile_is_refused_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaking(text: str, *given: Any) -> tuple[str, set[str]]:
        after, helpers = written(text, *given)
        return after.replace("def handle_text(text):", "def handle_text(text, text):"), helpers

    written = writing.rewrite
    monkeypatch.setattr(writing, "rewrite", breaking)
    done = rewrite({"app.py": LOOPS})
    assert "handle_name" in done.files["app.py"]
    assert "handle_text" not in done.files["app.py"]
    assert done.planned == 2  # the call of the first loop, and the request that both make
    ((path, line, refusal),) = done.refusals
    assert (path, line, refusal.name) == ("app.py", 18, "unsupported-shape")
    assert "app.py would not compile (duplicate argument 'text'" in refusal.detail


def test_what_compiles_only_alone_is_refused_together() -> None:
    def render(fanouts: list[Fanout]) -> list[Edit]:
        return [Edit("app.py", "", "x = 1" if len(fanouts) < 2 else "x = = 1")]

    fanouts = [Fanout(FunctionId("app.py", name), ast.Pass()) for name in "ab"]
    edits, refused = compiling(fanouts, render)
    assert edits == []
    assert refused.keys() == {id(fanout) for fanout in fanouts}


def test_a_helper_that_compiles_is_written_beside() -> None:
    assert HELPER in rewrite({"app.py": LOOPS}).files


NEWER = """
from openai import OpenAI

client = OpenAI()
for row in [{"text": "tea"}, {"text": "cup"}]:
    answer = client.responses.create(model="gpt-5-mini", input=row["text"]).output_text
    print(f'{row['text']}: {answer}')
"""


def test_a_file_of_a_newer_python_is_rewritten_by_an_older_one() -> None:
    done = rewrite({"app.py": NEWER})
    assert done.planned == 1
    assert "print(f'{row['text']}: {answer}')" in done.files["app.py"]
