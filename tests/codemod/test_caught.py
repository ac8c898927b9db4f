"""Errors by what an answer says: caught around the loop they end it, so that what comes after is not to be bought."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

HEAD = """\
import sys
from contextlib import suppress

from openai import OpenAI, OpenAIError

client = OpenAI()
WORDS = ["tea", "cup", "jam"]
found = []


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


"""
LOOP = "for word in WORDS:\n        found.append(int(ask(word)))"
ENDED = {
    "suppress": f"with suppress(ValueError):\n    {LOOP}",
    "handler": f"try:\n    {LOOP}\nexcept ValueError:\n    print('no number')",
    "one of several": f"try:\n    {LOOP}\nexcept OpenAIError:\n    raise\nexcept (KeyError, ValueError):\n    pass",
    "comprehension": "with suppress(ValueError):\n    found = [int(ask(word)) for word in WORDS]",
}


@pytest.mark.parametrize("loop", ENDED.values(), ids=ENDED)
def test_an_expected_error_ends_the_loop(loop: str) -> None:
    check_noop(HEAD + loop + "\nprint(found)\n", "early-stop")


def test_an_inner_loop_goes_on_one_by_one() -> None:
    check_noop(
        HEAD + "for group in (WORDS, WORDS):\n    try:\n        for word in group:\n"
        "            found.append(int(ask(word)))\n    except ValueError:\n        continue\nprint(found)\n"
    )


def test_errors_that_end_the_program_or_the_item_do_not(tmp_path: Path) -> None:
    program = """
        try:
            for word in WORDS:
                found.append(len(ask(word)))
        except ValueError:
            print("no number")
            sys.exit(1)
        try:
            for word in WORDS:
                with suppress(ValueError):
                    found.append(int(ask(f"inner {word}")))
        except OpenAIError as error:
            print("failed", error)
        try:
            print("nothing")
        except ValueError:
            print([ask(f"handler {word}") for word in WORDS])
        else:
            print([ask(f"else {word}") for word in WORDS])
        print(found)
        """
    check_runs_alike(HEAD + textwrap.dedent(program), tmp_path)
