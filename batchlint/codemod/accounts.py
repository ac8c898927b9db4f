"""Calls that tell a library its account again: `genai.configure(api_key=KEY)` in a helper that each request enters."""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING

from batchlint import datafiles
from batchlint.codemod.access import Frame, is_element
from batchlint.patterns import PathTable
from batchlint.trees import children
from batchlint.values import Ext

if TYPE_CHECKING:
    from batchlint.codemod.reader import Reader

_MAX_DEPTH = 8
_LOOKING = frozenset({Ext("os.getenv"), Ext("os.environ.get")})
_PARTS = (
    ast.BoolOp,
    ast.Subscript,
    ast.Dict,
    ast.List,
    ast.Tuple,
    ast.JoinedStr,
    ast.FormattedValue,
    ast.IfExp,
    ast.boolop,
    ast.Compare,
    ast.cmpop,
)
"""What is the same where its parts are."""


@cache
def _accounts() -> PathTable[bool]:
    return PathTable((path, True) for path in datafiles.document("reruns", "accounts")["accounts"])


def is_set_by(path: str) -> bool:
    """Whether a call of `path` sets the account."""
    return bool(_accounts().find(path))


def told_by(reader: Reader, call: ast.Call, frame: Frame) -> str:
    """By what the account is told apart that the call sets; nothing where items may differ in it."""
    given = [*((None, each) for each in call.args), *((k.arg, k.value) for k in call.keywords)]
    texts = [_text(reader, value, frame, 0) for _, value in given]
    return "" if None in texts else f"{[(name, text) for (name, _), text in zip(given, texts, strict=True)]}"


def _text(reader: Reader, node: ast.AST, frame: Frame, depth: int) -> str | None:
    """What the value is for every item, as a text; None where it may be another one for some."""
    if depth > _MAX_DEPTH:
        return None
    if isinstance(node, ast.Name):
        return _name(reader, node, frame, depth)
    if isinstance(node, ast.Attribute):
        base = _text(reader, node.value, frame, depth + 1)
        return None if base is None else f"{base}.{node.attr}"
    if isinstance(node, ast.Constant):
        return repr(node.value)
    if isinstance(node, ast.Call):
        is_look = reader.program.eval(frame.function.id, node.func) <= _LOOKING
        parts: list[ast.AST] = [*node.args, *(k.value for k in node.keywords)] if is_look else [node]
    else:
        parts = list(children(node)) if isinstance(node, _PARTS) else [node]
    texts = [_text(reader, part, frame, depth + 1) if part is not node else None for part in parts]
    return None if None in texts else f"{type(node).__name__}{texts}"


def _name(reader: Reader, node: ast.Name, frame: Frame, depth: int) -> str | None:
    if node.id not in frame.local:
        return f"{frame.function.id.path}:{node.id}"
    value, around = reader.bound_once(node.id, frame)
    if value is not None:
        return _text(reader, value, around, depth + 1)
    held = sorted(frame.aliases.get(node.id, ()))
    is_one = bool(held) and not any(is_element(step) for channel in held for step in channel)
    return repr(held) if is_one and node.id in frame.stable else None
