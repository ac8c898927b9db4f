"""Text and syntax tree of one file: encodings, and syntax that is newer than the running Python.

What the running Python refuses is rewritten to older syntax of the same length where LibCST understands it, so that
lines and columns stay those of the file. The tree is for analysis only; the text is never changed.
"""

from __future__ import annotations

import ast
import codecs
import re
import warnings

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_NEW = re.compile(r"\b(?:def|class)[ \t]+\w+\[|(?<![\w])(?:[fF][rR]?|[rR][fF]|[tT][rR]?|[rR][tT])[\"']")


class SourceError(Exception):
    """A file that cannot be decoded or parsed: the line, and one line of text."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


def decode(data: bytes) -> str:
    """The text as PEP 263 says, without a byte order mark, line ends as they are; or a SourceError with the line."""
    null = data.find(b"\0")
    if null >= 0:
        raise SourceError(data.count(b"\n", 0, null) + 1, "null byte: not a Python source file")
    if data.isascii() and b"coding" not in data[:400]:
        return data.decode("ascii")
    bom = data.startswith(codecs.BOM_UTF8)
    line, name = _declared(data)
    encoding = name or "utf-8"
    try:
        codec = codecs.lookup(encoding)
    except LookupError:
        raise SourceError(line, f"unknown encoding {encoding!r}") from None
    if bom and codec.name not in {"utf-8", "utf-8-sig"}:
        raise SourceError(line, f"declared as {encoding} but begins with the byte order mark of UTF-8")
    try:
        text = data[len(codecs.BOM_UTF8) if bom else 0 :].decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        shown = "UTF-8" if codec.name == "utf-8" else encoding
        raise SourceError(line, f"not {shown}: byte 0x{data[error.start]:02x} cannot be decoded") from None
    except (LookupError, ValueError) as error:
        raise SourceError(line, f"cannot be decoded as {encoding}: {error}") from None
    return text


def _declared(data: bytes) -> tuple[int, str | None]:
    """The encoding that one of the first two lines declares, and its line."""
    for number, line in enumerate(data.split(b"\n", 2)[:2], 1):
        match = _COOKIE.match(line.removeprefix(codecs.BOM_UTF8))
        if match:
            return number, match[1].decode("ascii", "replace")
        if line.removeprefix(codecs.BOM_UTF8).strip() and not line.lstrip().startswith(b"#"):
            break
    return 1, None


def parse(text: str) -> ast.Module:
    """The syntax tree; SourceError where neither the running Python nor LibCST understands the text."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes and the like are other tools' business
            return _parse(text)
    except (RecursionError, MemoryError):
        raise SourceError(1, "nested too deeply") from None
    except SyntaxError as error:
        raise SourceError(error.lineno or 1, f"syntax error: {error.msg}") from None
    except ValueError as error:
        raise SourceError(1, f"cannot be parsed: {error}") from None


def _parse(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError as error:
        first = error
    from batchlint.sources import newer

    older = newer.rewrite(text)
    if older != text:
        try:
            return ast.parse(older)
        except SyntaxError as error:
            first = error
    if not _NEW.search(older):
        raise first
    from batchlint.sources import strings

    return ast.parse(strings.rewrite(older))
