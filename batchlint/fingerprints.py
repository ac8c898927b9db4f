"""Names for findings that survive moved lines, and the baseline file that holds them.

A fingerprint is made of the rule, the file, the function and the call's own text, numbered where these repeat.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from batchlint.findings import CallSite, Finding

VERSION = 1


class BaselineError(Exception):
    """A baseline that cannot be used; the text is one line."""


def fingerprints(findings: Sequence[Finding]) -> list[str]:
    """One fingerprint per finding, in the order given; equal calls in one function are told apart by their order."""
    seen: Counter[tuple[str, ...]] = Counter()
    result = []
    for finding in findings:
        key = _key(finding.code, finding.site)
        result.append(_digest("\0".join((*key, str(seen[key])))))
        seen[key] += 1
    return result


def _digest(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _key(code: str, site: CallSite) -> tuple[str, ...]:
    return (code, site.path, site.function, "".join(site.call.split()), site.provider, site.endpoint)


def write_baseline(path: Path, findings: Sequence[Finding], covered: Sequence[Finding] = ()) -> None:
    """Write the findings, and the calls that they stand for, as the known ones; readable, one entry each.

    The covered ones count when a new caller of a helper makes its older callers findings of their own.
    """
    findings = [*findings, *covered]
    entries = [
        {"fingerprint": mark, "code": f.code, "path": f.path, "function": f.site.function, "call": f.site.call}
        for f, mark in zip(findings, fingerprints(findings), strict=True)
    ]
    path.write_text(json.dumps({"version": VERSION, "findings": entries}, indent=2) + "\n", encoding="utf-8")


def read_baseline(path: Path) -> set[str]:
    """The known fingerprints; raises BaselineError for a file that is missing or no baseline."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["version"] != VERSION:
            raise BaselineError(f"{path}: baseline version {data['version']} is not {VERSION}: write it again")
        return {entry["fingerprint"] for entry in data["findings"]}
    except OSError as error:
        raise BaselineError(f"{path}: baseline cannot be read: {error.strerror}") from None
    except json.JSONDecodeError as error:
        raise BaselineError(f"{path}:{error.lineno}: not a baseline: {error.msg}") from None
    except (KeyError, TypeError, ValueError):
        raise BaselineError(f"{path}:1: not a baseline: write it with `batchlint baseline`") from None


def unknown(findings: Sequence[Finding], known: Iterable[str]) -> list[Finding]:
    """The findings that the baseline does not know."""
    known = set(known)
    return [f for f, mark in zip(findings, fingerprints(findings), strict=True) if mark not in known]
