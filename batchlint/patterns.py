"""Patterns over symbolic paths: `openai.*().chat.completions.create`, `{click,typer}.command`, `celery.**.task`.

A symbolic path is the import path of an external thing, with `()` after every step that is called.
`*` stands for the text of one step, `**` for any number of steps, `{a,b}` for alternatives.
"""

from __future__ import annotations

import fnmatch
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from functools import cache, cached_property
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


_END_OF_HEAD = re.compile(r"[.(\0]")
THROUGH = "\0"
"""Stands in a pattern for any number of steps out of a given list, called or not (`client.with_options().beta`)."""


def to_regex(pattern: str, through: Sequence[str] = ()) -> str:
    """The regular expression for `pattern`, without anchors; ValueError for unbalanced braces."""
    out: list[str] = []
    depth = 0
    index = 0
    while index < len(pattern):
        char = pattern[index]
        if pattern.startswith("**.", index):
            out.append(r"(?:[^.]+\.)*?")
            index += 3
            continue
        if pattern.startswith(".**", index) and index + 3 == len(pattern):
            out.append(r"(?:\..*)?")
            break
        if pattern.startswith("**", index):
            out.append(".*")
            index += 2
            continue
        if char == THROUGH:
            steps = "|".join(re.escape(step) for step in through)
            out.append(rf"(?:\.(?:{steps})(?:\(\))?)*" if through else "")
        elif char == "*":
            out.append(r"[^.(]*")
        elif char == "{":
            depth += 1
            out.append("(?:")
        elif char == "}":
            depth -= 1
            out.append(")")
        elif char == "," and depth:
            out.append("|")
        else:
            out.append(re.escape(char))
        if depth < 0:
            break
        index += 1
    if depth:
        raise ValueError(f"unbalanced braces in pattern {pattern!r}")
    return "".join(out)


def head_of(path: str) -> str:
    """The first step of a path."""
    return _END_OF_HEAD.split(path, maxsplit=1)[0]


def heads(pattern: str) -> frozenset[str]:
    """The first steps that `pattern` allows."""
    return _heads(pattern.partition(THROUGH)[0])


@cache
def _heads(pattern: str) -> frozenset[str]:
    end = pattern.find(".")
    if end == -1 or "{" in pattern[:end]:
        end = next(_top_level_dots(pattern), len(pattern))
    return frozenset(_END_OF_HEAD.split(text, maxsplit=1)[0] for text in expand(pattern[:end]))


def tails(pattern: str) -> frozenset[str]:
    """The last steps that `pattern` allows, without `()`."""
    return _tails(pattern.rpartition(THROUGH)[2])


@cache
def _tails(pattern: str) -> frozenset[str]:
    start = pattern.rfind(".") + 1
    if pattern.count("{", 0, start) != pattern.count("}", 0, start):
        start = max(_top_level_dots(pattern), default=-1) + 1
    return frozenset(_uncalled(text).rpartition(".")[2] for text in expand(pattern[start:]))


def _uncalled(text: str) -> str:
    while text.endswith("()"):
        text = text[:-2]
    return text


def _top_level_dots(pattern: str) -> Iterator[int]:
    if "{" not in pattern:
        yield from (match.start() for match in re.finditer(r"\.", pattern))
        return
    depth = 0
    for index, char in enumerate(pattern):
        depth += {"{": 1, "}": -1}.get(char, 0)
        if char == "." and depth == 0:
            yield index


def before_last(pattern: str, text: str) -> str:
    """The pattern with the text in front of its last step, if it has several."""
    last = max(_top_level_dots(pattern), default=-1)
    return f"{pattern[:last]}{text}{pattern[last:]}" if last >= 0 else pattern


@cache
def expand(pattern: str) -> list[str]:
    """`a.{b,c}` -> `a.b`, `a.c`; nested braces too."""
    start = pattern.find("{")
    if start == -1:
        return [pattern]
    depth = 0
    parts: list[str] = []
    last = start + 1
    for index in range(start, len(pattern)):
        char = pattern[index]
        if char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
        if (char == "," and depth == 1) or (char == "}" and depth == 0):
            parts.append(pattern[last:index])
            last = index + 1
            if char == "}":
                rest = expand(pattern[index + 1 :])
                return [pattern[:start] + head + tail for part in parts for head in expand(part) for tail in rest]
    raise ValueError(f"unbalanced braces in pattern {pattern!r}")


_GROUP = re.compile(r"\{([^{}]*)\}")
_GROUP_IN_GROUP = re.compile(r"(\{[^{}]*)\{[^{}]*\}")


