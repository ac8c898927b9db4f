"""A call that is made only where there is one item asks once, whatever loop is below it."""

import pytest

from .verdicts import verdict

APP = """
import sys
from llm import ask

class Parts:
    def __init__(self, text, width=1000):
        self.parts = [text[at : at + width] for at in range(0, len(text), width)]
        self.amount = len(self.parts)
        self.width = width

    def ask_all(self, prompt):
        return [ask(prompt + part) for part in self.parts]

def ask_all(parts):
    return [ask(part) for part in parts]

def main(text):
    parts = Parts(text)
    others = Parts(text.upper())
    pieces = text.split()
    amount = len(pieces)
    {test}
        print({call})  # !

if __name__ == "__main__":
    main(open(sys.argv[1]).read())
"""


@pytest.mark.parametrize(
    ("test", "call"),
    [
        ("if parts.amount == 1:", "parts.ask_all(text)"),
        ("if len(pieces) == 1:", "ask_all(pieces)"),
        ("if text and 1 == amount:", "ask_all(pieces)"),
    ],
)
def test_what_is_asked_for_one_item_is_one_request(test: str, call: str) -> None:
    assert verdict(APP.format(test=test, call=call)) == "realtime"


@pytest.mark.parametrize(
    ("test", "call"),
    [
        ("if parts.amount == 2:", "parts.ask_all(text)"),
        ("if parts.amount > 1:", "parts.ask_all(text)"),
        ("if others.amount == 1:", "parts.ask_all(text)"),
        ("if parts.width == 1:", "parts.ask_all(text)"),
        ("if len(pieces) == 1 or text:", "ask_all(pieces)"),
        ("if len(text) == 1:", "ask_all(pieces)"),
        ("if amount != 1:", "ask_all(pieces)"),
    ],
)
def test_what_is_asked_for_any_number_is_many(test: str, call: str) -> None:
    assert verdict(APP.format(test=test, call=call)) == "batchable"
