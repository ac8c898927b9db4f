"""Which calls give what another iterable holds, by the last part of their name: `tqdm(rows)`, `enumerate(rows)`.

Each set has its rows in data/iterables, with what the calls of its kind give.
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
