"""How rows of a mapper come to store themselves, besides a call of their own method."""

from __future__ import annotations

from typing import Any, NamedTuple

from batchlint.patterns import PathTable


class Storing(NamedTuple):
    """Names by which forms, serializers, views and admin pages store rows."""

    methods: frozenset[str]
    """Methods by which a row, or a form for one, stores it."""
    creates: frozenset[str]
    """Methods of a query that store a new row by its own method."""
    names: frozenset[str]
    """Attributes of a view that name the class of its rows, its form or its query."""
    forms: PathTable[bool]
    """Classes of forms and serializers, whose `Meta` names the class of the row that they store."""
    views: PathTable[bool]
    """Classes of views that store a row."""
    registers: PathTable[bool]
    """Calls and decorators that give rows of a class a page on which somebody stores them."""


def read(documents: list[dict[str, Any]]) -> Storing:
    rows = [document["storing"] for document in documents if "storing" in document]
    methods, creates, names = (
        frozenset(name for row in rows for name in row[key]) for key in ("methods", "creates", "names")
    )
    forms, views, registers = (
        PathTable((path, True) for row in rows for path in row[key]) for key in ("forms", "views", "registers")
    )
    return Storing(methods, creates, names, forms, views, registers)
