"""Which calls of clients of databases and stores look or change something, and by what they name it: data/stores."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

from batchlint.datafiles import document
from batchlint.patterns import heads, tails, to_regex

Group = dict[str, Any]
"""Calls of one form, as data/stores has them."""


class Kind(NamedTuple):
    """A store, with the calls of its client by their names."""

    name: str
    root: str | None
    """The regular expression for the path of a client, and what comes of it as `rest`."""
    model: str | None
    """The same for the bases of classes that stand for tables."""
    mapped_by: str
    """The pattern for the bases of those whose objects stand for rows, if any do."""
    relations: dict[str, str]
    """What makes an attribute lead to rows of other tables, with how."""
    holding: frozenset[str]
    """Methods that change which rows belong to an object."""
    shared: bool
    """Whether one object stands for a row, whoever asks for it."""
    run: frozenset[str]
    objects: bool
    steps: dict[str, list[Group]]
    looks: dict[str, list[Group]]
    changes: dict[str, list[Group]]

    @property
    def mapped(self) -> re.Pattern[str] | None:
        """The same as a regular expression."""
        return _compiled(self.mapped_by) if self.mapped_by else None

    @property
    def acting(self) -> set[str]:
        """The names of calls that look or change something."""
        return {*self.run} or {*self.looks, *self.changes}


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(f"{to_regex(pattern)}$")


@cache
def paths_of(what: str) -> re.Pattern[str]:
    """The paths that data/stores/sql.yaml lists under the name, each to be matched as a whole."""
    return re.compile("|".join(to_regex(each["path"]) for each in document("stores", what)[what]))


@cache
def kinds() -> tuple[tuple[frozenset[str], Kind], ...]:
    """The stores, each with the packages without which it is not used."""
    found = []
    for each in document("stores", "stores")["stores"]:
        pattern = each.get("root") or each["model"]
        text = to_regex(pattern)
        by_name = [_by_name(each.get(part, ())) for part in ("steps", "looks", "changes")]
        run, objects = frozenset(each.get("run", ())), bool(each.get("objects"))
        root, model = (None, f"{text}$") if "model" in each else (rf"{text}(?P<rest>(?:\(\)|\.\w+(?:\(\))*)*)$", None)
        leading = (
            each.get("mapped", ""),
            each.get("relations", {}),
            frozenset(each.get("holding", ())),
            bool(each.get("shared")),
        )
        found.append((heads(pattern), Kind(each["name"], root, model, *leading, run, objects, *by_name)))
    return tuple(found)


def _by_name(groups: Iterable[Group]) -> dict[str, list[Group]]:
    found: dict[str, list[Group]] = {}
    for group in groups:
        for name in group["methods"]:
            found.setdefault(name, []).append(group)
    return found


@cache
def quiet() -> frozenset[str]:
    """Methods of any client that show and change nothing."""
    return frozenset(document("stores", "stores")["quiet"])


@cache
def lookups() -> frozenset[str]:
    """Tests in the names of filters: `price__gt`."""
    return frozenset(document("stores", "stores")["lookups"])


class Function(NamedTuple):
    """A function that looks into a store, or changes it."""

    path: re.Pattern[str]
    store: str
    how: str
    """read | write"""
    group: Group


@cache
def functions() -> dict[str, list[Function]]:
    """Those that are no methods of a client, by their names."""
    found: dict[str, list[Function]] = {}
    for each in document("stores", "functions")["functions"]:
        function = Function(_compiled(each["path"]), each["store"], each["how"], each)
        for name in tails(each["path"]):
            found.setdefault(name, []).append(function)
    return found
