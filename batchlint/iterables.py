"""Which calls give what another iterable holds, by the last part of their name: `tqdm(rows)`, `enumerate(rows)`.

Each set has its rows in data/iterables, with what the calls of its kind give; `PASSING` has those of single functions.
"""

from __future__ import annotations

from batchlint.datafiles import document


def _of_kind(kind: str) -> frozenset[str]:
    rows = document("iterables", "calls")["calls"]
    return frozenset(name for row in rows if row["kind"] == kind for name in row["names"])


BARS = _of_kind("bars")
ITERATORS = _of_kind("iterators")
COPIES = _of_kind("copies")
REORDERED = _of_kind("reordered")
COUNTED = _of_kind("counted")
PAIRED = _of_kind("paired")
CHUNKED = _of_kind("chunked")
NUMBERS = _of_kind("numbers")

SAME = BARS | ITERATORS | COPIES | REORDERED
"""What gives the items of its first argument, one for one."""
EACH = SAME | COUNTED
"""The same, also behind its number."""
LAZY = BARS | ITERATORS | COUNTED
"""What draws an item from its first argument where one is drawn from itself."""

PASSING: dict[str, str] = {
    path: row["gives"] for row in document("iterables", "passing")["passing"] for path in row["paths"]
}
"""By the path of a function what it gives of what its arguments hold."""


def _last(gives: str) -> frozenset[str]:
    return frozenset(path.rpartition(".")[2] for path, given in PASSING.items() if given == gives)


CROSSED = _last("crossed")
SEVERAL = CROSSED | _last("overlapping")
"""What gives the same item in several tuples, by the last part of its name."""
