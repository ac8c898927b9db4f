"""Lists that are made of another collection item by item: no longer than that."""

from __future__ import annotations

import ast

from batchlint.facts import FunctionFacts
from batchlint.flow import MUTATORS, body
from batchlint.graph import Graph
from batchlint.symbols import last_name
from batchlint.trees import SCOPES, arguments, walk
from batchlint.values import Fn


def filled_in(function: FunctionFacts, name: str) -> ast.For | None:
    """The loop in which the list, which is empty at first, gets an item a turn at most, and none elsewhere."""
    value = function.only_value(name)
    if not isinstance(value, ast.List) or value.elts:
        annotated = [b.value for b in function.bindings.get(name, ()) if b.how == "value"]
        value = annotated[0] if len(annotated) == 1 else None
        if not isinstance(value, ast.List) or value.elts:
            return None
    found: list[ast.For] = []
    for call in function.calls:
        func = call.node.func
        if not isinstance(func, ast.Attribute) or not isinstance(func.value, ast.Name) or func.value.id != name:
            continue
        if func.attr not in MUTATORS:
            continue
        loop = call.loops[-1] if len(call.loops) == 1 else None
        if func.attr != "append" or not isinstance(loop, ast.For):
            return None
        found.append(loop)
    loops = {id(loop): loop for loop in found}
    one = next(iter(loops.values())) if len(loops) == 1 else None
    return one if one is not None and (len(found) == 1 or _are_branches(one, name)) else None


def put_in(graph: Graph, function: FunctionFacts, name: str) -> int | None:
    """How many items at most the function puts one by one, outside loops, into a list that is empty at first.

    None for other lists, and where more may come into it: by `+=`, or by a function that has the list or is handed it.
    """
    values = [each.value for each in function.bindings.get(name, ())]
    empty = [each for each in values if isinstance(each, ast.List) and not each.elts]
    cut = [each for each in values if isinstance(each, ast.Subscript) and _is_name(each.value, name)]
    inner = (node for part in body(function) for node in walk(part) if isinstance(node, SCOPES))
    is_shared = any(isinstance(each, ast.Name) and each.id == name for scope in inner for each in walk(scope))
    if is_shared or len(empty) != 1 or len(empty) + len(cut) != len(values):
        return None
    count = 0
    for call in function.calls:
        func = call.node.func
        if isinstance(func, ast.Attribute) and _is_name(func.value, name):
            if func.attr in MUTATORS and (func.attr != "append" or call.loops):
                return None
            count += func.attr == "append"
        elif any(_is_name(each, name) for each in arguments(call.node)) and graph.entered(function.id, call.node):
            return None
    return count or None


def _are_branches(loop: ast.For, name: str) -> bool:
    """Whether no two of the statements that the loop does one after the other put something into the list."""
    filling = [
        statement
        for statement in loop.body
        for node in walk(statement)
        if isinstance(node, ast.Attribute) and node.attr == "append" and _is_name(node.value, name)
    ]
    return len({id(statement) for statement in filling}) == 1 and isinstance(filling[0], ast.If)


def one_for_one(graph: Graph, function: FunctionFacts, name: str) -> str | None:
    """The collection of which a function of the program makes the list, with an item for each: `clean(texts)`."""
    value = function.only_value(name)
    if not isinstance(value, ast.Call) or len(value.args) != 1 or value.keywords:
        return None
    argument = value.args[0]
    called = graph.program.eval(function.id, value.func)
    makers = [graph.function(each.id) for each in called if isinstance(each, Fn)]
    if not isinstance(argument, ast.Name) or len(makers) != 1 or len(called) != 1:
        return None
    maker = makers[0]
    own = 1 if maker.owner is not None and "staticmethod" not in map(last_name, maker.decorators) else 0
    given = maker.parameters[own].arg if len(maker.parameters) > own else None
    if given is None or maker.yields or len(maker.returns) != 1:
        return None
    return argument.id if _goes_over(maker, maker.returns[0], given) else None


def _goes_over(maker: FunctionFacts, returned: ast.expr, given: str) -> bool:
    """Whether what is returned has an item at most for each of what is given."""
    if isinstance(returned, ast.ListComp):
        return len(returned.generators) == 1 and _is_name(returned.generators[0].iter, given)
    loop = filled_in(maker, returned.id) if isinstance(returned, ast.Name) else None
    return loop is not None and _is_name(loop.iter, given)


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
