"""Wrappers that an agent, a session or somebody with items of his own asks as well: who does not wait tells of it."""

from __future__ import annotations

from collections.abc import Iterable

from batchlint.findings import CallSite, Factor, Verdict
from batchlint.named import NAMES
from batchlint.places import Trait

_WAITING = frozenset({"agent", "live_session"})
_Place = tuple[str, int]


def waited_for(calls: Iterable[CallSite]) -> dict[_Place, Trait]:
    """The places of batchable calls that another call leads to for somebody or something that waits, with what says so.

    Those that nothing else tells of stay out: a batchable call must lead there as well.
    """
    told: set[_Place] = set()
    waiting: dict[_Place, Trait] = {}
    for call in calls:
        below = [(step.path, step.line) for step in call.via]
        factor = _waiting(call)
        if call.verdict is Verdict.BATCHABLE and not call.rounds:
            told.update(below)
        elif factor is not None:
            reason = f"{call.function} asks it as well: {factor.reason}"
            trait = Trait(factor.name, reason, factor.path, factor.line)
            waiting |= {place: trait for place in below if place not in waiting}
    return {place: trait for place, trait in waiting.items() if place in told}


def _waiting(call: CallSite) -> Factor | None:
    """What has the call act on each answer at once, or who waits for it; tests may do so for their own ends."""
    if call.verdict is Verdict.BATCHABLE or any(factor.name == "test" for factor in call.factors):
        return None
    return next((each for each in call.factors if each.name in _WAITING or each.reason.startswith(NAMES)), None)
