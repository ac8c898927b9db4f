"""A call that leads to several model calls: the one of which there are many speaks for it."""

import pytest

from .verdicts import verdict

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
