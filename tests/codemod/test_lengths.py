"""A length read in front of the request: of a collection that grows with the answers, and of one that does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

HEAD = """\
from openai import OpenAI

client = OpenAI()


def ask(text):
    return client.responses.create(model="gpt-5", input=text).output_text


"""
GROWING = {
    "a dictionary": """\
def main(texts):
    answers = {}
    for text in texts:
        print(len(answers))
        number = len(answers)
        answers[text] = ask(f"{number} {text}")
    return answers
""",
    "a list": """\
def main(texts):
    answers = []
    for text in texts:
        answers.append(ask(f"{len(answers)} {text}"))
    return answers
""",
    "a list of another object": """\
class Notes:
    def __init__(self):
        self.lines = []

    def main(self, texts):
        for text in texts:
            self.lines += [ask(f"{len(self.lines)} {text}")]
""",
}
STEADY = """\
def main():
    rows = [{"text": str(number), "parts": [{"text": f"{number}.{part}"} for part in range(2)]} for number in range(3)]
    for number, row in enumerate(rows):
        print(f"{number + 1} of {len(rows)}")
        row["answer"] = ask(row["text"])
        for part in row["parts"]:
            part["answer"] = ask(f"{len(row['parts'])} {part['text']}")
    print(rows)


if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize("program", GROWING.values(), ids=GROWING)
def test_a_length_that_grows_with_the_answers_ties_the_items(program: str) -> None:
    check_noop(HEAD + program, "dependent-iterations")


def test_a_length_that_stays_ties_nothing(tmp_path: Path) -> None:
    check_runs_alike(HEAD + STEADY, tmp_path)
