"""JUnit XML: a failed case per finding, an error per unreadable file, one passed case where there is neither."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

from batchlint.findings import Finding
from batchlint.reporters.view import View, offer, rewrite, why


def render(view: View) -> str:
    report = view.report
    cases = [_failure(finding) for finding in report.findings]
    for error in report.errors:
        name = _attribute(f"{error.path}:{error.line}")
        body = f"<error message={_attribute(error.message)}/>"
        cases.append(f"    <testcase name={name} classname={_attribute(error.path)}>{body}</testcase>")
    if not cases:
        cases.append('    <testcase name="batchlint" classname="batchlint"/>')
    counts = f'tests="{len(cases)}" failures="{len(report.findings)}" errors="{len(report.errors)}"'
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f"<testsuites {counts}>",
            f'  <testsuite name="batchlint" {counts}>',
            *cases,
            "  </testsuite>",
            "</testsuites>\n",
        ]
    )


def _failure(finding: Finding) -> str:
    site = finding.site
    text = "\n".join(line for line in [*why(site), offer(site), rewrite(site)] if line)
    return (
        f"    <testcase name={_attribute(f'{finding.code} {finding.path}:{finding.line}:{finding.column}')}"
        f" classname={_attribute(finding.path)} file={_attribute(finding.path)} line={_attribute(str(finding.line))}>\n"
        f"      <failure type={_attribute(finding.code)} message={_attribute(finding.message)}>"
        f"{escape(_legal(text))}</failure>\n    </testcase>"
    )


def _legal(text: str) -> str:
    """Without the characters that XML 1.0 forbids."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)


def _attribute(text: str) -> str:
    return quoteattr(_legal(text))
