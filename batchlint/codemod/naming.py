"""What the functions are named after that a loop or comprehension becomes: one of the items that it goes over."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from batchlint.iterables import COUNTED, EACH
from batchlint.symbols import last_name

_COUNTS = frozenset({"cursor", "idx", "index", "num", "number", "offset", "pos", "position", "start"})
_AROUND = EACH | {"set"}
"""Functions that give the items of what they are called with."""
_OF = frozenset({"items", "values", "iterrows", "itertuples", "iterator", "all", "pop", "popleft", "get", "get_nowait"})
"""Methods that give the items of what has them."""
_ENDS = (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"))


def noun(targets: Sequence[str], over: ast.expr) -> str:
    """A word for an item of `over` that is bound to the targets."""
    is_counted = isinstance(over, ast.Call) and last_name(over.func) in COUNTED
    own = [t for t in targets[is_counted and len(targets) > 1 :] if not t.startswith("_")]
    words = [t.rstrip("_") for t in own if len(t.strip("_")) > 1 and t not in _COUNTS]
    word = words[0] if words and len(own) == 1 else _item_of(over) or (words[0] if words else "item")
    return re.sub(r"(?<=.)_(id|idx|index)$", "", word)


def _item_of(over: ast.expr) -> str | None:
    """What the collection's name calls one of its items, if it is a plural."""
    while True:
        if isinstance(over, ast.Call):
            name = last_name(over.func)
            if name == "range":
                return "batch" if len(over.args) == 3 else _item_of(over.args[-1]) if over.args else None
            if over.args and name in _AROUND | {"len"}:
                over = over.args[0]
            elif isinstance(over.func, ast.Attribute) and name in _OF:
                over = over.func.value
            else:
                return None
        elif isinstance(over, ast.Subscript) and not isinstance(over.slice, ast.Constant):
            over = over.value
        else:
            break
    if isinstance(over, ast.Subscript) and isinstance(over.slice, ast.Constant):
        name = str(over.slice.value)
    else:
        name = last_name(over)
    return _singular(name.lower().strip("_"))


def _singular(name: str) -> str | None:
    if not name.isidentifier():
        return None
    for end, one in _ENDS:
        if name.endswith(end):
            return name.removesuffix(end) + one
    is_plural = len(name) > 3 and name.endswith("s") and not name.endswith(("ss", "us", "is"))
    return re.sub(r"^(num|n|all)_(?=.)", "", name.removesuffix("s")) if is_plural else None
