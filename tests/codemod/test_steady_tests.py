"""What a test guards, the same test finds bound further down, where it cannot come out in another way meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

PROGRAM = """\
import argparse
import os

from openai import OpenAI

client = OpenAI()
SHOW = "SHOW" not in os.environ
LOUD = False
parser = argparse.ArgumentParser()
parser.add_argument("--quiet", action="store_false")
parser.add_argument("--names", nargs="*", default=["tea"])
args = parser.parse_args()


def turn():
    global LOUD
    LOUD = not LOUD


def main(show: bool, names, deep=True):
    for text in ["tea", "cup", "jam"]:
        if {first}:
            note = text.upper()
        {between}
        answer = client.responses.create(model="gpt-5-mini", input=text).output_text
        if {second}:
            print(note)
        print(answer)


main(True, ["tea"])
"""


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("show", "show"),
        ("deep", "deep"),
        ("SHOW", "SHOW"),
        ("args.quiet", "args.quiet"),
        ("not show", "not show"),
        ("show", "show and answer"),
    ],
)
def test_the_same_test_finds_what_it_guards(first: str, second: str, tmp_path: Path) -> None:
    check_runs_alike(PROGRAM.format(first=first, between="pass", second=second), tmp_path)


@pytest.mark.parametrize(
    ("first", "between", "second"),
    [
        ("show", "pass", "deep"),
        ("show", "pass", "not show"),
        ("show", "pass", "show or deep"),
        ("show and deep", "pass", "show"),
        ("show", "show = text != 'tea'", "show"),
        ("show", "del show", "show"),
        ("names", "names.append(text)", "names"),
        ("LOUD", "turn()", "LOUD"),
        ("args.names", "args.names.clear()", "args.names"),
        ("args.quiet", "args.quiet = not args.quiet", "args.quiet"),
        ("args.quiet", "setattr(args, 'quiet', text == 'tea')", "args.quiet"),
        ("text in SEEN", "SEEN.add(text)", "text in SEEN"),
    ],
)
def test_a_test_that_may_come_out_otherwise_keeps_the_loop(first: str, between: str, second: str) -> None:
    program = PROGRAM.format(first=first, between=between, second=second).replace(
        "LOUD = False", "LOUD, SEEN = 0, set()"
    )
    assert check_noop(program, "dependent-iterations") is not None


def test_a_block_that_only_sometimes_binds_keeps_the_loop() -> None:
    program = PROGRAM.format(first="show", between="pass", second="show")
    check_noop(
        program.replace("note = text.upper()", "for note in text[3:]:\n                pass"), "dependent-iterations"
    )
