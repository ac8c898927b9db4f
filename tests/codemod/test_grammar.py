"""For every program of the grammar: either it is left alone, or the rewritten one does the same."""

from __future__ import annotations

import re

from hypothesis import event, given, note

from . import stub
from .grammar import pooling, programs
from .grammar_fillings import counting, filling
from .programs import rewrite


def check_alike(text: str) -> str:
    """Assert that the program is refused, or does the same with the same requests; says which."""
    done = rewrite(text)
    if done.files == done.before:
        return done.refusals[0][2].name if done.refusals else "no call"
    after_text = done.files["app.py"]
    before, after = stub.run(done.before["app.py"]), stub.run(after_text)
    assert (after.output, _plain(after.error)) == (before.output, _plain(before.error))
    if before.error:
        # The loop stopped at an error; what a batch has bought by then comes on top.
        assert not before.asked - after.asked
    else:
        assert after.asked == before.asked
        told = done.refusals or any("stay realtime" in note or "for each turn" in note for note in done.notes)
        assert not done.planned or told or after.realtime.total() <= _live(text)
    assert rewrite(after_text).files == {"app.py": after_text}
    return "rewritten"


def _live(text: str) -> int:
    """How many requests the helper makes for those who call it themselves."""
    body = text.partition("def ask(")[2].partition("\n\n\n")[0]
    return text.count('("live")') * max(body.count(".create("), 1)


def _plain(error: str) -> str:
    """The error; of a variable without a value only its name, as Python words it by the kind of the variable."""
    kind, _, text = error.partition(": ")
    return re.findall("'(.*?)'", text)[0] if kind in {"NameError", "UnboundLocalError"} else error


@given(programs())
def test_every_program_is_refused_or_does_the_same(text: str) -> None:
    note(text)
    event(check_alike(text))


@given(pooling())
def test_every_program_with_pools_is_refused_or_does_the_same(text: str) -> None:
    note(text)
    event(check_alike(text))


@given(filling())
def test_every_program_that_fills_lists_is_refused_or_does_the_same(text: str) -> None:
    note(text)
    event(check_alike(text))


@given(counting())
def test_every_program_that_counts_is_refused_or_does_the_same(text: str) -> None:
    note(text)
    event(check_alike(text))
