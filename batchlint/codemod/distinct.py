"""Loop variables that differ from item to item: an index, a key, a number."""

from __future__ import annotations

import ast

from batchlint.codemod.effects import MUTATORS
from batchlint.facts import FunctionFacts
from batchlint.iterables import COUNTED, NUMBERS, SAME
from batchlint.symbols import Program, last_name
from batchlint.trees import walk
from batchlint.values import Ext

_FRAMES = ("pandas.", "polars.")
_LISTED = frozenset({"tolist", "to_list", "to_numpy", "copy"})
"""Methods of a frame's index that give its labels."""


def distinct(program: Program, function: FunctionFacts, target: ast.expr, iterated: ast.expr) -> set[str]:
    """The names in the loop's head that stand for something else in each item of what it goes through."""
    iterated = _held(function, iterated)
    if isinstance(target, ast.Name) and (_is_index(function, iterated) or isinstance(iterated, ast.Set | ast.SetComp)):
        return {target.id}
    if not isinstance(iterated, ast.Call):
        return set()
    if isinstance(target, ast.Name) and program.eval(function.id, iterated.func) == {Ext("builtins.set")}:
        return {target.id}
    name = last_name(iterated.func)
    if name in SAME and iterated.args:
        return distinct(program, function, target, iterated.args[0])
    if name in NUMBERS and isinstance(target, ast.Name):
        return {target.id}
    parts = target.elts if isinstance(target, ast.Tuple) else []
    first = parts[0] if parts else None
    if name in COUNTED and isinstance(first, ast.Name):
        inner = distinct(program, function, parts[1], iterated.args[0]) if len(parts) == 2 and iterated.args else set()
        return {first.id} | inner
    if name in {"items", "iterrows"} and isinstance(first, ast.Name):
        return {first.id}
    if name in {"groupby", "group_by"} and isinstance(first, ast.Name):
        values = program.eval(function.id, iterated.func)
        is_frame = bool(values) and all(isinstance(v, Ext) and v.path.startswith(_FRAMES) for v in values)
        return {first.id} if is_frame else set()  # those of itertools come again
    return {target.id} if name == "keys" and isinstance(target, ast.Name) else set()


def _held(function: FunctionFacts, iterated: ast.expr) -> ast.expr:
    """What a variable holds that nothing else is ever bound to or put into."""
    if not isinstance(iterated, ast.Name) or iterated.id in function.parameter_names:
        return iterated
    value = function.only_value(iterated.id)
    if value is None:
        return iterated
    used = (n.attr for n in walk(function.node) if isinstance(n, ast.Attribute) and last_name(n.value) == iterated.id)
    return iterated if not MUTATORS.isdisjoint(used) else value


def _is_index(function: FunctionFacts, node: ast.expr) -> bool:
    """Whether it is the labels of a frame's rows, or of those that a test leaves: `df.index[df["name"] == ""]`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _LISTED:
        return _is_index(function, _held(function, node.func.value))
    if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.List | ast.Tuple):
        return _is_index(function, _held(function, node.value))
    return isinstance(node, ast.Attribute) and node.attr == "index"
