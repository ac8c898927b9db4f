"""Wrappers that an agent, or an open session, asks as well: those who do not wait tell of it themselves."""

from __future__ import annotations

from collections.abc import Iterable

from batchlint.findings import CallSite, Factor, Verdict
from batchlint.places import Trait

_WAITING = frozenset({"agent", "live_session"})
_Place = tuple[str, int]


def waited_for(calls: Iterable[CallSite]) -> dict[_Place, Trait]:
    """The places of batchable calls that another call leads to which acts on each answer at once, with what says so.

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
    """What has the call act on each answer at once; tests may do so for their own ends."""
    if call.verdict is Verdict.BATCHABLE or any(factor.name == "test" for factor in call.factors):
        return None
    return next((factor for factor in call.factors if factor.name in _WAITING), None)
