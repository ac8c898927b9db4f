"""The JSON contract, version 1: call sites with their evidence, findings, errors, and a summary."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from batchlint.reporters.view import View


def render(view: View) -> str:
    report = view.report
    document = {
        "version": 1,
        "call_sites": [site.to_dict() for site in view.sites],
        "findings": findings(view),
        "errors": [error.to_dict() for error in report.errors],
        "summary": summary(view),
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def render_lines(view: View) -> str:
    """One object a line, each with its `type`: call_site, finding, error, and one summary at the end."""
    objects = [
        *({"type": "call_site", **site.to_dict()} for site in view.sites),
        *({"type": "finding", **finding} for finding in findings(view)),
        *({"type": "error", **error.to_dict()} for error in view.report.errors),
        {"type": "summary", **summary(view)},
    ]
    return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in objects)


def findings(view: View) -> list[dict[str, Any]]:
    marks = view.fingerprints
    return [
        {"code": f.code, "path": f.path, "line": f.line, "column": f.column, "message": f.message, "fingerprint": mark}
        for f, mark in zip(view.report.findings, marks, strict=True)
    ]


def summary(view: View) -> dict[str, Any]:
    report = view.report
    verdicts = Counter(str(site.verdict) for site in report.counted)
    return {
        "files": report.files_checked,
        "call_sites": len(report.counted),
        "batchable": verdicts["batchable"],
        "realtime": verdicts["realtime"],
        "unclear": verdicts["unclear"],
        "findings": len(report.findings),
        "rewritable": sum(f.site.rewrite.available for f in report.findings),
        "hidden": view.hidden,
        "errors": len(report.errors),
    }
