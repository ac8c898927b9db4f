"""GitLab Code Quality: a JSON list of issues.

Source: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format, 2026-11-23.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from batchlint.reporters.view import View


def render(view: View) -> str:
    marks = view.fingerprints
    issues = [
        _issue(f.code, f.message, "minor", mark, f.path, f.line, f.site.end_line)
        for f, mark in zip(view.report.findings, marks, strict=True)
    ]
    issues += [
        _issue("unreadable", e.message, "major", _mark(e.path, e.message), e.path, e.line, e.line)
        for e in view.report.errors
    ]
    return json.dumps(issues, indent=1, ensure_ascii=False) + "\n"


def _mark(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _issue(name: str, message: str, severity: str, mark: str, path: str, line: int, end: int) -> dict[str, Any]:
    return {
        "check_name": name,
        "description": message,
        "severity": severity,
        "fingerprint": mark,
        "location": {"path": path, "lines": {"begin": line, "end": end}},
    }
