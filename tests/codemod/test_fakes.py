"""What only tests put in the place of something else says nothing of the program itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike, rewrite

REPORTS = """
class Reports:
    def __init__(self, llm):
        self.llm = llm

    def summaries(self, texts):
        found = []
        for text in texts:
            found.append((self.llm.summary(text), self.llm.summary(text + "!")))
        return found
"""
LLM = """
from openai import OpenAI


class LLM:
    def __init__(self):
        self.client = OpenAI()

    def summary(self, text):
        answer = self.client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": text}]
        )
        return answer.choices[0].message.content
"""
APP = """
from llm import LLM
from reports import Reports

for text in Reports(LLM()).summaries(["a", "bb", "ccc"]):
    print(text)
"""
PROGRAM = {"reports.py": REPORTS, "llm.py": LLM, "app.py": APP}
MOCK = """
from unittest.mock import MagicMock

from reports import Reports


def test_summaries():
    llm = MagicMock()
    llm.summary.return_value = "short"
    assert Reports(llm).summaries(["a"]) == [("short", "short")]
"""
FAKE = """
from reports import Reports


class FakeLLM:
    def __init__(self):
        self.asked = []

    def summary(self, text):
        if self.asked and self.asked[-1] == text:
            return "again"
        self.asked.append(text)
        return "short"


def reports():
    return Reports(FakeLLM())
"""
TEST_OF_FAKE = (
    FAKE
    + """

def test_summaries():
    assert reports().summaries(["a"]) == [("short", "short")]
"""
)
OTHER = """
from fastllm import Engine

from reports import Reports

print(Reports(Engine()).summaries(["a"]))
"""


def test_a_mock_of_a_test_is_named_and_no_reason_to_stay(tmp_path: Path) -> None:
    program = {**PROGRAM, "tests/test_reports.py": MOCK}
    check_runs_alike(program, tmp_path)
    [note] = {note for note in rewrite(program).notes if "mock" in note}
    assert "`self.llm.summary`" in note


def test_an_object_of_a_library_in_its_place_is_one() -> None:
    refusal = check_noop({**PROGRAM, "other.py": OTHER}, "unsupported-shape")
    assert refusal is not None and "fastllm.Engine" in refusal.detail


def test_what_a_fake_of_a_test_remembers_is_no_reason_to_stay(tmp_path: Path) -> None:
    alike = check_runs_alike({**PROGRAM, "tests/test_reports.py": TEST_OF_FAKE}, tmp_path)
    assert "yield from" in alike.rewritten.files["reports.py"]


def test_what_such_an_object_of_the_program_remembers_is_one() -> None:
    check_noop({**PROGRAM, "offline.py": FAKE}, "dependent-iterations")


@pytest.mark.parametrize(("path", "is_left"), [("tests/test_store.py", False), ("archive.py", True)])
def test_what_a_fake_without_requests_remembers(path: str, is_left: bool, tmp_path: Path) -> None:
    app = """
    from llm import LLM


    class Files:
        def known(self, text):
            return False

        def keep(self, text, answer):
            print(text, answer)


    def run(store, llm):
        for text in ["a", "bb"]:
            if not store.known(text):
                store.keep(text, llm.summary(text))


    if __name__ == "__main__":
        run(Files(), LLM())
    """
    other = """
    from app import run
    from llm import LLM


    class Memory:
        def __init__(self):
            self.last = ""

        def known(self, text):
            return text == self.last

        def keep(self, text, answer):
            self.last = answer


    def check():
        run(Memory(), LLM())
    """
    program = {"app.py": app, "llm.py": LLM, path: other}
    if is_left:
        check_noop(program, "dependent-iterations")
    else:
        check_runs_alike(program, tmp_path)
