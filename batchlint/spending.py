"""What requests have cost, and how they went: parts of each answer that no later request is made of.

However they limit the run, or have another model asked.
"""

from __future__ import annotations

import ast
import re

from batchlint.flow import Move, reads
from batchlint.trees import children, walk

_USAGE = re.compile(r"(token_)?usage(_metadata)?|(total|prompt|completion|input|output)_tokens|(\w+_)?cost_(usd|eur)")
_WENT = frozenset({"status_code", "is_success", "is_error", "reason_phrase"})
"""Attributes of an answer over HTTP that say whether there is one."""


def unspent(row: Move) -> Move:
    """The move without what it reads of what a request has cost, or how it went: a limit to that only ends the run."""
    spent = any(_is_usage(node) for value in row.values for node in walk(value))
    return row._replace(reads=set().union(*map(_reads_unspent, row.values))) if spent else row


def _reads_unspent(node: ast.AST) -> set[str]:
    if _is_usage(node):
        return set()
    return set().union(*map(_reads_unspent, children(node))) if any(map(_is_usage, walk(node))) else reads(node)


def _is_usage(node: ast.AST) -> bool:
    """Whether the node is the part of an answer that says how much it took, or how it went: `answer.usage`."""
    if isinstance(node, ast.Attribute):
        return node.attr in _WENT or _USAGE.fullmatch(node.attr) is not None
    key: ast.expr | None = node.slice if isinstance(node, ast.Subscript) else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
        key = node.args[0]
    return isinstance(key, ast.Constant) and isinstance(key.value, str) and _USAGE.fullmatch(key.value) is not None
