"""A Markdown report for a pull-request comment or a job summary."""

from __future__ import annotations

from batchlint.findings import Finding
from batchlint.reporters.view import View, closing, offer, plural, rewrite


def render(view: View) -> str:
    report = view.report
    lines = ["## batchlint", "", closing(view), ""]
    if report.findings:
        lines += ["| Where | Rule | Score | What | Batch tier | `fix` |", "|---|---|--:|---|---|---|"]
        lines += [_row(finding) for finding in report.findings]
        lines.append("")
    if report.errors:
        lines += [f"<details><summary>{plural(len(report.errors), 'file')} could not be read</summary>", ""]
        lines += [f"- `{e.path}:{e.line}`: {_cell(e.message)}" for e in report.errors]
        lines += ["", "</details>", ""]
    return "\n".join(lines)


def _row(finding: Finding) -> str:
    site = finding.site
    cells = [
        f"`{finding.path}:{finding.line}`",
        finding.code,
        str(site.score),
        finding.message,
        offer(site),
        rewrite(site) or "not tried",
    ]
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
