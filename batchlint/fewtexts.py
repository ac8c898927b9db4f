"""Calls that take a whole collection where the way in gives one item or a few: `store.add_documents([document])`."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from batchlint import listings
from batchlint.facts import FunctionFacts
from batchlint.flow import MUTATORS
from batchlint.graph import Graph
from batchlint.loops import HANDFUL
from batchlint.places import Link, given_above
from batchlint.symbols import last_name

_DEEP = 8
"""Steps from the request back to where the collection is written out."""
_SAME = frozenset({"list", "tuple", "set", "sorted", "reversed"})


def is_few(graph: Graph, way: Sequence[Link], node: ast.expr, seen: frozenset[tuple[int, str]] = frozenset()) -> bool:
    """Whether the collection, in the function of the last call on the way, is written out with one item or a few."""
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return 0 < len(node.elts) <= HANDFUL and not any(isinstance(each, ast.Starred) for each in node.elts)
    if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp):
        return len(node.generators) == 1 and is_few(graph, way, node.generators[0].iter, seen)
    if isinstance(node, ast.Call):
        is_same = last_name(node.func) in _SAME and len(node.args) == 1
        return is_same and is_few(graph, way, node.args[0], seen)
    if not isinstance(node, ast.Name) or len(seen) > _DEEP:
        return False
    if (len(way), node.id) in seen:
        return True  # what is left of the collection that the name stood for before
    return _is_few_named(graph, way, node, seen | {(len(way), node.id)})


def _is_few_named(graph: Graph, way: Sequence[Link], name: ast.Name, seen: frozenset[tuple[int, str]]) -> bool:
    function = graph.function(way[-1].function)
    loop = listings.filled_in(function, name.id)
    if loop is not None:
        return is_few(graph, way, loop.iter, seen)
    if _grows(function, name.id):
        return False
    bindings = function.bindings.get(name.id, ())
    sources = [each.value if each.how == "value" else None for each in bindings if each.how != "annotation"]
    if name.id not in function.parameter_names:
        return bool(sources) and all(each is not None and is_few(graph, way, each, seen) for each in sources)
    given = given_above(graph, way, name.id)
    changed = all(each is not None and is_few(graph, way, each, seen) for each in sources)
    return given is not None and changed and is_few(graph, way[:-1], given, seen)


def _grows(function: FunctionFacts, name: str) -> bool:
    """Whether the function puts more into what it has under the name."""
    changed = (call.node.func for call in function.calls if isinstance(call.node.func, ast.Attribute))
    return any(isinstance(f.value, ast.Name) and f.value.id == name and f.attr in MUTATORS for f in changed)
