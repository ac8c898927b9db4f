"""The routes that manifests have requested: `curl -X POST https://host/jobs/nightly`, the address that a timer calls.

https://curl.se/docs/manpage.html
https://docs.cloud.google.com/scheduler/docs/creating
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_ADDRESS = re.compile(
    r"(?:https?://(?:\$\{[^}]*\}|\$\w+|[\w.-])+(?::\d+)?|\$\{[^}]*\}|\$\w+|(?<![\w/.])localhost(?::\d+)?)(/[\w./~-]*\w)"
)
"""A server, perhaps known by a variable only, and the path of a route there."""
_VALUED = re.compile(r"-[A-Za-z]*[HdXouAeFmbc]|--(?:header|data|json|request|output|user|form|retry|max-time)[\w-]*")
"""Options whose value is the next word."""


def paths(text: str) -> Iterator[str]:
    """The paths of the routes whose addresses stand in a text."""
    for found in _ADDRESS.finditer(text):
        yield found[1]


def requested(words: Sequence[str]) -> str | None:
    """The path of the route that a command line requests: that of its first word which is an address."""
    for before, word in zip(("", *words), words, strict=False):
        found = _ADDRESS.match(word)
        if found and not _VALUED.fullmatch(before):
            return found[1]
    return None