class _Pattern:
    """A pattern that is compiled only for texts which hold its fixed parts: nearly all are ruled out by those."""

    __slots__ = ("_fixed", "_regex", "pattern")
    _wild = re.compile("")
    """What of a pattern is no fixed text."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self._fixed: list[Sequence[str]] | None = None
        self._regex: re.Pattern[str] | None = None

    def matches(self, text: str) -> bool:
        """Whether the pattern stands for the whole text."""
        if self._fixed is None:
            self._fixed = list(self._fixed_parts())
        position = 0
        for alternatives in self._fixed:
            ends = [start + len(part) for part in alternatives if (start := text.find(part, position)) >= 0]
            if not ends:
                return False
            position = min(ends)
        if self._regex is None:
            self._regex = re.compile(self._to_regex())
        return self._regex.fullmatch(text) is not None

    def _fixed_parts(self) -> Iterator[Sequence[str]]:
        """The texts that everything holds which the pattern stands for, in their order, each with its alternatives."""
        pattern = self.pattern
        while pattern != (pattern := _GROUP_IN_GROUP.sub(r"\1*", pattern)):
            pass
        for index, part in enumerate(_GROUP.split(pattern)):
            if index % 2 == 0:
                yield from ((text,) for text in self._wild.split(part) if text)
            elif not self._wild.search(part):
                yield part.split(",")

    def _to_regex(self) -> str:
        raise NotImplementedError


class PathPattern(_Pattern):
    """A pattern over symbolic paths; `through` are the steps that `THROUGH` stands for in it."""

    __slots__ = ("_through",)
    _wild = re.compile(rf"\.\*\*\Z|\*\*\.|\*+|{THROUGH}")

    def __init__(self, pattern: str, through: Sequence[str] = ()) -> None:
        super().__init__(pattern)
        self._through = through

    def _to_regex(self) -> str:
        return to_regex(self.pattern, self._through)


class FilePattern(_Pattern):
    """A glob over "/"-separated paths: `**/` any folders (or none), `*` within one name, `{a,b}` alternatives.

    A pattern without "/" is matched against the file's name.
    """

    __slots__ = ()
    _wild = re.compile(rf"\*\*/|\*+|\?|{THROUGH}")

    def _to_regex(self) -> str:
        alternatives = []
        for alternative in expand(self.pattern):
            if "/" not in alternative:
                alternative = "**/" + alternative
            out = ""
            for part in re.split(r"(\*\*/|\*\*|\*|\?)", alternative):
                out += {"**/": r"(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part, re.escape(part))
            alternatives.append(out)
        return "|".join(alternatives)


file_pattern = cache(FilePattern)


_order = operator.itemgetter(0)


class _Row(NamedTuple, Generic[T]):
    """A pattern of a table and its value."""

    order: int
    pattern: PathPattern
    value: T


class PathTable(Generic[T]):
    """Many patterns, each with a value; finds the values whose pattern matches a path, in the table's order."""

    def __init__(self, entries: Iterable[tuple[str, T]], through: Callable[[T], Sequence[str]] = lambda _: ()) -> None:
        self._entries = list(entries)
        self._through = through
        self._by_head: dict[str, list[int]] = {}
        """Positions of the entries by the first step of the pattern."""
        self._by_tail: dict[str, dict[str | None, list[_Row[T]]]] = {}
        self._cache: dict[str, list[T]] = {}
        for order, (pattern, _) in enumerate(self._entries):
            for head in heads(pattern):
                self._by_head.setdefault("*" if "*" in head else head, []).append(order)

    @property
    def open_heads(self) -> Set[str]:
        """The first steps of the patterns that match paths of any length."""
        return {head for pattern, _ in self._entries if "**" in pattern for head in heads(pattern)}

    @property
    def tails(self) -> Set[str]:
        """The last steps of all patterns."""
        return self.by_last.keys()

    @cached_property
    def makers(self) -> Set[str]:
        """The last steps of the patterns whose object is called itself: `Evaluate` of `dspy.Evaluate()`."""
        return {last for pattern, _ in self._entries if pattern.endswith("()") for last in tails(pattern)}

    @cached_property
    def by_last(self) -> dict[str, list[T]]:
        """The values by the last steps of their patterns."""
        found: dict[str, list[T]] = {}
        for pattern, value in self._entries:
            for last in tails(pattern):
                found.setdefault(last, []).append(value)
        return found

    def find(self, path: str) -> Sequence[T]:
        found = self._cache.get(path)
        if found is None:
            found = self._cache[path] = self._find(path)
        return found

    def _find(self, path: str) -> list[T]:
        head = head_of(path)
        last = None if "'" in path else path.rstrip("()").rpartition(".")[2]
        rows = sorted((row for key in (head, "*") for row in self._rows_for(key, last)), key=_order)
        return [row.value for row in rows if row.pattern.matches(path)]

    def _rows_for(self, head: str, last: str | None) -> Sequence[_Row[T]]:
        """The patterns with the first step whose last step can be `last`; None stands for any."""
        known = self._by_tail.get(head)
        if known is None:
            known = self._by_tail[head] = {}
            for order in self._by_head.get(head, ()):
                pattern, value = self._entries[order]
                row = _Row(order, PathPattern(pattern, self._through(value)), value)
                steps = tails(pattern)
                # A last step that stands for more than its own text can be any.
                for step in steps if all(map(str.isidentifier, steps)) else (None,):
                    known.setdefault(step, []).append(row)
        if last is None:
            return list({row.order: row for rows in known.values() for row in rows}.values())
        return [*known.get(last, ()), *known.get(None, ())]

    def first(self, path: str) -> T | None:
        found = self.find(path)
        return found[0] if found else None


def name_matches(pattern: str, name: str) -> bool:
    return any(fnmatch.fnmatchcase(name, alternative) for alternative in expand(pattern))
