"""The number to watch: realtime calls without a realtime latency requirement, and how they spread.

Every call site goes through a realtime endpoint; those with the verdict `batchable` have no need to. The share is
taken of all call sites, and of those that could be decided.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from batchlint import rules
from batchlint.findings import Report, Verdict

NAME = "realtime calls without a realtime latency requirement"


def measure(report: Report) -> dict[str, Any]:
    """The counts of one report; every key is always there, so that runs can be compared."""
    sites = report.counted
    batchable = [site for site in sites if site.verdict is Verdict.BATCHABLE]
    decided = sum(site.verdict is not Verdict.UNCLEAR for site in sites)
    kinds: dict[str, Counter[str]] = {}
    for site in sites:
        for kind in sorted({context.kind for context in site.contexts}) or ["none found"]:
            kinds.setdefault(kind, Counter())[str(site.verdict)] += 1
    by_rule = Counter(site.rule for site in batchable if site.rule)
    return {
        "version": 1,
        "metric": NAME,
        "value": len(batchable),
        "share": _share(len(batchable), len(sites)),
        "share_of_decided": _share(len(batchable), decided),
        "call_sites": len(sites),
        "verdicts": {str(verdict): sum(site.verdict is verdict for site in sites) for verdict in Verdict},
        "rules": {code: by_rule[code] for code in rules.RULES if not rules.RULES[code].on_request},
        "kinds": {kind: {str(v): count[str(v)] for v in Verdict} for kind, count in sorted(kinds.items())},
        "rewritable": sum(site.rewrite.available for site in batchable),
        "files": report.files_checked,
        "errors": len(report.errors),
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def as_json(numbers: dict[str, Any]) -> str:
    return json.dumps(numbers, indent=1) + "\n"


def as_text(numbers: dict[str, Any]) -> str:
    """The same numbers as short tables."""
    share = f"{numbers['share'] * 100:.1f} %" if numbers["share"] is not None else "no share"
    lines = [f"{NAME}: {numbers['value']} of {numbers['call_sites']} ({share}), {numbers['rewritable']} rewritable", ""]
    lines += [f"{name:<18}{count:>6}" for name, count in numbers["verdicts"].items()]
    lines += ["", *(f"{code:<18}{count:>6}  {rules.RULES[code].summary}" for code, count in numbers["rules"].items())]
    if numbers["kinds"]:
        lines += ["", f"{'reached from':<18}" + "".join(f"{verdict:>11}" for verdict in numbers["verdicts"])]
        lines += [f"{kind:<18}" + "".join(f"{n:>11}" for n in row.values()) for kind, row in numbers["kinds"].items()]
    if numbers["errors"]:
        lines += ["", f"{numbers['errors']} files could not be read"]
    return "\n".join(lines) + "\n"
