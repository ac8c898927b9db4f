"""Methods that Python itself calls: `for page in pages` the `__iter__` of the pages, `with session` its `__enter__`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from batchlint.facts import FunctionFacts, FunctionId, LoopNode
from batchlint.graph.links import Edge, Part
from batchlint.iterables import EACH
from batchlint.symbols import last_name
from batchlint.trees import SCOPES, children
from batchlint.values import Fn

_ITERATING = EACH | {"list", "tuple", "set", "frozenset", "sum", "dict"}
_LOOPS = (ast.For, ast.AsyncFor)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
_METHODS = {
    "__iter__": "iterated",
    "__next__": "drawn",
    "__aiter__": "iterated",
    "__anext__": "drawn",
    "__getitem__": "indexed",
    "__enter__": "entered",
    "__exit__": "entered",
    "__aenter__": "entered",
    "__aexit__": "entered",
}
"""By the method what is done to an object that has it."""


class _Use(NamedTuple):
    """Where something is done to an object, and the loops in which it comes to the method."""

    scope: FunctionId
    object: ast.expr
    loops: tuple[LoopNode, ...]
    many: bool
    """Whether it comes to the method once per item without a loop: `list(pages)`."""


class Implicit(Part):
    def edges(self, function: FunctionFacts) -> Iterator[Edge]:
        """Where Python calls the method."""
        program, name = self.program, function.name
        for use in self._uses.get(_METHODS.get(name, ""), ()):
            methods = (each for v in program.eval(use.scope, use.object) for each in program.attribute(v, name))
            if any(isinstance(method, Fn) and method.id == function.id for method in methods):
                edge = self.edge(use.scope, function.id, _attribute(use.object, name), "call", None)
                yield edge._replace(loops=use.loops, repeats=use.many or self.repeats(use.scope, use.loops))

    @cached_property
    def _uses(self) -> dict[str, list[_Use]]:
        """What the program does to objects, by what that is."""
        found: dict[str, list[_Use]] = {}
        for function in self.program.functions.values():
            node = function.node
            for how, each, loops, many in _uses([node.body] if isinstance(node, ast.Lambda) else node.body):
                found.setdefault(how, []).append(_Use(function.id, each, loops, many))
        return found


_Found = tuple[str, ast.expr, tuple[LoopNode, ...], bool]
_LEAVES = frozenset({*SCOPES, ast.Name, ast.Constant, ast.Pass, ast.Import, ast.ImportFrom})
"""Kinds of nodes below which nothing is done to an object, or which have a turn of their own."""
_USING = frozenset({*_LOOPS, *_COMPREHENSIONS, ast.While, ast.withitem, ast.Subscript, ast.Call})


def _uses(statements: Sequence[ast.AST], loops: tuple[LoopNode, ...] = ()) -> list[_Found]:
    """What is done in the statements, each with the loops around it: all of a program comes here, node by node."""
    found: list[_Found] = []
    stack = list(reversed(statements))
    while stack:
        node = stack.pop()
        kind = node.__class__
        if kind in _LEAVES:
            continue
        if kind is ast.Attribute:
            stack.append(node.value)  # type: ignore[attr-defined]
        elif kind not in _USING:
            stack += reversed(children(node))
        elif isinstance(node, _LOOPS):
            found += _iterated(node.iter, loops, (*loops, node))
            found += _uses([node.iter], loops)
            found += _uses([*node.body, *node.orelse], (*loops, node))
        elif isinstance(node, _COMPREHENSIONS):
            inside = loops
            for generator in node.generators:
                found += _iterated(generator.iter, inside, (*inside, generator))
                inside = (*inside, generator)
            found += _uses(children(node), inside)
        elif isinstance(node, ast.While):
            found += _uses(children(node), (*loops, node))
        else:
            found += _used(node, loops)
            stack += reversed(children(node))
    return found


def _used(node: ast.AST, loops: tuple[LoopNode, ...]) -> Iterator[_Found]:
    if isinstance(node, ast.withitem):
        yield "entered", node.context_expr, loops, False
    elif isinstance(node, ast.Subscript):
        yield "indexed", node.value, loops, False
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
        if node.func.id in {"next", "anext"}:
            yield "drawn", node.args[0], loops, False
        elif node.func.id in _ITERATING:
            yield from _iterated(node.args[0], loops, loops)


def _iterated(node: ast.expr, outside: tuple[LoopNode, ...], inside: tuple[LoopNode, ...]) -> Iterator[_Found]:
    """What going through something does to it: it is asked for an iterator once, and that for an item each turn."""
    while isinstance(node, ast.Call) and last_name(node.func) in EACH and node.args:
        node = node.args[0]
    yield "iterated", node, outside, False
    for name in ("__iter__", "__aiter__"):
        yield "drawn", ast.copy_location(ast.Call(_attribute(node, name), [], []), node), inside, inside == outside


def _attribute(node: ast.expr, name: str) -> ast.Attribute:
    return ast.copy_location(ast.Attribute(node, name, ast.Load()), node)
