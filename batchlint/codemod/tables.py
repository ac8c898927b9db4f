"""The tables and columns that an SQL statement reads and writes, as channels."""

from __future__ import annotations

import re

from batchlint.codemod.access import Channel

_SELECT = re.compile(r"\bselect\s+(distinct\s+)?(.*?)\s+from\s+([\w.\"`\[\]]+)", re.IGNORECASE | re.DOTALL)
_JOINED = re.compile(r"\b(?:from|join)\s+([\w.\"`\[\]]+)", re.IGNORECASE)
_INSERT = re.compile(r"\b(?:insert|replace)\b.*?\binto\s+([\w.\"`\[\]]+)", re.IGNORECASE | re.DOTALL)
_UPDATE = re.compile(
    r"\bupdate\s+(?:or\s+\w+\s+)?([\w.\"`\[\]]+)\s+set\s+(.*?)(?:\bwhere\b|$)", re.IGNORECASE | re.DOTALL
)
_DELETE = re.compile(r"\bdelete\s+from\s+([\w.\"`\[\]]+)", re.IGNORECASE)


def sql_accesses(text: str) -> list[tuple[Channel, str]]:
    """The tables (and columns, where they are named) that a statement reads and writes."""
    plain = " ".join(text.split())
    update, insert, delete = _UPDATE.search(plain), _INSERT.search(plain), _DELETE.search(plain)
    if update:
        columns = [part.partition("=")[0].strip().lower() for part in update[2].split(",") if "=" in part]
        return [(("sql", _table(update[1]), *columns), "write")]
    if insert:
        return [(("sql", _table(insert[1]), "*"), "write")]
    if delete:
        return [(("sql", _table(delete[1]), "*"), "write")]
    select = _SELECT.search(plain)
    if select:
        tables = [_table(name) for name in _JOINED.findall(plain)]
        words = {w.lower() for w in re.findall(r"[A-Za-z_]\w*|\*", re.sub(r"'[^']*'", "", plain))}
        return [(("sql", table, *sorted(words)), "read") for table in dict.fromkeys(tables)]
    if re.match(r"(create|pragma|begin|commit|rollback|alter|drop|vacuum)\b", plain, re.IGNORECASE):
        return []
    return [(("sql",), "write")]


def _table(name: str) -> str:
    return name.strip('"`[]').lower()
