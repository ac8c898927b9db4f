"""GitHub Actions annotations: `::warning file=...,line=...::message`.

GitHub shows ten warnings and ten errors of a step, so the highest scores come first.
Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands, 2026-11-23.
"""

from __future__ import annotations

from batchlint.findings import Finding
from batchlint.reporters.view import View, closing, offer, rewrite


def render(view: View) -> str:
    lines = [
        f"::error file={_property(e.path)},line={e.line},title=batchlint::{_text(e.message)}"
        for e in view.report.errors
    ]
    lines += [_warning(f) for f in sorted(view.report.findings, key=lambda f: -f.site.score)]
    return "\n".join([*lines, closing(view)]) + "\n"


def _warning(finding: Finding) -> str:
    site = finding.site
    place = (
        f"file={_property(finding.path)},line={finding.line},endLine={site.end_line},col={finding.column}"
        f",title={_property(f'batchlint {finding.code}')}"
    )
    parts = [f"{finding.path}:{finding.line}: {finding.message}", offer(site), rewrite(site)]
    return f"::warning {place}::{_text(chr(10).join(part for part in parts if part))}"


def _text(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _text(text).replace(":", "%3A").replace(",", "%2C")
