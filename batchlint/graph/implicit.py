"""Methods that Python itself calls: `for page in pages` the `__iter__` of the pages, `with session` its `__enter__`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
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
            for statement in [node.body] if isinstance(node, ast.Lambda) else node.body:
                for how, each, loops, many in _uses(statement, ()):
                    found.setdefault(how, []).append(_Use(function.id, each, loops, many))
        return found


_Found = Iterator[tuple[str, ast.expr, tuple[LoopNode, ...], bool]]


def _uses(node: ast.AST, loops: tuple[LoopNode, ...]) -> _Found:
    if isinstance(node, SCOPES):
        return
    if isinstance(node, _LOOPS):
        yield from _iterated(node.iter, loops, (*loops, node))
        yield from _uses(node.iter, loops)
        for statement in (*node.body, *node.orelse):
            yield from _uses(statement, (*loops, node))
        return
    if isinstance(node, _COMPREHENSIONS):
        for generator in node.generators:
            yield from _iterated(generator.iter, loops, (*loops, generator))
            loops = (*loops, generator)
    elif isinstance(node, ast.While):
        loops = (*loops, node)
    elif isinstance(node, ast.withitem):
        yield "entered", node.context_expr, loops, False
    elif isinstance(node, ast.Subscript):
        yield "indexed", node.value, loops, False
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
        if node.func.id in {"next", "anext"}:
            yield "drawn", node.args[0], loops, False
        elif node.func.id in _ITERATING:
            yield from _iterated(node.args[0], loops, loops)
    for each in children(node):
        yield from _uses(each, loops)


def _iterated(node: ast.expr, outside: tuple[LoopNode, ...], inside: tuple[LoopNode, ...]) -> _Found:
    """What going through something does to it: it is asked for an iterator once, and that for an item each turn."""
    while isinstance(node, ast.Call) and last_name(node.func) in EACH and node.args:
        node = node.args[0]
    yield "iterated", node, outside, False
    for name in ("__iter__", "__aiter__"):
        yield "drawn", ast.copy_location(ast.Call(_attribute(node, name), [], []), node), inside, inside == outside


def _attribute(node: ast.expr, name: str) -> ast.Attribute:
    return ast.copy_location(ast.Attribute(node, name, ast.Load()), node)
