"""`--add-noqa`: comments that silence today's findings, one on each call."""

from __future__ import annotations

import ast
import re
import tempfile
import tokenize
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from batchlint.findings import Finding
from batchlint.sources import syntax

_NOQA = re.compile(r"#\s*noqa\s*:\s*[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*", re.IGNORECASE)


def add(root: Path, findings: Iterable[Finding]) -> int:
    """Write the comments; how many findings they silence. A call whose lines take no comment is left alone."""
    by_path: dict[str, list[Finding]] = {}
    for finding in findings:
        by_path.setdefault(finding.path, []).append(finding)
    done = 0
    for path, found in by_path.items():
        file = root / path
        data = file.read_bytes()
        encoding, _ = tokenize.detect_encoding(BytesIO(data).readline)
        text = data.decode(encoding)
        for finding in found:
            changed = silence(text, finding)
            if changed is not None:
                text = changed
                done += 1
        _write(file, text.encode(encoding))
    return done


def silence(text: str, finding: Finding) -> str | None:
    """The text with a comment on the first line of the call that can take one; None where no line can."""
    meaning = ast.dump(syntax.parse(text))
    lines = text.splitlines(keepends=True)
    for line in (finding.line, finding.site.end_line):
        tried = [*lines]
        tried[line - 1] = _commented(lines[line - 1], finding.code)
        changed = "".join(tried)
        try:
            if ast.dump(syntax.parse(changed)) == meaning:
                return changed
        except syntax.SourceError:
            continue
    return None


def _commented(line: str, code: str) -> str:
    body = line.rstrip("\r\n")
    end = line[len(body) :]
    known = _NOQA.search(body)
    if known:
        return f"{body[: known.end()]},{code}{body[known.end() :]}{end}"
    return f"{body.rstrip()}  # noqa: {code}{end}"


def _write(file: Path, data: bytes) -> None:
    """Replace the file in one step, with its mode."""
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as temporary:
        temporary.write(data)
    written = Path(temporary.name)
    written.chmod(file.stat().st_mode & 0o7777)
    written.replace(file)
