"""Who takes what an iterator gives, all at once or one by one."""

from __future__ import annotations

import ast

from batchlint.codemod import scopes
from batchlint.symbols import last_name

EAGER = frozenset(
    [
        "list",
        "sum",
        "dict",
        "set",
        "tuple",
        "sorted",
        "max",
        "min",
        "join",
        "extend",
        "update",
        "Counter",
        "DataFrame",
        "Series",
        "array",
        "mean",
        "median",
        "fmean",
        "frozenset",
        "writelines",
        "writerows",
        "concat",
        "vstack",
        "stack",
        "deque",
        "OrderedDict",
        "average",
        "asarray",
        "concatenate",
    ]
)
_PASS_ON = frozenset({"tqdm", "trange", "track", "reversed", "enumerate", "iter"})


def consumer(tree: ast.AST, node: ast.expr) -> str | None:
    """What takes the iterator's items one by one, in words; None where all are taken at once."""
    current: ast.AST = node
    for parent in reversed(scopes.path_to(tree, node)):
        if isinstance(parent, ast.Starred):
            return None
        if not isinstance(parent, ast.Call) or current not in parent.args:
            return "its consumer"
        name = last_name(parent.func)
        if name in EAGER:
            return None
        if name not in _PASS_ON:
            return f"`{name}`" if name else "its consumer"
        current = parent
    return "its consumer"
