"""Who takes what an iterator gives, all at once or one by one."""

from __future__ import annotations

import ast

from batchlint.codemod import scopes
from batchlint.iterables import LAZY
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
_CALM = frozenset({"str", "int", "float", "len", "round", "strip", "lower", "upper", "get", "items", "loads"})
"""What a comprehension may call on each item without anybody seeing when."""
_PASS_ON = LAZY | {"reversed"}


def consumer(tree: ast.AST, node: ast.expr) -> str | None:
    """What takes the iterator's items one by one, in words; None where all are taken at once."""
    current: ast.AST = node
    parents = [*reversed(scopes.path_to(tree, node))]
    for position, parent in enumerate(parents):
        if isinstance(parent, ast.Starred) or _unpacks_all(parent, current):
            return None
        if isinstance(parent, ast.comprehension) and parent.iter is current and _is_calm(parents[position + 1], parent):
            return None
        if not isinstance(parent, ast.Call) or current not in parent.args:
            return "its consumer"
        name = last_name(parent.func)
        if name in EAGER:
            return None
        if name == "filter" and parent.args[1:] == [current] and _is_plain_test(parent.args[0]):
            current = parent
            continue
        if name not in _PASS_ON:
            return f"`{name}`" if name else "its consumer"
        current = parent
    return "its consumer"


def _unpacks_all(statement: ast.AST, value: ast.AST) -> bool:
    """Whether the statement gives names to all that the value holds, however much that is: `first, *rest = ...`."""
    if not isinstance(statement, ast.Assign) or statement.value is not value or len(statement.targets) != 1:
        return False
    target = statement.targets[0]
    return isinstance(target, ast.Tuple | ast.List) and any(isinstance(each, ast.Starred) for each in target.elts)


def _is_plain_test(test: ast.expr) -> bool:
    """Whether `filter` only looks which items are true."""
    return isinstance(test, ast.Constant | ast.Name) and ast.unparse(test) in {"None", "bool"}


def _is_calm(whole: ast.AST, first: ast.comprehension) -> bool:
    """Whether a comprehension takes all items, and does nothing with each that shows."""
    if not isinstance(whole, ast.ListComp | ast.SetComp | ast.DictComp) or whole.generators[0] is not first:
        return False
    parts = [part for part in ast.iter_child_nodes(whole) if part is not first] + [first.target, *first.ifs]
    calls = [n for part in parts for n in ast.walk(part) if isinstance(n, ast.Call)]
    return all(last_name(call.func) in _CALM for call in calls)
