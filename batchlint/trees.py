"""Walking syntax trees: `ast.iter_child_nodes` and `ast.walk` without the nodes that only say how (`Load`, `Add`)."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T", bound=ast.AST)

SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
DISPLAYS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
"""Containers that are written out."""
CONTAINERS = frozenset({"list", "dict", "set", "deque", "defaultdict", "OrderedDict", "Counter"})
"""Calls that make one."""
_NO_NODES = frozenset(
    {"ctx", "op", "ops", "id", "attr", "arg", "module", "level", "kind", "type_comment", "type_ignores"}
)
"""Fields that hold no expression, statement or part of one in any kind of node."""
_NODE = ast.AST
_fields: dict[type[ast.AST], tuple[str, ...]] = {ast.Constant: ()}


def children(node: ast.AST) -> tuple[ast.AST, ...]:
    """The nodes directly below `node`, in the order of its fields.

    The node keeps them: no tree changes once it is walked, and each part of it is walked for many questions.
    """
    kept: tuple[ast.AST, ...] | None = getattr(node, "_children", None)
    if kept is None:
        kept = node._children = _below(node)  # type: ignore[attr-defined]
    return kept


def _below(node: ast.AST) -> tuple[ast.AST, ...]:
    kind = type(node)
    fields = _fields.get(kind)
    if fields is None:
        fields = _fields[kind] = tuple(name for name in kind._fields if name not in _NO_NODES)
    found: list[ast.AST] = []
    for name in fields:
        value = getattr(node, name, None)
        if value.__class__ is list:
            found += [item for item in value if isinstance(item, _NODE)]
        elif isinstance(value, _NODE):
            found.append(value)
    return tuple(found)


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """`node` and all nodes below it, level by level."""
    nodes = [node]
    for each in nodes:
        yield each
        nodes += children(each)


def parents_in(nodes: Iterable[ast.AST]) -> dict[int, ast.AST]:
    """Of all nodes below `nodes` the one that each stands in, by identity."""
    return {id(child): node for outer in nodes for node in walk(outer) for child in children(node)}


def arguments(call: ast.Call) -> list[ast.expr]:
    """What the call gives, by place or by name."""
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def length_of(node: ast.expr | None) -> ast.expr | None:
    """What `len(...)` is asked of, where the node is that call."""
    is_length = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len"
    return node.args[0] if isinstance(node, ast.Call) and is_length and node.args else None


def stands_in(node: ast.expr | ast.stmt, outer: ast.AST) -> bool:
    """Whether `node` is `outer` or stands in it."""
    line = getattr(node, "lineno", None)
    nodes = [outer]
    for each in nodes:
        if each is node:
            return True
        if line is None or not (each is outer or isinstance(each, ast.stmt)) or _has_line(each, line):
            nodes += children(each)
    return False


def _has_line(node: ast.AST, line: int) -> bool:
    """Whether the line is one of those of the node, if that has some."""
    last, decorators = getattr(node, "end_lineno", None), getattr(node, "decorator_list", None)
    first = getattr(decorators[0] if decorators else node, "lineno", 0)  # decorators stand above the first line
    return last is None or bool(first <= line <= last)


def replaced(node: T, by: Callable[[ast.Name], ast.expr]) -> T:
    """`node` with `by` of each name in place of it: a copy along the way to what changes, the node itself elsewhere."""
    if isinstance(node, ast.Name):
        return by(node)  # type: ignore[return-value]
    changed: dict[str, object] = {}
    for name, value in ast.iter_fields(node):
        new: object = value
        if isinstance(value, list):
            new = [replaced(item, by) if isinstance(item, ast.AST) else item for item in value]
            new = value if all(map(operator.is_, new, value)) else new
        elif isinstance(value, ast.AST):
            new = replaced(value, by)
        if new is not value:
            changed[name] = new
    if not changed:
        return node
    return ast.copy_location(type(node)(**{**dict(ast.iter_fields(node)), **changed}), node)


def conjuncts(test: ast.expr) -> Iterator[ast.expr]:
    """The tests all of which must hold."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for part in test.values:
            yield from conjuncts(part)
    else:
        yield test


def is_none(node: ast.AST | None) -> bool:
    """Whether the node is written `None`."""
    return isinstance(node, ast.Constant) and node.value is None


def spreads(call: ast.Call) -> bool:
    """Whether the call hands on more than is written in it: `update(*values, **options)`."""
    return any(isinstance(each, ast.Starred) for each in call.args) or any(each.arg is None for each in call.keywords)


def walk_own(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below `node` that are the same function's: nested functions, lambdas and classes are not entered."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack += [child for child in children(current) if not isinstance(child, SCOPES)]


def walk_outside_lambdas(node: ast.AST) -> Iterator[ast.AST]:
    """`node` and all nodes below it but those in lambdas."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack += [child for child in reversed(children(current)) if not isinstance(child, ast.Lambda)]
