"""Loops in which an item is told the one before it: no answer is in that, so drawing the items can hand it on."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

HEAD = """\
from openai import OpenAI

client = OpenAI()
WORDS = ["tea", "cup", "jam"]


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


"""
ALIKE = {
    "in a function": """
        def main():
            previous = None
            for word in WORDS:
                context = f" (previous: {previous})" if previous else ""
                print(ask(f"Do {word}{context}"))
                previous = word


        main()
        """,
    "in a module": """
        before = ""
        for word in WORDS:
            print(ask(f"{word} after {before}"))
            before = word
        """,
}
LEFT = {
    "an answer": """
        def main():
            previous = None
            for word in WORDS:
                answer = ask(f"{word} after {previous}")
                previous = answer
        """,
    "not in each turn": """
        def main():
            previous = None
            for word in WORDS:
                if word == "cup":
                    continue
                print(ask(f"{word} after {previous}"))
                previous = word
        """,
    "with the answer in it": """
        def main(rows):
            previous = None
            for row in rows:
                row["text"] = ask(f"{row} after {previous}")
                previous = row
        """,
    "bound in another place too": """
        def main():
            previous = None
            for word in WORDS:
                text = ask(f"{word} after {previous}")
                if "no" in text:
                    previous = None
                previous = word
        """,
}


def placed(body: str) -> str:
    return HEAD + body.replace("\n        ", "\n").lstrip("\n")


@pytest.mark.parametrize("name", ALIKE)
def test_the_item_before_is_handed_on(name: str, tmp_path: Path) -> None:
    check_runs_alike(placed(ALIKE[name]), tmp_path)


@pytest.mark.parametrize("name", LEFT)
def test_what_may_hold_an_answer_is_not(name: str) -> None:
    check_noop(placed(LEFT[name]), "dependent-iterations")
