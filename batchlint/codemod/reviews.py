"""What a rewrite comes to, for whoever reviews it: the calls it moves, its batches, and what to look at."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import NamedTuple

from batchlint.codemod.blocks import Comprehension, awaits
from batchlint.codemod.changes import Fanout
from batchlint.codemod.phases import MANY, Phases
from batchlint.facts import FunctionId
from batchlint.graph import Graph

_LOOPS = ast.For | ast.AsyncFor | ast.While
_STAYING = re.compile(r"requests of the loop at (?P<loop>\S+) stay realtime: (?P<why>.*)", re.DOTALL)
_REPEATED = re.compile(r"one batch for each turn of the loop at \S+, because ")
_DRIVERS = re.compile(r"Batch|batch_|gather_batch$|as_completed_batch$")

Key = tuple[str, int, int]


class Review(NamedTuple):
    """One fan-out that becomes a driver.

    `rounds`: batches in turn that a run makes, None where only the run knows. `is_repeated`: whether a loop runs it.
    """

    path: str
    line: int
    function: str
    calls: tuple[Key, ...]
    rounds: int | None
    is_repeated: bool
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
    from batchlint.codemod.writing import replaced  # with LibCST, for which a check has no use

    generators = replaced(graph, list(by_id.values()))
    found = [_review(graph, fanout, calls[number], generators) for number, fanout in by_id.items()]
    return sorted(found, key=lambda review: (review.path, review.line))


def _review(graph: Graph, fanout: Fanout, calls: list[Key], generators: Set[FunctionId]) -> Review:
    assert isinstance(fanout.node, ast.expr | ast.stmt)
    notes = list(fanout.notes)
    for id in sorted(fanout.twins & generators):
        # What stands in a file of its own may be imported by code that was not read.
        if id.path != fanout.function.path and not graph.function(id).name.startswith("_"):
            notes.append(f"`{Graph.label(id)}` ({id.path}) becomes a generator: only the rewritten code calls it")
    if any(changes.unwrapped for changes in fanout.changes.values()):
        notes.append("limits on how many calls run at once are gone from around the requests")
    around = _around(graph, fanout)
    if around is not None:
        why = f": {fanout.alone}" if fanout.alone else ""
        notes.append(f"each round of the loop in line {around} makes batches of its own, one after the other{why}")
    return Review(
        path=fanout.function.path,
        line=fanout.node.lineno,
        function=Graph.label(fanout.function),
        calls=tuple(sorted(calls)),
        rounds=_rounds(fanout),
        is_repeated=around is not None or any(map(_REPEATED.match, notes)),
        providers=tuple(sorted(fanout.providers)),
        notes=tuple(_together(dict.fromkeys(notes))),
    )


def _around(graph: Graph, fanout: Fanout) -> int | None:
    """The line of the innermost loop in which the driver runs."""
    id = fanout.function
    function = graph.function(id).node
    if isinstance(fanout.node, _LOOPS | Comprehension):
        drivers = {fanout.node.lineno}
    else:
        renames = fanout.changes[id.path].renames if id.path in fanout.changes else {}
        drivers = {place[0] for place, name in renames.items() if _DRIVERS.match(name)}
    loops = [n for n in ast.walk(function) if isinstance(n, _LOOPS) and n is not fanout.node]
    if fanout.is_async:  # what a loop starts runs when it awaits something
        loops = [n for n in loops if awaits([n])]
    lines = [n.lineno for n in loops if any(n.lineno < line <= (n.end_lineno or n.lineno) for line in drivers)]
    return max(lines, default=None)


def _together(notes: Iterable[str]) -> Iterator[str]:
    """The notes, with the loops in one that stay realtime for the same reason."""
    staying: dict[str, list[str]] = {}
    for note in notes:
        if found := _STAYING.fullmatch(note):
            staying.setdefault(found["why"], []).append(found["loop"])
        else:
            yield note
    for why, loops in staying.items():
        *others, last = loops
        which = f"loops at {', '.join(others)} and {last}" if others else f"loop at {last}"
        yield f"requests of the {which} stay realtime: {why}"


def _rounds(fanout: Fanout) -> int | None:
    """How many requests an item makes in turn; None where a loop decides."""
    if not isinstance(fanout.iteration, Phases):
        return fanout.rounds
    steps = [step for step in fanout.iteration.steps if step.counts]
    rounds = max(max(step.counts) + (step.request is not None) for step in steps)
    return rounds if rounds < MANY else None
