"""One finding per decision: which of the call sites on one chain stands for it.

A loop that calls a helper that calls the SDK is two call sites and one decision. The lowest site stands for it, where
the code is that changes. A helper that several loops or functions share is a decision at each of them, so these stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from batchlint.findings import CallSite

Place = tuple[str, int]
Callers = dict[int, list[CallSite]]


def standing(sites: Sequence[CallSite]) -> list[CallSite]:
    """The sites of one verdict that stand for a decision each, in the given order."""
    by_place: dict[Place, list[CallSite]] = {}
    for site in sites:
        by_place.setdefault((site.path, site.line), []).append(site)
    callers: Callers = {}
    lowest: list[CallSite] = []
    for site in sites:
        below = _below(site, by_place)
        for callee in below:
            callers.setdefault(id(callee), []).append(site)
        if not below:
            lowest.append(site)
    chosen = {id(site) for low in lowest for site in _resolve(low, callers, set())}
    return [site for site in sites if id(site) in chosen]


def _below(site: CallSite, by_place: dict[Place, list[CallSite]]) -> list[CallSite]:
    """The nearest sites on the way down to the SDK call."""
    for step in site.via:
        at = [s for s in by_place.get((step.path, step.line), ()) if s is not site and len(s.via) < len(site.via)]
        if at:
            return [s for s in at if s.call == step.what] or at
    return []


def _resolve(site: CallSite, callers: Callers, seen: set[int]) -> list[CallSite]:
    """The sites that stand for `site` and all that call it."""
    seen.add(id(site))
    above: list[CallSite] = []
    for caller in callers.get(id(site), ()):
        if id(caller) not in seen:
            above += _resolve(caller, callers, seen)
    if not above:
        return [site]
    rewritable = any(caller.rewrite.available for caller in above)
    if site.rewrite.available and not rewritable:
        return [site]
    return above if _decisions(above) > 1 or (rewritable and not site.rewrite.available) else [site]


def _decisions(sites: Iterable[CallSite]) -> int:
    """How many decisions the sites are: one per loop or fan-out, one per function where there is none."""
    places: set[tuple[str, int | str]] = set()
    for site in sites:
        many = next((factor for factor in site.factors if factor.name == "many"), None)
        places.add((many.path, many.line) if many else (site.path, site.function))
    return len(places)
