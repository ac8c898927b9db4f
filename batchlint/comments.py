"""What comments in the code say: `# noqa`, `# noqa: RTB102`, `# flake8: noqa`, `# batchlint: latency=hours`.

Only texts that hold the words are tokenized.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from typing import NamedTuple

from batchlint.findings import FileError, Latency

_CODES = r"(?P<codes>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)"
_NOQA = re.compile(rf"#\s*noqa(?:\s*:\s*{_CODES})?", re.IGNORECASE)
_FILE_NOQA = re.compile(rf"#\s*flake8[:=]\s*noqa(?:\s*:\s*{_CODES})?\s*$", re.IGNORECASE)
_STATED = re.compile(r"#\s*batchlint\s*:\s*(?P<rest>.*)$")
_LATENCY = re.compile(r"latency\s*=\s*(?P<value>[^\s#,;]*)")


class Stated(NamedTuple):
    """A budget stated in a comment; `own_line` when the comment stands alone, above what it means."""

    line: int
    latency: Latency
    own_line: bool


class Silenced(NamedTuple):
    """The lines that `# noqa` silences: per line the codes, or None for all; line 0 stands for the whole file."""

    lines: dict[int, frozenset[str] | None]

    def covers(self, code: str, *lines: int) -> bool:
        for line in (0, *lines):
            if line in self.lines:
                codes = self.lines[line]
                if codes is None or any(code.startswith(prefix) for prefix in codes):
                    return True
        return False


def silenced(text: str) -> Silenced:
    """The `# noqa` comments of a file; empty where it cannot be tokenized."""
    lines: dict[int, frozenset[str] | None] = {}
    if "noqa" in text.lower():
        for line, comment, _ in _comments(text):
            whole = _FILE_NOQA.search(comment)
            match = whole or _NOQA.search(comment)
            if match:
                codes = match["codes"]
                lines[0 if whole else line] = frozenset(re.split(r"[,\s]+", codes.upper())) if codes else None
    return Silenced(lines)


def stated(path: str, text: str) -> tuple[list[Stated], list[FileError]]:
    """The `# batchlint:` comments of a file, and those that say nothing the tool knows."""
    found: list[Stated] = []
    errors: list[FileError] = []
    if "batchlint" not in text:
        return found, errors
    for line, comment, own_line in _comments(text):
        match = _STATED.search(comment)
        if not match:
            continue
        latency = _LATENCY.match(match["rest"])
        if not latency:
            errors.append(
                FileError(path, line, f"unknown batchlint comment {match[0]!r}: use `# batchlint: latency=…`")
            )
            continue
        try:
            found.append(Stated(line, Latency.parse(latency["value"]), own_line))
        except ValueError as error:
            errors.append(FileError(path, line, str(error)))
    return found, errors


def _comments(text: str) -> Iterator[tuple[int, str, bool]]:
    """Line, text, and whether it stands alone, of each comment up to what cannot be tokenized."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string, token.line[: token.start[1]].strip() == ""
    except (tokenize.TokenError, SyntaxError):
        return
