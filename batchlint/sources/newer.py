"""Syntax of newer Pythons in terms of 3.11, with every line and column where it was: what single lines show.

- PEP 758 `except A, B:` becomes `except(A,B):`
- PEP 695 `def f[T](x)`, `class C[T]:`, `type X = int` lose their type parameters and the word `type`
"""

from __future__ import annotations

import re

_EXCEPT = re.compile(
    r"^(?P<head>[ \t]*except(?:[ \t]*\*)?)[ \t]+(?P<names>[^\n#:(]*,[^\n#:]*?)[ \t]*:", flags=re.MULTILINE
)
_PARAMETERS = re.compile(
    r"^(?P<head>[ \t]*(?:(?:async[ \t]+)?def|class)[ \t]+\w+)(?P<list>\[(?:[^\[\]\n]|\[[^\[\]\n]*\])*\])", re.MULTILINE
)
_ALIAS = re.compile(
    r"^(?P<indent>[ \t]*)type(?P<gap>[ \t]+)(?P<name>\w+)(?P<list>\[[^\n=]*\])?(?=[ \t]*=)", re.MULTILINE
)


def rewrite(text: str) -> str:
    """The text with what single lines show in older syntax."""
    text = _EXCEPT.sub(_parenthesised, text)
    text = _PARAMETERS.sub(lambda match: match["head"] + " " * len(match["list"]), text)
    return _ALIAS.sub(lambda match: f"{match['indent']}{match['name']}".ljust(len(match[0])), text)


def _parenthesised(match: re.Match[str]) -> str:
    if re.search(r"\bas\b", match["names"]):
        return match[0]
    names = re.sub(r"[ \t]*,[ \t]*", ",", match["names"].strip())
    return f"{match['head']}({names}):".ljust(len(match[0]))
