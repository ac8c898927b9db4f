"""Lines that a refusal names: of the call's own file by their number, of others with their file."""

from __future__ import annotations

import pytest

from .programs import rewrite

LLM = """\
from openai import OpenAI

client = OpenAI()


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text
"""
NOTES = """\
SEEN = []


def note(text):
    SEEN.append(text)


def told():
    return " ".join(SEEN)
"""
LOOP = """\
from llm import ask
from notes import SEEN, note, told

for text in ["a", "b"]:
    {body}
"""


@pytest.mark.parametrize(
    ("body", "seen_from_loop", "seen_from_call"),
    [
        (
            "SEEN.append(ask(text + str(SEEN)))",
            "read before the request (line 5) and changed after an answer (line 5)",
            "read before the request (app.py:5) and changed after an answer (app.py:5)",
        ),
        (
            "note(ask(text + told()))",
            "read before the request (notes.py:9) and changed after an answer (notes.py:5)",
            "read before the request (notes.py:9) and changed after an answer (notes.py:5)",
        ),
        (
            "note(ask(f'{text} {SEEN}'))",
            "read before the request (line 5) and changed after an answer (notes.py:5)",
            "read before the request (app.py:5) and changed after an answer (notes.py:5)",
        ),
    ],
)
def test_lines_of_other_files_are_named_with_them(body: str, seen_from_loop: str, seen_from_call: str) -> None:
    done = rewrite({"app.py": LOOP.replace("{body}", body), "llm.py": LLM, "notes.py": NOTES})
    assert done.files == done.before
    said = {path: refusal.detail for path, _, refusal in done.refusals if refusal.name == "dependent-iterations"}
    assert seen_from_loop in said["app.py"]
    assert seen_from_call in said["llm.py"]
