"""Functions that a parameter is called with by default: `def collect(texts, ask=ask)`."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

LLM = """\
from openai import OpenAI

client = OpenAI()


def ask(text, tone="dry"):
    return client.responses.create(model="gpt-5-mini", input=f"{tone}: {text}").output_text


def shout(text, tone="loud"):
    return client.responses.create(model="gpt-5-mini", input=f"{tone}! {text}").output_text
"""
COLLECT = """\
import llm

TEXTS = ["tea", "cup", "", "jam", "tea"]


def collect(texts, ask=llm.ask):
    return {text: ask(text, "warm") for text in texts if text}


"""
ALIKE = {
    "by nothing else": "print(collect(TEXTS))\n",
    "by another one too": "print(collect(TEXTS), collect(TEXTS, llm.shout))\n",
    "by what asks nothing too": (
        "def plain(text, tone):\n    return text + tone\n\n\nprint(collect(TEXTS), collect(TEXTS, ask=plain))\n"
    ),
}
LEFT = {
    "by what is not written down": "given = [TEXTS, llm.shout]\nprint(collect(TEXTS), collect(*given))\n",
    "by what comes with a name": "given = {'ask': llm.shout}\nprint(collect(TEXTS), collect(TEXTS, **given))\n",
    "by what is asked for": "print(collect(TEXTS), collect(TEXTS, getattr(llm, 'sh' + 'out')))\n",
}


@pytest.mark.parametrize("name", ALIKE)
def test_a_parameter_is_called_with_its_default(name: str, tmp_path: Path) -> None:
    alike = check_runs_alike({"app.py": COLLECT + ALIKE[name], "llm.py": LLM}, tmp_path)
    assert "run_batch(" in alike.rewritten.files["app.py"]


@pytest.mark.parametrize("name", LEFT)
def test_what_else_may_be_given_stays(name: str) -> None:
    check_noop({"app.py": COLLECT + LEFT[name], "llm.py": LLM})


def test_the_default_is_called_by_its_name_elsewhere_too(tmp_path: Path) -> None:
    program = COLLECT + "print(collect(TEXTS), llm.ask('alone'))\n"
    alike = check_runs_alike({"app.py": program, "llm.py": LLM}, tmp_path, realtime=1)
    assert "ask=llm.ask_batch)" in alike.rewritten.files["app.py"]


STATE = """\
from openai import OpenAI

client = OpenAI()
TEXTS = ["tea", "cup", "jam"]
STATE = {state}


def prompt(text, seen=STATE):
    return f"{{text}} {{seen}}"


for text in TEXTS:
    answer = client.responses.create(model="gpt-5-mini", input=prompt(text)).output_text
    {kept}
    print(answer)
"""


@pytest.mark.parametrize(
    ("state", "kept"),
    [
        ("('calm', [])", "STATE[1].append(answer)"),
        ("('calm', {})", "STATE[1][text] = answer"),
        ("client", "client.seen = 1"),
    ],
)
def test_a_default_that_the_answers_change_stays(state: str, kept: str) -> None:
    check_noop(STATE.format(state=state, kept=kept), "dependent-iterations")


@pytest.mark.parametrize("state", ["('calm', 'dry')", "('calm', ('dry', 1))"])
def test_a_default_that_nothing_can_change_is_no_reason(state: str, tmp_path: Path) -> None:
    check_runs_alike(STATE.format(state=state, kept="pass"), tmp_path)
