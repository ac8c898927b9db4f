"""Values that depend on one another are worked out in a bounded number of steps."""

from __future__ import annotations

import itertools

import pytest

from batchlint.symbols.memo import Memo
from batchlint.values import NOTHING, Ext, Text, Values, telling

from .verdicts import verdict


def worked_out(names: str, known: dict[str, str]) -> tuple[dict[str, Values], int]:
    """The values of names that each may be any of the others, and how often one was worked out."""
    memo, steps = Memo(), 0

    def values(name: str) -> Values:
        nonlocal steps
        steps += 1
        own = frozenset({Text(known[name])}) if name in known else NOTHING
        return own.union(*(memo.once(other, values, other) for other in names if other != name))

    return {name: memo.once(name, values, name) for name in names}, steps


@pytest.mark.parametrize("known", [{}, {"a": "x"}, {"n": "x"}, {"a": "x", "h": "y"}])
def test_names_that_all_depend_on_one_another(known: dict[str, str]) -> None:
    found, steps = worked_out("abcdefghijklmn", known)
    assert set(found.values()) == {frozenset(map(Text, known.values()))}
    assert steps < 20_000


def test_what_is_asked_within_an_open_cycle_is_known_to_be_in_part_only() -> None:
    memo = Memo()
    seen: list[tuple[Values, bool]] = []

    def inner() -> Values:
        return memo.once("outer", outer)

    def outer() -> Values:
        seen.append(memo.in_full(lambda: memo.once("inner", inner)))
        return frozenset({Text("x")})

    assert memo.in_full(lambda: memo.once("outer", outer)) == (frozenset({Text("x")}), True)
    assert seen[0] == (NOTHING, False)
    assert memo.in_full(lambda: memo.once("inner", inner)) == (frozenset({Text("x")}), True)
    assert not memo.is_open


def test_of_very_many_paths_into_one_library_the_shortest_are_kept() -> None:
    few = frozenset({Ext("openai.OpenAI().chat.completions.create"), Text("x")})
    steps = ["drop", "query", "merge", "rename", "fillna"]
    ways = frozenset(
        Ext("pandas.read_csv()" + "".join(f".{step}()" for step in each))
        for length in range(5)
        for each in itertools.product(steps, repeat=length)
    )
    kept = telling(few | ways)
    assert few < kept
    assert len(kept) < 200 < len(ways)
    assert max(kept - few, key=lambda each: each.path.count(".")).path.count(".") == 4
    assert telling(kept) == kept


STEPS = """
import pandas as pd
from llm import ask

{altering}

def label(df):
    for alter in ({names}):
        df = alter(df)
    return df["text"].{applied}(ask)  # !

if __name__ == "__main__":
    label(pd.read_csv("texts.csv"))
"""


@pytest.mark.parametrize(("applied", "expected"), [("apply", "batchable"), ("describe", "realtime")])
def test_what_is_done_with_a_frame_that_many_functions_alter_is_known(applied: str, expected: str) -> None:
    steps = ["drop", "query", "merge", "rename", "fillna", "sample", "astype"]
    altering = "\n".join(
        f"def {step}_it(df):\n    df = df.{step}('a')\n    return df if df.empty else {after}_it(df)\n"
        for step, after in zip(steps, [*steps[1:], steps[0]], strict=True)
    )
    names = ", ".join(f"{step}_it" for step in steps)
    assert verdict(STEPS.format(altering=altering, names=names, applied=applied)) == expected
