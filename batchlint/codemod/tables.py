"""The tables and columns that an SQL statement reads and writes, as channels, and the row that it names by a key."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from batchlint.codemod.access import Channel

_SELECT = re.compile(r"\bselect\s+(distinct\s+)?(.*?)\s+from\s+([\w.\"`\[\]]+)", re.IGNORECASE | re.DOTALL)
_JOINED = re.compile(r"\b(?:from|join)\s+([\w.\"`\[\]]+)", re.IGNORECASE)
_LISTED = re.compile(
    r"\bfrom\s+([^()]*?,[^()]*?)(?:\s(?:where|group|order|limit|join|left|inner)\b|;|$)", re.IGNORECASE
)
"""Tables that stand side by side: `from notes, parts p`."""
_INSERT = re.compile(r"\b(?:insert|replace)\b.*?\binto\s+([\w.\"`\[\]]+)", re.IGNORECASE | re.DOTALL)
_UPDATE = re.compile(
    r"\bupdate\s+(?:or\s+\w+\s+)?([\w.\"`\[\]]+)\s+set\s+(.*?)(?:\bwhere\b|$)", re.IGNORECASE | re.DOTALL
)
_CREATE = re.compile(
    r"\bcreate\s+table\s+(?:if\s+not\s+exists\s+)?([\w.\"`\[\]]+)\s*\((.*)\)", re.IGNORECASE | re.DOTALL
)
_WHERE = re.compile(r"\bwhere\s+(.*?)(?:\s+(?:order|limit)\b.*)?;?$", re.IGNORECASE)
_EQUAL = re.compile(r"(?:(?<=\band)\s+|^\s*)([\w.\"`\[\]]+)\s*==?\s*(\?|:\w+)\s*(?=and\b|$)", re.IGNORECASE)
_VALUES = re.compile(r"\binto\s+[\w.\"`\[\]]+\s*(?:\(([^()]*)\)\s*)?values\s*\((.*)\)", re.IGNORECASE)
_UNCLEAR = re.compile(r"\b(or|like|collate|select.*select|union|join)\b|\{\}", re.IGNORECASE)
"""What makes more of a key than an equal value."""
_REPLACING = re.compile(r"^(insert|replace)\s+or\s+\w+\s", re.IGNORECASE)
_DELETE = re.compile(r"\bdelete\s+from\s+([\w.\"`\[\]]+)", re.IGNORECASE)
_LOOKING = re.compile(r"\(?\s*(select|values|describe|desc|show|explain|table)\b", re.IGNORECASE)
_ANY_TABLE = re.compile(r"\b(?:from|join)\s+[\"`\[]?\{\}", re.IGNORECASE)
"""What a statement reads of which only the text around the table's name is known."""
_KEPT_NUMBER = re.compile(r"pragma (?:\w+\.)?(user_version|application_id)\b\s*(=|\()?", re.IGNORECASE)
"""What reads or sets a number that SQLite keeps for the program: https://www.sqlite.org/pragma.html, 2026-11-30."""


def sql_accesses(text: str) -> list[tuple[Channel, str]]:
    """The tables (and columns, where they are named) that a statement reads and writes."""
    plain = " ".join(text.split())
    update, insert, delete = _UPDATE.search(plain), _INSERT.search(plain), _DELETE.search(plain)
    if update:
        columns = [part.partition("=")[0].strip().lower() for part in update[2].split(",") if "=" in part]
        return [(("sql", table_name(update[1]), *columns), "write")]
    if insert:
        return [(("sql", table_name(insert[1]), "*"), "write")]
    if delete:
        return [(("sql", table_name(delete[1]), "*"), "write")]
    select = _SELECT.search(plain)
    if (_LOOKING.match(plain) and not select) or (select and _ANY_TABLE.search(plain)):
        return [(("sql",), "read")]
    if select:
        listed = [part.split()[0] for found in _LISTED.findall(plain) for part in found.split(",") if part.split()]
        tables = [table_name(name) for name in [*_JOINED.findall(plain), *listed]]
        words = {w.lower() for w in re.findall(r"[A-Za-z_]\w*|\*", re.sub(r"'[^']*'", "", plain))}
        return [(("sql", table, *sorted(words)), "read") for table in dict.fromkeys(tables)]
    if kept := _KEPT_NUMBER.match(plain):
        return [(("sql", f"pragma {kept[1].lower()}"), "write" if kept[2] else "read")]
    if re.match(r"(create|pragma|begin|commit|rollback|alter|drop|vacuum)\b", plain, re.IGNORECASE):
        return []
    return [(("sql",), "write")]


