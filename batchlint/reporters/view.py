"""What every format shows: a report with paths as the user sees them, and the sentences that formats share."""

from __future__ import annotations

import tokenize
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from batchlint.findings import CallSite, Context, Factor, FileError, Finding, Latency, Report, Step, Verdict
from batchlint.fingerprints import fingerprints


class View(NamedTuple):
    """A report and how to show it.

    `line(path, number)` gives a source line or None; `hidden` counts findings that the baseline knows; `color` and
    `width` matter to the terminal format alone.
    """

    report: Report
    line: Callable[[str, int], str | None] = lambda path, number: None
    all_calls: bool = False
    statistics: bool = False
    hidden: int = 0
    quiet: bool = False
    """Without the closing line."""
    color: bool = False
    width: int = 110
    marks: tuple[str, ...] = ()
    """The findings' fingerprints, made before the paths were changed for showing."""

    @property
    def fingerprints(self) -> tuple[str, ...]:
        return self.marks or tuple(fingerprints(self.report.findings))

    @property
    def sites(self) -> list[CallSite]:
        """The call sites to show: all of them, or those with a finding."""
        if self.all_calls:
            return list(self.report.call_sites)
        return list(dict.fromkeys(finding.site for finding in self.report.findings))


def relocate(report: Report, show: Callable[[str], str]) -> Report:
    """The report with every path put through `show`."""
    if show("a.py") == "a.py":
        return report

    def step(item: Step) -> Step:
        return item._replace(path=show(item.path))

    def factor(item: Factor) -> Factor:
        return item._replace(path=show(item.path))

    def context(item: Context) -> Context:
        return item._replace(chain=tuple(step(s) for s in item.chain))

    moved = {
        id(site): site._replace(
            path=show(site.path),
            factors=tuple(factor(f) for f in site.factors),
            contexts=tuple(context(c) for c in site.contexts),
            via=tuple(step(s) for s in site.via),
        )
        for site in (*report.call_sites, *(f.site for f in report.findings))
    }
    return report._replace(
        call_sites=tuple(moved[id(site)] for site in report.call_sites),
        findings=tuple(replace(f, path=show(f.path), site=moved[id(f.site)]) for f in report.findings),
        errors=tuple(FileError(show(e.path), e.line, e.message) for e in report.errors),
    )


def file_lines(base: Path, texts: Mapping[str, str] | None = None) -> Callable[[str, int], str | None]:
    """A reader of source lines under `base`: honours PEP 263, keeps the files it read, None where there is no line.

    `texts` holds what to take instead of the file on disk.
    """

    @lru_cache(maxsize=64)
    def lines(path: str) -> list[str]:
        if texts and path in texts:
            return texts[path].splitlines()
        try:
            with tokenize.open(base / path) as file:
                return file.read().splitlines()
        except (OSError, SyntaxError, UnicodeDecodeError):
            return []

    def line(path: str, number: int) -> str | None:
        found = lines(path)
        return found[number - 1] if 0 < number <= len(found) else None

    return line


# -- sentences
def percent(share: float) -> str:
    return f"{share * 100:.0f} %" if abs(share * 100 - round(share * 100)) < 0.05 else f"{share * 100:.1f} %"


def offer(site: CallSite) -> str:
    """What the batch tier would change; promises nothing where no tier is on record."""
    tier = site.batch
    if tier is None or tier.discount <= 0:
        return f"no batch tier on record for {site.provider} {site.endpoint}: nothing promised"
    window = f"within {tier.window_hours} h" if tier.window_hours else "without a fixed window"
    return f"{site.provider} batch API, {site.endpoint}: {percent(tier.discount)} less, answers {window}"


def offer_source(site: CallSite) -> str:
    return f"{site.batch.source}, {site.batch.checked}" if site.batch else ""


def rewrite(site: CallSite) -> str:
    """Whether `fix` can rewrite the call, or the named reason why not."""
    detail = f": {site.rewrite.detail}" if site.rewrite.detail else ""
    if site.rewrite.available:
        return f"`batchlint fix` rewrites it ({site.rewrite.strategy or 'batch'}){detail}"
    if site.rewrite.reason:
        return f"not rewritten ({site.rewrite.reason}){detail}"
    if site.rounds:
        return "not planned here: what is rewritten stands further down, where the requests are"
    return ""


def refusal(finding: Finding) -> str:
    """The one line that names a refusal."""
    reason = finding.site.rewrite.reason or "no-plan"
    detail = finding.site.rewrite.detail or "no rewrite is known for this shape"
    return f"{finding.path}:{finding.line}:{finding.column}: {finding.code} not rewritten ({reason}): {detail}"


def why(site: CallSite, limit: int = 2) -> list[str]:
    """The strongest reasons for the verdict, without repetition."""
    sign = -1 if site.verdict is Verdict.REALTIME else 1
    ranked = sorted((f for f in site.factors if f.weight * sign > 0), key=lambda f: -abs(f.weight))
    return list(dict.fromkeys(f.reason for f in ranked))[:limit]


def budget(latency: Latency | None) -> str:
    return str(latency) if latency is not None else "unknown"


def closing(view: View) -> str:
    """The last line: how many findings, how many `fix` can rewrite."""
    report = view.report
    count, files = len(report.findings), report.files_checked
    if not count:
        text = f"No realtime calls that could wait, in {plural(files, 'file')}."
    else:
        fixable = sum(f.site.rewrite.available for f in report.findings)
        is_open = any(f.site.rewrite.reason == "not-planned" for f in report.findings)
        text = f"Found {plural(count, 'finding')} in {plural(files, 'file')}"
        told = f"`batchlint fix` can rewrite {fixable or 'none of them'}"
        if is_open:
            told = f"`batchlint fix --diff` tells which it can rewrite, at least {fixable}"
        text += f"; {told}."
    if view.hidden:
        text += f" {plural(view.hidden, 'known finding')} hidden."
    if report.errors:
        text += f" {plural(len(report.errors), 'file')} could not be read."
    return text


def plural(count: int, word: str) -> str:
    return f"{count:,} {word}" + ("" if count == 1 else "s")


def counts(findings: Iterable[Finding]) -> list[tuple[str, int]]:
    """Findings per code, the most frequent first."""
    return sorted(Counter(f.code for f in findings).items(), key=lambda pair: (-pair[1], pair[0]))
