"""Functions that call themselves: to try again is one more request of the same item, anything else is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_provider import Failure, Faults

from .programs import check_noop, check_runs_alike

HEAD = """\
import openai
from openai import OpenAI

client = OpenAI(max_retries=0)
TEXTS = ["tea", "refuse cup", "jam", "tea"]
LOG = []


def request(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


"""
RUN = """

for text in TEXTS:
    print(text, ask(text))
"""
ALIKE = {
    "after an error": """
def ask(text, tries=3):
    try:
        return request(text)
    except openai.BadRequestError:
        if tries == 1:
            return None
        return ask(text, tries - 1)
""",
    "by keyword": """
def ask(text, *, tries=3):
    try:
        answer = request(text)
    except openai.BadRequestError as error:
        if not tries:
            return error.code
        answer = ask(text, tries=tries - 1)
    return answer.upper()
""",
    "from its own loop": """
def ask(text, tries=2):
    for word in text.removeprefix("refuse ").split():
        if tries:
            ask(text, tries - 1)
        print(tries, request(word))
""",
    "after a bad answer": """
def ask(text, attempt=0):
    try:
        answer = request(text)
    except openai.BadRequestError:
        return None
    if len(set(answer)) < 3 and attempt < 2:
        return ask(text, attempt + 1)
    return answer
""",
}
LEFT = {
    "over its own answers": """
def ask(text, depth=2):
    answer = request(text)
    return ask(answer, depth - 1) if depth else answer
""",
    "over parts": """
def ask(text):
    if len(text) < 2:
        return request(text)
    return ask(text[1:]) + ask(text[:1])
""",
    "what it keeps": """
def ask(text, tries=3):
    LOG.append(text)
    try:
        return request(" ".join(LOG))
    except openai.BadRequestError:
        return ask(text, tries - 1) if tries else None
""",
}


@pytest.mark.parametrize("name", ALIKE)
def test_programs_run_alike(name: str, tmp_path: Path) -> None:
    check_runs_alike(HEAD + ALIKE[name] + RUN, tmp_path, faults=Faults(failures=[Failure("refuse")]))


@pytest.mark.parametrize("name", LEFT)
def test_what_is_no_other_try_is_left(name: str) -> None:
    check_noop(HEAD + LEFT[name] + RUN, "dependent-iterations")


PARTS = range(9)
WRITTEN = "".join(
    f"""
def part_{{n}}(text, left):
    {{kept}}
    if left:
        {"; ".join(f"part_{other}(text[1:], left - 1)" for other in PARTS)}

""".format(n=n, kept="{kept}" if n == 8 else "pass")
    for n in PARTS
)
ASK_PARTS = """
def ask(text):
    part_0(text, 1)
    return request(" ".join([text, *LOG]))
"""


def test_many_functions_that_call_each_other_are_read(tmp_path: Path) -> None:
    check_runs_alike(HEAD + WRITTEN.format(kept="LOG[:] = []") + ASK_PARTS + RUN, tmp_path)


def test_what_one_of_them_keeps_of_an_answer_is_seen() -> None:
    telling = "\n    part_0(ask(text), 1)\n"
    check_noop(HEAD + WRITTEN.format(kept="LOG.append(text)") + ASK_PARTS + RUN + telling, "dependent-iterations")