def rows(table: str) -> Channel:
    """Which rows the table has."""
    return ("rows", table)


def inserted(text: str) -> Channel | None:
    """What a statement adds to, if it adds rows."""
    found = _INSERT.search(" ".join(text.split()))
    return rows(table_name(found[1])) if found else None


def table_name(name: str) -> str:
    """The name of a table as all statements have it."""
    return name.rpartition(".")[2].strip('"`[]').lower()


def columns_of(texts: Iterable[str]) -> dict[str, list[str]]:
    """The columns of the tables that the statements create; those of unclear ones are left out."""
    found: dict[str, list[str]] = {}
    for text in texts:
        for statement in text.split(";"):
            match = _CREATE.search(" ".join(statement.split()))
            if match is None:
                continue
            columns = [_column(part.split()[0]) for part, _ in _parts(match[2]) if part.split()]
            is_unclear = "collate" in match[2].lower() or found.setdefault(table_name(match[1]), columns) != columns
            if is_unclear:
                found[table_name(match[1])] = []
    return found


def row_key(text: str, given: ast.expr | None, tables: dict[str, list[str]]) -> dict[str, ast.expr]:
    """The columns of which the statement says by a parameter what they hold in each row that it reads or writes.

    `given`: its parameters; `tables`: the columns of the tables, where they are known. None of those where case matters
    less than it does in Python.
    """
    plain = _REPLACING.sub(r"\1 ", " ".join(text.split()))
    is_unclear = any(tables.get(channel[1]) == [] for channel, _ in sql_accesses(plain) if len(channel) > 1)
    if is_unclear or _UNCLEAR.search(plain) or _LISTED.search(plain) or given is None:
        return {}
    plain = re.sub(r"'[^']*'", lambda quoted: "_" * len(quoted[0]), plain)
    named, where = _VALUES.search(plain), _WHERE.search(plain)
    rows: list[tuple[str, str, int]] = []
    if named:
        known = tables.get(table_name(_INSERT.findall(plain)[0]), [])
        columns = [_column(each.strip()) for each in named[1].split(",")] if named[1] else known
        values = [(part.strip(), place) for part, place in _parts(named[2], named.start(2))]
        if len(columns) == len(values):
            rows = [(column, value, place) for column, (value, place) in zip(columns, values, strict=True)]
    elif where and "(" not in where[1]:
        rows = [(_column(m[1]), m[2], where.start(1) + m.start(2)) for m in _EQUAL.finditer(where[1])]
        update = _UPDATE.search(plain)
        changed = {_column(part.partition("=")[0].strip()) for part in update[2].split(",")} if update else set()
        if changed & {column for column, _, _ in rows}:
            return {}  # the row has another key afterwards
    return _matched(rows, plain, given)


def _matched(rows: list[tuple[str, str, int]], plain: str, given: ast.expr) -> dict[str, ast.expr]:
    """The parameters that the columns are given, by their names; each row says what stands where in the statement."""
    if isinstance(given, ast.Tuple | ast.List):
        if len(given.elts) != plain.count("?") or any(isinstance(each, ast.Starred) for each in given.elts):
            return {}
        asked = [(column, plain[:place].count("?")) for column, value, place in rows if value == "?"]
        return {column: given.elts[number] for column, number in asked}
    if isinstance(given, ast.Dict):
        pairs = zip(given.keys, given.values, strict=True)
        values = {f":{k.value}": v for k, v in pairs if isinstance(k, ast.Constant) and isinstance(k.value, str)}
        return {column: values[value] for column, value, _ in rows if value in values}
    return {}


def _column(name: str) -> str:
    return name.rpartition(".")[2].strip('"`[]').lower()


def _parts(text: str, start: int = 0) -> list[tuple[str, int]]:
    """The parts between the commas that stand in no parentheses, with where they begin."""
    parts, depth = [("", start)], 0
    for place, char in enumerate(text, start):
        depth += (char == "(") - (char == ")")
        if char == "," and not depth:
            parts.append(("", place + 1))
        else:
            parts[-1] = (parts[-1][0] + char, parts[-1][1])
    return parts
