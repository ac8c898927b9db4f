"""One finding per decision: which of the call sites on one chain stands for it.

A loop that calls a helper that calls the SDK is two call sites and one decision. The lowest site stands for it, where
the code is that changes. A helper that several loops or functions share is a decision at each of them, so these stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from batchlint.findings import CallSite

Place = tuple[str, int]
Links = dict[int, list[CallSite]]
"""Sites by the identity of a site next to them on a chain."""


class Decision(NamedTuple):
    """The site that stands for a decision, and those on its chain that do not stand for themselves."""

    site: CallSite
    others: tuple[CallSite, ...]


def decisions(sites: Sequence[CallSite]) -> list[Decision]:
    """The decisions that sites of one verdict come to, in the order of the sites that stand for them."""
    by_place: dict[Place, list[CallSite]] = {}
    for site in sites:
        by_place.setdefault((site.path, site.line), []).append(site)
    links: Links = {}
    callers: Links = {}
    lowest: list[CallSite] = []
    for site in sites:
        below = _below(site, by_place)
        links[id(site)] = below
        for callee in below:
            callers.setdefault(id(callee), []).append(site)
        if not below:
            lowest.append(site)
    standing = {id(site) for low in lowest for site in _resolve(low, callers, set())}
    found = []
    for site in sites:
        if id(site) in standing:
            chain = [*_closure(site, links), *_closure(site, callers)]
            found.append(Decision(site, tuple(other for other in chain if id(other) not in standing)))
    return found


def _closure(site: CallSite, links: Links) -> list[CallSite]:
    """All that is linked to the site, over any number of links."""
    found: dict[int, CallSite] = {}
    waiting = list(links.get(id(site), ()))
    while waiting:
        other = waiting.pop()
        if id(other) not in found and other is not site:
            found[id(other)] = other
            waiting += links.get(id(other), ())
    return list(found.values())


def _below(site: CallSite, by_place: dict[Place, list[CallSite]]) -> list[CallSite]:
    """The nearest sites on the way down to the SDK call."""
    for step in site.via:
        at = [s for s in by_place.get((step.path, step.line), ()) if s is not site and len(s.via) < len(site.via)]
        if at:
            return [s for s in at if s.call == step.what] or at
    return []


def _resolve(site: CallSite, callers: Links, seen: set[int]) -> list[CallSite]:
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
    if rewritable and not site.rewrite.available:
        return above
    if _decisions(above) < 2:
        return [site]
    # What only leads to the site's loop is that loop's decision, whoever else goes through it again and again.
    kept = [each for each in above if each.shape != "wrapper" or _loop(each) != _loop(site) or not _loop(each)]
    return above if len(kept) == len(above) else [*kept, site]


def _decisions(sites: Iterable[CallSite]) -> int:
    """How many decisions the sites are: one per loop or fan-out, one per function where there is none."""
    places: set[tuple[str, int | str]] = set()
    for site in sites:
        places.add(_loop(site) or (site.path, site.function))
    return len(places)


def _loop(site: CallSite) -> Place | None:
    """Where the loop stands that repeats the call."""
    return next(((factor.path, factor.line) for factor in site.factors if factor.name == "many"), None)
