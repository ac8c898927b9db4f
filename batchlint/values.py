"""What an expression can be: the value domain of the evaluator.

An external thing is its symbolic path (`openai.OpenAI().chat.completions.create`); things of the project are functions,
classes, instances and modules; the rest is text, containers or nothing known (the empty set).

Nearly all are tuples: hashing and comparing them is much of what the evaluator does.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, TypeVar

from batchlint.facts import ClassId, FunctionId


class Ext(NamedTuple):
    """Something from outside the project, by symbolic path."""

    path: str
    host: str | None = None
    """The server that its client talks to."""
    origin: str | None = None
    """Where the object was made that it comes from, if steps are linked on that object: `path:line:column`."""


def origin_at(path: str, node: ast.expr) -> str:
    """Where something is made, as `Ext.origin` has it."""
    return f"{path}:{node.lineno}:{node.col_offset}"


class Fn(NamedTuple):
    """A project function; `owner` is the class whose object it is bound to, if it is bound."""

    id: FunctionId
    owner: ClassId | None = None


class Cls(NamedTuple):
    id: ClassId


class Inst(NamedTuple):
    """An object of a project class; unless `exact` it may be of a subclass."""

    id: ClassId
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Mod:
    """A project module or package by its path without `.py` and `/__init__`; no tuple, which would equal a `Text`."""

    stem: str


class Text(NamedTuple):
    """A string as far as it is known; `{}` stands for what is not."""

    text: str


class Elems(NamedTuple):
    """A container or iterator by what it holds."""

    values: frozenset[Value]


Value = Ext | Fn | Cls | Inst | Mod | Text | Elems
Values = frozenset[Value]
NOTHING: Values = frozenset()


_MANY = 100
"""Paths into one library of which more tell nothing new."""
V = TypeVar("V", bound=Value)


def ordered(values: Iterable[V]) -> list[V]:
    """The values in the same order in every run: what is looked at first can decide how a cycle ends."""
    if isinstance(values, frozenset):
        return list(values if len(values) < 2 else _sorted(values))
    return sorted(values, key=_rank)


@cache
def _sorted(values: frozenset[V]) -> tuple[V, ...]:
    return tuple(sorted(values, key=_rank))


@cache
def _rank(value: Value) -> str:
    if not isinstance(value, Elems):
        return f"{type(value).__name__} {value}"
    # Containers of containers of many values: a digest is as good an order as their text, which grows and grows.
    inner = "\n".join(sorted(map(_rank, value.values)))
    return f"Elems {hashlib.md5(inner.encode('utf-8', 'surrogatepass'), usedforsecurity=False).hexdigest()}"


def telling(values: Values) -> Values:
    """The values; of very many paths into one library only the shortest, as the rest repeats their steps.

    `df = df.drop(...)`, `df = df.query(...)` and more of that in several functions give each order of the methods.
    """
    if len(values) <= _MANY:
        return values
    by_head: dict[str, list[Ext]] = {}
    for value in values:
        if isinstance(value, Ext):
            by_head.setdefault(value.path.partition(".")[0], []).append(value)
    for paths in by_head.values():
        if len(paths) > _MANY:
            paths.sort(key=lambda value: (value.path.count("."), _rank(value)))
            values -= frozenset(paths[_MANY:])
    return values


def elements(values: Values) -> Values:
    """What iterating over the values gives."""
    found: set[Value] = set()
    for value in values:
        if isinstance(value, Elems):
            found |= value.values
        elif isinstance(value, Ext):
            found.add(value)
    return frozenset(found)
