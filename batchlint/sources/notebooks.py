"""The code of Jupyter notebooks (https://nbformat.readthedocs.io/en/latest/format_description.html), cell by cell."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

SUFFIX = ".ipynb"
MAX_BYTES = 16_000_000
"""Larger ones hold films or data."""
_COPIES = ".ipynb_checkpoints/"
_MAGIC = re.compile(r"^(\s*)(?:[%!?].*|[\w.]+\s*=\s*[%!].*|.*\?)$", re.MULTILINE)
"""Lines that are IPython's: `%time ask()`, `!pip install x`, `files = !ls`, `ask?`."""


class Cell(NamedTuple):
    line: int
    """The line of the file on which its code begins."""
    code: str


def is_notebook(path: str) -> bool:
    """Whether the file is a notebook, and none of those that the editor keeps beside it."""
    return path.endswith(SUFFIX) and _COPIES not in path


def cells(text: str) -> Iterator[Cell]:
    """The cells with Python code; lines that are no Python are left empty."""
    try:
        notebook = json.loads(text)
    except ValueError:
        return
    found = notebook.get("cells") if isinstance(notebook, Mapping) else None
    position = 0
    for cell in found if isinstance(found, list) else ():
        source = (cell.get("source") or "") if isinstance(cell, Mapping) else ""
        lines = source.splitlines(keepends=True) if isinstance(source, str) else [str(each) for each in source]
        if not lines:
            continue
        # A string of a JSON file ends where its line ends, so that the lines of a cell are those of the file.
        start = _find(text, lines[0], position)
        position = _find(text, lines[-1], start)
        code = "".join(lines)
        if cell.get("cell_type") == "code" and code.strip() and not code.startswith("%%"):
            yield Cell(text.count("\n", 0, start) + 1, _MAGIC.sub(r"\1pass", code))


def _find(text: str, line: str, start: int) -> int:
    """Where the line of a source stands in the file; `start` where it is written in another way."""
    return max(text.find(json.dumps(line, ensure_ascii=False), start), start)
