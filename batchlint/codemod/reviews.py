"""What a rewrite comes to, for whoever reviews it: the calls it moves, its batches, and what to look at."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import NamedTuple

from batchlint.codemod.changes import Fanout
from batchlint.codemod.phases import MANY, Phases
from batchlint.graph import Graph

Key = tuple[str, int, int]


class Review(NamedTuple):
    """One fan-out that becomes a driver. `rounds`: batches in turn that a run makes, None where only the run knows."""

    path: str
    line: int
    function: str
    calls: tuple[Key, ...]
    rounds: int | None
    providers: tuple[str, ...]
    notes: tuple[str, ...]


def reviews(graph: Graph, fanouts: Mapping[Key, tuple[Fanout, ...]]) -> list[Review]:
    """The fan-outs of all call sites (by path, line and column), in the order of their places."""
    calls: dict[int, list[Key]] = {}
    by_id: dict[int, Fanout] = {}
    for key, each in fanouts.items():
        for fanout in each:
            by_id[id(fanout)] = fanout
            calls.setdefault(id(fanout), []).append(key)
    found = [_review(graph, fanout, calls[number]) for number, fanout in by_id.items()]
    return sorted(found, key=lambda review: (review.path, review.line))


def _review(graph: Graph, fanout: Fanout, calls: list[Key]) -> Review:
    assert isinstance(fanout.node, ast.expr | ast.stmt)
    notes = list(fanout.notes)
    if any(changes.unwrapped for changes in fanout.changes.values()):
        notes.append("limits on how many calls run at once are gone from around the requests")
    return Review(
        path=fanout.function.path,
        line=fanout.node.lineno,
        function=Graph.label(fanout.function),
        calls=tuple(sorted(calls)),
        rounds=_rounds(fanout),
        providers=tuple(sorted(fanout.providers)),
        notes=tuple(dict.fromkeys(notes)),
    )


def _rounds(fanout: Fanout) -> int | None:
    """How many requests an item makes in turn; None where a loop decides, or the items are coroutines or a pool's."""
    if not isinstance(fanout.iteration, Phases):
        return None
    steps = [step for step in fanout.iteration.steps if step.counts]
    rounds = max(max(step.counts) + (step.request is not None) for step in steps)
    return rounds if rounds < MANY else None
