"""SARIF 2.1.0 with relative URIs, fingerprints, and the chain from the entry point as a code flow.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/ and the limits of
https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support, 2026-11-23.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from batchlint import __version__, rules
from batchlint.findings import CallSite, FileError, Finding, Step
from batchlint.reporters.view import View, offer, rewrite, why

MAX_RESULTS = 5000  # GitHub keeps no more of one run
MAX_FLOWS = 10


def render(view: View) -> str:
    findings = sorted(view.report.findings, key=lambda f: (-f.site.score, f))
    marks = dict(zip(map(id, view.report.findings), view.fingerprints, strict=True))
    kept = findings[:MAX_RESULTS]
    index = {code: number for number, code in enumerate(rules.RULES)}
    notifications = [_notification(error) for error in view.report.errors]
    if len(findings) > MAX_RESULTS:
        text = f"{len(findings) - MAX_RESULTS} findings with the lowest scores are left out: the limit is {MAX_RESULTS}"
        notifications.append({"level": "warning", "message": {"text": text}})
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "batchlint",
                        "semanticVersion": __version__,
                        "rules": [_rule(rule) for rule in rules.RULES.values()],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notifications}],
                "results": [_result(f, index[f.code], marks[id(f)]) for f in kept],
            }
        ],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _rule(rule: type[rules.Rule]) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": (rule.__doc__ or "").split("\n")[0]},
        "help": {"text": rule.page(), "markdown": rule.page()},
        "defaultConfiguration": {"level": "note" if rule.on_request else "warning"},
    }


def _result(finding: Finding, index: int, mark: str) -> dict[str, Any]:
    site = finding.site
    sentences = [finding.message, *why(site), offer(site), rewrite(site)]
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": "note" if rules.RULES[finding.code].on_request else "warning",
        "rank": float(site.score),
        "message": {"text": "\n".join(s for s in sentences if s)},
        "locations": [_site_location(site)],
        "partialFingerprints": {"primaryLocationLineHash": f"{mark}:1"},
        "properties": {"provider": site.provider, "endpoint": site.endpoint, "score": site.score, "shape": site.shape},
    }
    related = [*(c.chain[0] for c in site.contexts if c.chain), *site.via]
    if related:
        result["relatedLocations"] = [
            {"id": number, **_location(step)} for number, step in enumerate(dict.fromkeys(related), 1)
        ]
    flows = [_flow(site, context.chain) for context in site.contexts[:MAX_FLOWS] if context.chain]
    if flows:
        result["codeFlows"] = flows
    return result


def _flow(site: CallSite, chain: tuple[Step, ...]) -> dict[str, Any]:
    call = Step(site.path, site.line, site.call)
    steps = [step for step in chain if (step.path, step.line) != (site.path, site.line)]
    through = [step for step in site.via if (step.path, step.line) != (site.path, site.line)]
    locations = [{"location": _location(step)} for step in [*steps, call, *through]]
    return {"threadFlows": [{"locations": locations}]}


def _site_location(site: CallSite) -> dict[str, Any]:
    region = {
        "startLine": site.line,
        "startColumn": site.column,
        "endLine": site.end_line,
        "endColumn": site.end_column,
    }
    return {"physicalLocation": {"artifactLocation": _artifact(site.path), "region": region}}


def _location(step: Step) -> dict[str, Any]:
    return {
        "physicalLocation": {"artifactLocation": _artifact(step.path), "region": {"startLine": max(step.line, 1)}},
        "message": {"text": step.what or step.path},
    }


def _artifact(path: str) -> dict[str, str]:
    return {"uri": quote(path)}


def _notification(error: FileError) -> dict[str, Any]:
    location = {
        "physicalLocation": {"artifactLocation": _artifact(error.path), "region": {"startLine": max(error.line, 1)}}
    }
    return {"level": "error", "message": {"text": error.message}, "locations": [location]}
