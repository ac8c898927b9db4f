"""Values that depend on one another are worked out in a bounded number of steps."""

from __future__ import annotations

import pytest

from batchlint.symbols.memo import Memo
from batchlint.values import NOTHING, Text, Values


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
