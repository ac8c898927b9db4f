"""Loops, comprehensions and what leaves them, as they stand in the code."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Set
from typing import TypeGuard

from batchlint.symbols import last_name
from batchlint.trees import children

Loop = ast.For | ast.AsyncFor
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def comprehension_parts(node: Comprehension) -> list[ast.expr]:
    return [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]


def own_loops(body: list[ast.stmt]) -> Iterator[Loop]:
    """The outermost `for` statements in the statements, those of nested functions left out."""
    for statement in body:
        if isinstance(statement, ast.For | ast.AsyncFor):
            yield statement
        elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for name in ("body", "orelse", "finalbody"):
                block = getattr(statement, name, None)
                if isinstance(block, list):
                    yield from own_loops([s for s in block if isinstance(s, ast.stmt)])
            for handler in getattr(statement, "handlers", []):
                yield from own_loops(handler.body)
            for case in getattr(statement, "cases", []):
                yield from own_loops(case.body)


def opens(node: ast.expr) -> TypeGuard[ast.Call]:
    """Whether the expression opens a file, by its name: `open(path)`, `path.open()`."""
    return isinstance(node, ast.Call) and last_name(node.func) == "open"


def opened_in(nodes: Iterable[ast.AST]) -> Iterator[ast.expr]:
    """What `async with` opens in the nodes, which it awaits by itself."""
    for node in nodes:
        for child in ast.walk(node):
            if isinstance(child, ast.AsyncWith):
                yield from (item.context_expr for item in child.items)


def changed(node: ast.AST, methods: Set[str]) -> ast.expr | None:
    """The object that the node itself changes: by an attribute or item that it sets, or one of the methods."""
    if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
        return node.value
    is_method = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in methods
    return node.func.value if is_method else None  # type: ignore[attr-defined]


def own_exits(body: list[ast.stmt], kind: type[ast.stmt] = ast.Continue) -> Iterator[ast.stmt]:
    """The `continue` statements, or those of another kind, that belong to the loop whose body this is."""
    for statement in body:
        if isinstance(statement, kind):
            yield statement
        if isinstance(statement, ast.For | ast.AsyncFor | ast.While):
            yield from own_exits(statement.orelse, kind)
            continue
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for name in ("body", "orelse", "finalbody"):
            block = getattr(statement, name, None)
            if isinstance(block, list):
                yield from own_exits([s for s in block if isinstance(s, ast.stmt)], kind)
        for handler in getattr(statement, "handlers", []):
            yield from own_exits(handler.body, kind)
        for case in getattr(statement, "cases", []):
            yield from own_exits(case.body, kind)


LEAVING = (ast.Break, ast.Return, ast.Raise, ast.Yield, ast.YieldFrom, ast.Await)
"""What does more than to leave an item out."""


def leaving_out(body: list[ast.stmt]) -> int:
    """How many of the first statements there are as far as the last one that may leave an item out by `continue`."""
    return 1 + max((place for place, each in enumerate(body) if any(own_exits([each]))), default=-1)


def awaits(nodes: Iterable[ast.AST]) -> bool:
    """Whether the nodes give other coroutines a turn, functions in them left out."""
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith):
            return True
        if isinstance(node, ast.comprehension) and node.is_async:
            return True
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            stack.extend(children(node))
    return False


def reads_in_try(body: Iterable[ast.stmt], names: Iterable[str]) -> bool:
    """Whether a name is read where an error may be handled: what it says of a name without a value would show."""
    tries = (node for statement in body for node in ast.walk(statement) if isinstance(node, ast.Try | ast.TryStar))
    guarded = [statement for node in tries for statement in node.body]
    wanted = {*names}
    return any(
        isinstance(node, ast.Name) and node.id in wanted and isinstance(node.ctx, ast.Load)
        for statement in guarded
        for node in ast.walk(statement)
    )


def streams(keywords: Iterable[ast.keyword]) -> bool:
    """Whether a call with the keywords asks for its answer piece by piece."""
    return any(k.arg == "stream" and not (isinstance(k.value, ast.Constant) and not k.value.value) for k in keywords)


def block_of(parent: ast.AST | None, statement: ast.AST) -> list[ast.stmt]:
    """The statements among which the statement stands in its parent; none where it stands in no block of it."""
    blocks = (value for value in vars(parent).values() if isinstance(value, list)) if parent is not None else ()
    return next((block for block in blocks if any(each is statement for each in block)), [])
