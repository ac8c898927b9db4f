"""Lists that a function makes for itself: what an earlier call of it returned is another one, though named the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

PROGRAM = """\
from openai import OpenAI

client = OpenAI()
KEPT = []


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


def run(items, results, number):
    failed = {made}
    {before}
    for item in items:
        answer = ask(f"{{item}} {{number}}")
        if "c" in answer:
            failed.append(item)
        else:
            results[item] = answer
    return failed


results = {{}}
failed = run(["tea", "cup", "jam", "pot"], results, 1)
if failed:
    failed = run(failed, results, 2)
print(results, failed)
"""


@pytest.mark.parametrize(("made", "before"), [("[]", "print(len(failed))"), ("list()", "failed.append('none')")])
def test_what_an_earlier_call_returned_is_gone_through_by_batch(made: str, before: str, tmp_path: Path) -> None:
    check_runs_alike(PROGRAM.format(made=made, before=before), tmp_path)


@pytest.mark.parametrize(
    ("made", "before"),
    [
        ("KEPT", "pass"),
        ("[]", "items = failed"),
        ("[]", "KEPT.append(failed)\n    items = KEPT[-1]"),
        ("[]", "both = (failed, items)\n    items = both[0]"),
        ("items", "pass"),
    ],
)
def test_a_list_that_may_be_gone_through_as_well_keeps_the_loop(made: str, before: str) -> None:
    check_noop(PROGRAM.format(made=made, before=before), "dependent-iterations")
