"""What the names in the patterns of a `match` statement are bound to, as expressions over its subject."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T", bound=ast.expr)


def captures(pattern: ast.pattern, subject: ast.expr) -> Iterator[tuple[ast.Name, ast.expr]]:
    """The names that the pattern binds, each with what of the subject it is; the whole where that is not known."""
    if isinstance(pattern, ast.MatchAs):
        if pattern.name is not None:
            yield _at(ast.Name(pattern.name, ast.Store()), subject), subject
        if pattern.pattern is not None:
            yield from captures(pattern.pattern, subject)
    elif isinstance(pattern, ast.MatchStar):
        if pattern.name is not None:
            yield _at(ast.Name(pattern.name, ast.Store()), subject), subject
    elif isinstance(pattern, ast.MatchOr):
        for each in pattern.patterns:
            yield from captures(each, subject)
    elif isinstance(pattern, ast.MatchSequence):
        for number, each in enumerate(pattern.patterns):
            part = subject if isinstance(each, ast.MatchStar) else _item(subject, ast.Constant(number))
            yield from captures(each, part)
    elif isinstance(pattern, ast.MatchMapping):
        for key, each in zip(pattern.keys, pattern.patterns, strict=True):
            yield from captures(each, _item(subject, key))
        if pattern.rest is not None:
            yield _at(ast.Name(pattern.rest, ast.Store()), subject), subject
    elif isinstance(pattern, ast.MatchClass):
        for each in pattern.patterns:
            yield from captures(each, subject)
        for name, each in zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True):
            yield from captures(each, _at(ast.Attribute(subject, name, ast.Load()), subject))


def _item(subject: ast.expr, key: ast.expr) -> ast.expr:
    return _at(ast.Subscript(subject, _at(key, subject), ast.Load()), subject)


def _at(node: T, place: ast.expr) -> T:
    return ast.copy_location(node, place)
