"""How wide the lines of a file are."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Sequence

from batchlint.codemod.nodes import WIDTH

_TEXTS = frozenset(
    getattr(tokenize, name) for name in ("STRING", "FSTRING_MIDDLE", "TSTRING_MIDDLE") if hasattr(tokenize, name)
)


def widest(lines: Sequence[str]) -> int:
    """The length of the longest line that is not so long for a comment, or for a text that fills a line by itself."""
    unbroken: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO("\n".join(lines) + "\n").readline):
        (first, start), (last, end) = token.start, token.end
        margin = len(token.line) - len(token.line.lstrip())
        is_filling = margin + 4 + end - start > WIDTH or first < last
        if (token.type in _TEXTS and is_filling) or (token.type == tokenize.COMMENT and end > WIDTH):
            unbroken.update(range(first, last + 1))
    return max((len(line) for number, line in enumerate(lines, 1) if number not in unbroken), default=0)
