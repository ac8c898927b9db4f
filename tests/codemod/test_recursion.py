"""Functions that call themselves: what they ask then are more requests of the same item."""

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
    "over its own answers": """
def ask(text, depth=2):
    answer = request(text.removeprefix("refuse "))
    return ask(answer, depth - 1) if depth else answer
""",
    "over parts": """
def ask(text):
    if len(text) < 2:
        return request(text)
    return ask(text[1:]) + ask(text[:1])
""",
    "over halves after an error": """
def ask(text):
    try:
        return [request(text)]
    except openai.BadRequestError:
        words = text.split()
        if len(words) < 2:
            print("cut", text)
            return ["-"]
        half = len(words) // 2
        return ask(" ".join(words[:half])) + ask(" ".join(words[half:]))
""",
    "with a list of its own": """
def ask(text, found=()):
    if not text:
        return list(found)
    return ask(text[2:], [*found, request(text[:2])])
""",
    "with a list that the first call makes": """
def parts(text, found):
    found.append(request(text[:2]))
    if text[2:]:
        parts(text[2:], found)


def ask(text):
    found = []
    parts(text, found)
    return found
""",
    "once more, counted": """
class Asker:
    def __init__(self):
        self.calls = {"small": 0, "large": 0}

    def ask(self, text, size="small"):
        self.calls[size] += 1
        answer = request(f"{size} {text}")
        if size == "small" and "cup" not in text:
            return self.ask(text, size="large")
        return answer


asker = Asker()


def ask(text):
    try:
        return asker.ask(text)
    except openai.BadRequestError:
        return None
""",
    "beside a count that every call raises": """
CALLS = {"all": 0}


def ask(text):
    CALLS["all"] += 1
    answer = request(text[:2].replace("re", "te"))
    return answer + ask(text[2:]) if text[2:] else answer
""",
}
LEFT = {
    "parts of what all have said": """
def ask(text):
    if len(text) < 2:
        LOG.append(request(text + "".join(LOG)))
        return LOG[-1]
    return ask(text[1:]) + ask(text[:1])
""",
    "one list for all, by its default": """
def ask(text, found=[]):
    if not text:
        return len(found)
    found.append(request(text[:2] + str(len(found))))
    return ask(text[2:])
""",
    "one list for all, where it calls itself": """
def parts(text, found):
    found.append(request(text[:2] + str(len(found))))
    return parts(text[2:], LOG) if text[2:] else len(found)


def ask(text):
    return parts(text, [])
""",
    "the place of the one before": """
def note(number, text):
    if len(LOG) <= number:
        LOG.append("")
    if number:
        return note(number - 1, text + LOG[number - 1])
    LOG[number] = request(text)
    return LOG[number]


def ask(text):
    return note(TEXTS.index(text), text)
""",
    "another object of its class": """
class Desk:
    def __init__(self, other=None):
        self.other, self.said = other, []

    def ask(self, text):
        if self.other is not None and len(text) > 3:
            return self.other.ask(text)
        self.said.append(request(text + str(len(self.said))))
        return self.said[-1]


desk = Desk(Desk())


def ask(text):
    return desk.ask(text)
""",
    "by way of each other": """
def ask(text):
    return request(text) if len(text) < 3 else half(text)


def half(text):
    return ask(text[:2]) + ask(text[2:])
""",
    "by another function than before": """
def twice(text):
    return request(text + text)


def apply(text, how):
    answer = how(text)
    return apply(text, twice) if len(answer) < 2 else answer


def ask(text):
    return apply(text, request)
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
def test_what_leads_to_other_items_is_left(name: str) -> None:
    check_noop(HEAD + LEFT[name] + RUN, "dependent-iterations")


NOTES = """
NOTES = ["", "a", "b", "c"]


def note(number, text):
    NOTES[number] = text
    if number:
        note(number - 1, text)


def ask(number, text):
    answer = request(NOTES[number] + text)
    note(number, answer)
    return answer


for number, text in enumerate(TEXTS):
    print(text, ask(number, text))
"""


def test_what_a_helper_hands_itself_is_no_longer_the_items_own() -> None:
    check_noop(HEAD + NOTES, "dependent-iterations")


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
