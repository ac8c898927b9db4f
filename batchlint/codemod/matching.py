"""What the patterns of a `match` statement bind and compare, as expressions over its subject."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T", bound=ast.expr)


def captures(pattern: ast.pattern, subject: ast.expr) -> Iterator[tuple[ast.Name, ast.expr]]:
    """The names that the pattern binds, each with what of the subject it is; the whole where that is not known."""
    for each, part in _within(pattern, subject):
        name = each.rest if isinstance(each, ast.MatchMapping) else getattr(each, "name", None)
        if name is not None:
            yield _at(ast.Name(name, ast.Store()), subject), part


def compared(pattern: ast.pattern, subject: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What of the subject the pattern compares, with the expression that it has for this."""
    for each, part in _within(pattern, subject):
        if isinstance(each, ast.MatchValue):
            yield part, each.value


def _within(pattern: ast.pattern, subject: ast.expr) -> Iterator[tuple[ast.pattern, ast.expr]]:
    """The pattern and those in it, each with what of the subject it is for; the whole where that is not known."""
    yield pattern, subject
    inner: list[tuple[ast.pattern, ast.expr]] = []
    if isinstance(pattern, ast.MatchAs) and pattern.pattern is not None:
        inner = [(pattern.pattern, subject)]
    elif isinstance(pattern, ast.MatchOr):
        inner = [(each, subject) for each in pattern.patterns]
    elif isinstance(pattern, ast.MatchSequence):
        for number, each in enumerate(pattern.patterns):
            inner.append((each, subject if isinstance(each, ast.MatchStar) else _item(subject, ast.Constant(number))))
    elif isinstance(pattern, ast.MatchMapping):
        inner = [(each, _item(subject, key)) for key, each in zip(pattern.keys, pattern.patterns, strict=True)]
    elif isinstance(pattern, ast.MatchClass):
        inner = [(each, subject) for each in pattern.patterns]
        for name, each in zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True):
            inner.append((each, _at(ast.Attribute(subject, name, ast.Load()), subject)))
    for each, part in inner:
        yield from _within(each, part)


def _item(subject: ast.expr, key: ast.expr) -> ast.expr:
    return _at(ast.Subscript(subject, _at(key, subject), ast.Load()), subject)


def _at(node: T, place: ast.expr) -> T:
    return ast.copy_location(node, place)
