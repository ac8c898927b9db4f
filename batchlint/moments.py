"""Jobs that ask a model whether now is the moment: they wake again and again, but act at some hours of the day only.

An answer that comes hours later is about a moment that has passed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batchlint import flow
from batchlint.facts import FunctionId
from batchlint.graph import Graph
from batchlint.graph.conditions import tests_before
from batchlint.graph.daytimes import comes_between
from batchlint.loops import is_item_loop
from batchlint.places import Link, Place, Trait, comes_back
from batchlint.trees import stands_in, walk
from batchlint.values import Fn

_CAME = frozenset({"choices", "content", "data", "error", "ok", "output_text", "status_code", "success", "text"})
"""Parts of an answer that say whether there is one."""


def traits(place: Place) -> Iterator[Trait]:
    """What says that on each way in an answer decides whether the job goes on now: this one, or one before."""
    if not any(reach.entry.kind.kind == "schedule" for reach in place.reaches):
        return
    first = place.links()[0]
    test = _decided(place, first)
    if test is not None and (not _is_behind(test, first) or comes_back(place, first.node)):
        yield _trait(first, test)
        return
    ways = [[Link.of(place.graph, edge) for edge in reach.edges] for reach in place.reaches]
    found = [next(((link, test) for link in way if (test := _decided(place, link))), None) for way in ways]
    shown = found[0] if None not in found else None
    if shown is not None:
        yield _trait(*shown)


def _trait(link: Link, test: ast.expr) -> Trait:
    said = f"between two times of the day a model decides whether the job goes on now: `{ast.unparse(test)}`"
    return Trait("gate", said, link.function.path, test.lineno)


def _is_behind(test: ast.expr, link: Link) -> bool:
    return test.lineno > link.node.lineno


def _decided(place: Place, link: Link) -> ast.expr | None:
    """The test at which the function is left by what the call gives, or before the call by what another one gave."""
    function = place.graph.function(link.function)
    if any(map(is_item_loop, link.loops)) or not comes_between(function, link.node):
        return None
    before = [test for test, holds in tests_before(function, link.node) if not holds]
    tests = (node for statement in flow.body(function) for node in walk(statement) if isinstance(node, ast.If))
    for each in tests:
        is_left = isinstance(each.body[-1], ast.Return) and not each.orelse
        asked = _asked(each.test) if is_left else None
        values = [b.value for b in function.bindings.get(asked or "", ()) if b.value is not None]
        if _is_behind(each.test, link):
            if any(stands_in(link.node, value) for value in values):
                return each.test
        elif each.test in before and any(_asks(place.graph, link.function, value) for value in values):
            return each.test
    return None


def _asks(graph: Graph, id: FunctionId, value: ast.expr) -> bool:
    """Whether the value is what a function gives that asks a model."""
    call = value.value if isinstance(value, ast.Await) else value
    called = graph.program.eval(id, call.func) if isinstance(call, ast.Call) else ()
    return any(isinstance(each, Fn) and graph.asks(each.id) for each in called)


def _asked(test: ast.expr) -> str | None:
    """The name of what the test asks a part of: `decision` of `not decision.send` and `decision["send"] is False`."""
    node = test.operand if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) else test
    node = node.left if isinstance(node, ast.Compare) else node
    held, part = None, ""
    if isinstance(node, ast.Attribute):
        held, part = node.value, node.attr
    elif isinstance(node, ast.Subscript):
        held, part = node.value, _text(node.slice)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
        held, part = node.func.value, _text(node.args[0])
    return held.id if isinstance(held, ast.Name) and part and part not in _CAME else None


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
