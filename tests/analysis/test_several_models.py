"""A call that leads to several model calls: the one of which there are many speaks for it."""

import pytest

from .verdicts import marked, verdict

APP = """
import sys
from llm import ask, client

class One:
    def run(self, rows):
        return {one}

class Each:
    def run(self, rows):
        found = []
        for row in rows:
            found.append(self.answer(row))
        return found

    def answer(self, row):
        return {each}

MODELS = {{"one": One, "each": Each}}

class Runner:
    def __init__(self, name):
        self.model = MODELS[name]()

    def work(self, rows):
        for answer in self.model.run(rows):  # !
            print(answer)

if __name__ == "__main__":
    Runner(sys.argv[1]).work(open("rows.txt").readlines())
"""
STREAM = 'client.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": str(rows)}], stream=True)'


@pytest.mark.parametrize(
    ("one", "each", "expected"),
    [
        ("ask(str(rows))", "ask(row)", "batchable"),
        ("ask(str(rows))", "row.upper()", "realtime"),
        (STREAM, "ask(row)", "realtime"),
        ("rows", "ask(row)", "batchable"),
    ],
)
def test_many_requests_speak_before_one(one: str, each: str, expected: str) -> None:
    assert verdict(APP.format(one=one, each=each)) == expected


BUILD = """
import json
from llm import client

def summarize(rows, llm):
    found = {{}}
    {head}:
        text = "In short: {{}}".format(row["text"])
        found[number] = llm.chat.completions.create(model="gpt-5", messages=[{{"role": "user", "content": text}}])
    text = "Together: {{}}".format(str(found))
    found["all"] = llm.chat.completions.create(model="gpt-5", messages=[{{"role": "user", "content": text}}])
    return found

def build(rows, folder, llm):
    summaries = summarize(rows, llm=llm)
    json.dump(summaries, open(folder + "all", "w"))

def main():
    build(json.load(open("rows.json")), "summaries/", llm=client)  # !

if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("for number, row in enumerate(rows)", "batchable"),
        ("if (number := len(rows)) and (row := rows[0])", "realtime"),
    ],
)
def test_who_starts_many_requests_and_one_starts_many(head: str, expected: str) -> None:
    site = marked(BUILD.format(head=head))
    assert site is not None and site.verdict == expected
