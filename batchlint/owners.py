"""Objects that bring their part of a request along: a row that asks about itself, a prompt that is filled before."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from batchlint import flow
from batchlint.facts import FunctionFacts, LoopNode
from batchlint.flow import Move
from batchlint.graph import Edge, Graph
from batchlint.trees import walk
from batchlint.values import Fn

OWN = "self"
"""Stands among a method's parameters for its object, of which a part goes into the request."""
_OWN_NAMES = frozenset({"self", "cls"})

_WRITERS = frozenset(
    ["save", "savefig", "dump", "imwrite", "write_image", "export", "to_csv", "to_excel", "to_json", "to_parquet"]
)
"""Methods that write what their object, or another argument, holds into what they are given."""


def own_name(function: FunctionFacts) -> str | None:
    """What a method calls its own object; what is called by its class's name alone has none: `def ask(text)`."""
    first = next((each.arg for each in function.positional), None)
    if function.owner is None or first is None or function.decorators:
        return None
    return first if first in _OWN_NAMES or _has_parts(function, first) else None


def _has_parts(function: FunctionFacts, name: str) -> bool:
    """Whether the function speaks of attributes of what has the name, beside those that it calls."""
    called = {id(call.node.func) for call in function.calls}
    return any(
        isinstance(node, ast.Attribute) and id(node) not in called and ast.unparse(node.value) == name
        for node in walk(function.node)
    )


def is_own(function: FunctionFacts, node: ast.AST) -> bool:
    """Whether the node is the object whose method the function is."""
    return isinstance(node, ast.Name) and node.id == own_name(function)


def fed(statements: Iterable[ast.AST]) -> list[Move]:
    """What goes into objects that are told something and asked nothing: `one.set_text(line).set_length(5)`."""
    return [row for each in statements for node in walk(each) if isinstance(node, ast.Expr) for row in _fed(node.value)]


def _fed(node: ast.expr) -> Iterator[Move]:
    node = node.value if isinstance(node, ast.Await) else node
    values: list[ast.AST] = []
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        values += flow.request_arguments(node)
        node = node.func.value
    if isinstance(node, ast.Name) and values:
        yield Move({node.id}, tuple(values), flow.all_read(values), None)


def written(function: FunctionFacts) -> list[Move]:
    """What goes into buffers and files that others write into: `image.save(buffer)`, `json.dump(rows, file)`."""
    return [row for call in function.calls for row in _written(call.node)]


def _written(call: ast.Call) -> Iterator[Move]:
    func = call.func
    if not isinstance(func, ast.Attribute) or func.attr not in _WRITERS:
        return
    given = flow.request_arguments(call)
    for target in given:
        if isinstance(target, ast.Name):
            values = (func.value, *(each for each in given if each is not target))
            yield Move({target.id}, values, flow.all_read(values), None)


def picked(graph: Graph, edge: Edge) -> ast.expr | None:
    """The object whose method the call asks, where it tells which method of the project runs.

    In a loop that is another object in each turn, or one that is told something else before it is asked.
    """
    func = edge.node.func if isinstance(edge.node, ast.Call) else None
    if not isinstance(func, ast.Attribute) or func.attr != graph.function(edge.callee).name:
        return None
    values = graph.program.eval(edge.caller, func)
    if any(not isinstance(value, Fn) or value.id != edge.callee for value in values):
        return None
    loops = edge.loops if edge.repeats else ()
    return func.value if not loops or flow.reads(func.value) & _varying(loops) else None


def _varying(loops: Sequence[LoopNode]) -> set[str]:
    """The names of what each turn of the loops has another one of."""
    found: set[str] = set()
    for loop in loops:
        if isinstance(loop, ast.comprehension):
            found |= set(flow.targets(loop.target))
        else:
            rows = [*flow.moves([loop]), *fed(loop.body)]
            found |= set().union(*(row.given for row in rows))
    return found
