"""One line per finding: `path:line:column: CODE message`."""

from __future__ import annotations

from batchlint import rules
from batchlint.findings import CallSite
from batchlint.reporters.view import View, closing, counts


def render(view: View) -> str:
    report = view.report
    lines = [f"{e.path}:{e.line}:1: error: {e.message}" for e in report.errors]
    if view.statistics:
        lines += statistics(view)
    else:
        lines += [f"{f.path}:{f.line}:{f.column}: {f.code} {f.message}" for f in report.findings]
    if view.all_calls:
        lines += [_call(site) for site in report.call_sites]
    if not view.quiet:
        lines.append(closing(view))
    return "".join(f"{line}\n" for line in lines)


def _call(site: CallSite) -> str:
    return f"{site.path}:{site.line}:{site.column}: {site.verdict} {site.score} {site.call} ({site.provider})"


def statistics(view: View) -> list[str]:
    """Findings per rule, the most frequent first, as ruff and flake8 count."""
    found = counts(view.report.findings)
    width = max((len(f"{count:,}") for _, count in found), default=1)
    return [f"{count:>{width},}  {code}  {rules.RULES[code].summary}" for code, count in found]
