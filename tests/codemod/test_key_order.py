"""Counts by kind that items touch in front of their request and behind it: only their order can tell."""

from __future__ import annotations

import pytest

from .programs import check_noop, check_runs_alike

STEPS = """
import json
from collections import Counter

from openai import OpenAI


class Drop(Exception):
    pass


class Clean:
    kind = "clean"

    def apply(self, doc):
        if doc["text"].startswith("spam"):
            raise Drop(doc["text"])
        doc["text"] = doc["text"].strip()
        return doc


class Sum:
    kind = "sum"

    def __init__(self, client):
        self.client = client

    def apply(self, doc):
        answer = self.client.responses.create(model="gpt-5-mini", input=doc["text"])
        doc["sum"] = answer.output_text
        return doc


class Pipeline:
    def __init__(self, steps):
        self.steps = steps
        self.stats: Counter = Counter()
        {begun}

    def process(self, doc):
        for step in self.steps:
            doc = step.apply(doc)
            self.stats[step.kind] += 1
        return doc

    def run(self, docs):
        out = []
        for doc in docs:
            try:
                out.append(self.process(doc))
            except Drop:
                self.stats["dropped"] += 1
        return out


def load(texts):
    for text in texts:
        yield {"text": text}


pipeline = Pipeline([Clean(), Sum(OpenAI())])
print(pipeline.run(load(["a ", "spam", "b", "spam a"])))
{shown}
"""


def program(shown: str, begun: str = "pass") -> str:
    return STEPS.replace("{shown}", shown).replace("{begun}", begun)


HIDDEN = [
    "print(sorted(pipeline.stats.items()))",
    "for kind in sorted(pipeline.stats, reverse=True):\n    print(kind, pipeline.stats[kind])",
    "print(sum(pipeline.stats.values()), len(pipeline.stats), pipeline.stats.get('sum'), 'x' in pipeline.stats)",
    "print(json.dumps(pipeline.stats, sort_keys=True))",
    "if pipeline.stats:\n    print('some', max(pipeline.stats.values()))",
]
SHOWN = [
    "print(pipeline.stats)",
    "print(pipeline.stats.most_common())",
    "print(sorted(pipeline.stats.items(), key=lambda pair: pair[1]))",
    "for kind, count in pipeline.stats.items():\n    print(kind, count)",
    "print(json.dumps(pipeline.stats))",
    "print(vars(pipeline))",
    "print(getattr(pipeline, 'stats'))",
    "kept = pipeline.stats\nprint(kept)",
    "print([*pipeline.stats])",
]


@pytest.mark.parametrize("shown", HIDDEN)
def test_counts_that_are_sorted_in_the_end_may_begin_in_any_order(shown: str, tmp_path) -> None:
    check_runs_alike(program(shown), tmp_path)


@pytest.mark.parametrize("shown", SHOWN)
def test_counts_that_are_shown_in_their_order_are_left(shown: str) -> None:
    check_noop(program(shown), "dependent-iterations")


def test_counts_with_another_name_are_left() -> None:
    check_noop(program("print(sorted(pipeline.stats))", "self.other = self.stats"), "dependent-iterations")


LOCAL = """
from openai import OpenAI

client = OpenAI()


def main(texts):
    found = {}
    for number, text in enumerate(texts):
        if text == "b":
            found[number] = "none"
            continue
        found[number] = client.responses.create(model="gpt-5-mini", input=text).output_text
    {shown}


main(["a", "b", "c", "b"])
"""


@pytest.mark.parametrize(
    ("shown", "is_in_turn"),
    [
        ("print(sorted(found.items()))", False),
        ("print(found[0], found.get(1), len(found))", False),
        ("print(found)", True),
        ("print(list(found))", True),
        ("print(sorted(found, key=str))", True),
        ("return found", True),
    ],
)
def test_items_wait_for_their_turn_where_the_order_of_their_keys_shows(shown: str, is_in_turn: bool, tmp_path) -> None:
    done = check_runs_alike(LOCAL.replace("{shown}", shown), tmp_path)
    assert ("in_turn()" in done.rewritten.files["app.py"]) is is_in_turn


GROUPED = """
import itertools

import pandas as pd
from openai import OpenAI

client = OpenAI()
ROWS = [{"who": "ann", "text": "tea"}, {"who": "bob", "text": "cup"}, {"who": "ann", "text": "jam"}]
scores = {}
for who, group in GROUPS:
    scores[who] = []
    for text in TEXTS:
        scores[who].append(client.responses.create(model="gpt-5-mini", input=f"{who} {text}").output_text)
    print(who, scores[who])
print(scores)
"""


@pytest.mark.parametrize(
    ("groups", "texts", "is_one"),
    [
        ("pd.DataFrame(ROWS).groupby('who')", 'group["text"]', True),
        ("itertools.groupby(ROWS, lambda row: row['who'])", "[row['text'] for row in group]", False),
    ],
)
def test_lists_that_are_begun_for_each_group_of_a_frame(groups: str, texts: str, is_one: bool, tmp_path) -> None:
    alike = check_runs_alike(GROUPED.replace("GROUPS", groups).replace("TEXTS", texts), tmp_path)
    in_turns = "\nfor who, group in" in alike.rewritten.files["app.py"]
    assert in_turns != is_one


@pytest.mark.parametrize(("words", "is_fit"), [("sorted(set(WORDS))", True), ("sorted(WORDS)", False)])
def test_lists_that_are_begun_for_each_of_a_set(words: str, is_fit: bool, tmp_path) -> None:
    program = f"""
        from openai import OpenAI

        client = OpenAI()
        WORDS = "tea cup tea".split()
        scores = {{}}
        for word in {words}:
            scores[word] = []
            scores[word].append(client.responses.create(model="gpt-5-mini", input=word).output_text)
        print(scores)
    """
    if is_fit:
        check_runs_alike(program, tmp_path)
    else:
        check_noop(program, "dependent-iterations")
