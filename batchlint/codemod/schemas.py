"""What a database does by itself, by its schema: views read other tables, triggers and foreign keys change them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from batchlint.codemod.access import Channel
from batchlint.codemod.tables import sql_accesses, table_name

TELLING = re.compile(
    r"\bcreate\s+(?:or\s+replace\s+)?(?:temp(?:orary)?\s+|materialized\s+)?(?:view|trigger|table)\b", re.IGNORECASE
)
"""What stands in a text that says something of it."""
_NAME = r"([\w.\"`\[\]]+)"
_VIEW = re.compile(rf"\bview\s+(?:if\s+not\s+exists\s+)?{_NAME}\s*(?:\([^()]*\)\s*)?as\b([^;]*)", re.IGNORECASE)
_TRIGGER = re.compile(
    rf"\btrigger\s+(?:if\s+not\s+exists\s+)?[\w.\"`\[\]]+.*?\b(insert|update|delete)\b(?:\s+of\s+([\w\s,]+?))?"
    rf"\s+on\s+{_NAME}.*?\bbegin\b(.*?)\bend\b",
    re.IGNORECASE,
)
_TABLE = re.compile(
    rf"\bcreate\s+(?:temp\s+|temporary\s+)?table\s+(?:if\s+not\s+exists\s+)?{_NAME}([^;]*)", re.IGNORECASE
)
_CASCADE = re.compile(rf"\breferences\s+{_NAME}[^,]*?\bon\s+delete\s+(?:cascade|set)\b", re.IGNORECASE)
_TABLES = re.compile(rf"(?:\bfrom\b|\bjoin\b|,)\s*{_NAME}", re.IGNORECASE)
_SAME_ROW = re.compile(r"\bwhere\s+(?:\w+\.)?(\w+)\s*=\s*(?:new|old)\.\1\s*$", re.IGNORECASE)
_EVENT = re.compile(r"\b(insert\s+or\s+replace|replace|insert|update|delete)\b", re.IGNORECASE)
_MAX_DEPTH = 5


class Touch(NamedTuple):
    """A touch of a table by a statement."""

    channel: Channel
    how: str
    statement: str
    same_row: bool = False
    """Whether it is of the row that the statement touches by itself."""


class Rule(NamedTuple):
    """What follows an event of a table; with `columns`, only where one of these is changed."""

    event: str
    columns: frozenset[str]
    touch: Touch


@dataclass(slots=True)
class Schema:
    views: dict[str, set[str]] = field(default_factory=dict)
    """The tables that each view reads."""
    rules: dict[str, set[Rule]] = field(default_factory=dict)
    """What follows when the rows of a table change."""

    def beside(self, touch: Touch, depth: int = 0) -> Iterator[Touch]:
        """What the database touches when a statement touches one of its tables."""
        if len(touch.channel) < 2 or depth > _MAX_DEPTH:
            return
        table = touch.channel[1]
        if touch.how == "read":
            more = [Touch(("sql", name, "*"), "read", "") for name in sorted(self.views.get(table, ()))]
        else:
            more = [rule.touch for rule in sorted(self.rules.get(table, ()), key=str) if _applies(rule, touch)]
        for each in more:
            yield each
            if each.channel[1] != table:
                yield from self.beside(each, depth + 1)


def touches_in(statement: str) -> list[Touch]:
    """The tables that the statement touches, by its text."""
    return [Touch(channel, how, statement) for channel, how in sql_accesses(statement)]


def schema_of(texts: Iterable[str]) -> Schema:
    """The schema by the statements that create it."""
    found = Schema()
    for text in texts:
        plain = " ".join(re.sub(r"--[^\n]*", "", text).split())
        for name, selected in _VIEW.findall(plain):
            tables = {table_name(table) for table in _TABLES.findall(selected)}
            found.views.setdefault(table_name(name), set()).update(tables)
        for event, columns, table, body in _TRIGGER.findall(plain):
            named = frozenset(column.strip().lower() for column in columns.split(",") if column.strip())
            rules = (Rule(event.lower(), named, touch) for touch in _changes(body, table_name(table)))
            found.rules.setdefault(table_name(table), set()).update(rules)
        for name, columns in _TABLE.findall(plain):
            child = Touch(("sql", table_name(name), "*"), "write", "delete")
            for parent in _CASCADE.findall(columns):
                found.rules.setdefault(table_name(parent), set()).add(Rule("delete", frozenset(), child))
    return found


def _changes(body: str, table: str) -> Iterator[Touch]:
    """What the statements in a trigger of the table change."""
    for statement in filter(str.strip, body.split(";")):
        for touch in touches_in(statement):
            if touch.how != "read" and len(touch.channel) > 1:
                yield touch._replace(same_row=touch.channel[1] == table and bool(_SAME_ROW.search(statement)))


def _applies(rule: Rule, touch: Touch) -> bool:
    said = _EVENT.search(touch.statement)
    event = " ".join(said[1].lower().split()) if said else ""
    events = {"insert", "delete"} if event.endswith("replace") else {event}
    is_other = rule.columns and event == "update" and rule.columns.isdisjoint(touch.channel[2:])
    return rule.event in events and not is_other
