"""Loops that ask one thing: over a collection of which the caller gives one item or a few, or over places to search."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from batchlint import listings
from batchlint.facts import FunctionFacts, FunctionId, LoopNode
from batchlint.flow import MUTATORS, all_read, moves, reads, request_arguments, targets
from batchlint.graph import Graph
from batchlint.iterables import CHUNKED, EACH
from batchlint.loops import HANDFUL, is_item_loop
from batchlint.symbols import last_name
from batchlint.values import Fn

_DISPLAYS = (ast.List, ast.Tuple, ast.Set)
_PASSING = EACH | CHUNKED
_CUTS = re.compile(
    r"(^|_)(split|splitlines|chunk|segment|sentence|sent|paragraph|passage)(s|ed|er)?(_|$)", re.IGNORECASE
)
"""Names of calls that give the parts of a text."""
_PORTIONS = re.compile(r"(^|_)(batch|chunk|portion|slice|window)(es|s|ed)?(_|$)", re.IGNORECASE)
"""Names of calls that give a collection a few items at a time."""
_SAME = frozenset({"list", "tuple", "sorted", "reversed", "set"})
_REST = re.compile(
    r"(^|_)(remaining|rest|left|missing|pending|failed|(un|not_)(processed|finished|done))(_|$)", re.IGNORECASE
)
"""Names of calls that give those of a collection with which something is still to be done."""
_DEEP = 5
"""Steps from what a call is given to where it is written out, and calls by which it is passed on."""
_SENTENCE = 5
"""Words from which on a constant is a text rather than a name or a path."""


def all_give_one(graph: Graph, id: FunctionId, loops: Sequence[LoopNode]) -> bool:
    """Whether all who call the function give one item, or a few, for what the loops in it go over.

    Or whether it puts so many into a list itself, one by one.
    """
    if _have_few(graph, graph.function(id), loops):
        return True
    calls = _calls_of(graph, id)
    return bool(calls) and all(gives_one(graph, [call], id, loops) for call in calls)


def gives_one(
    graph: Graph, calls: Sequence[tuple[FunctionId, ast.expr]], id: FunctionId, loops: Sequence[LoopNode]
) -> bool:
    """Whether the calls give the function one item for what the loops in it go over, or a few that it returns.

    The first of the calls is that of the function, each of the others is that of the function the one before stands in.
    """
    function = graph.function(id)
    if _have_few(graph, function, loops):
        return True
    names = [_collection(graph, function, loop, loops) for loop in loops if is_item_loop(loop)]
    return bool(names) and all(name is not None and _is_one(graph, calls, function, name) for name in names)


def _have_few(graph: Graph, function: FunctionFacts, loops: Sequence[LoopNode]) -> bool:
    """Whether the loops go over one item that the function has put into a list: `if topic: topics.append(topic)`.

    Or over two or three, where it stores nothing itself.
    """
    gone = [loop.iter for loop in loops if is_item_loop(loop) and not isinstance(loop, ast.While)]
    names = [each.id for each in gone if isinstance(each, ast.Name)]
    counts = [listings.put_in(graph, function, name) for name in names]
    most = 1 if graph.stores(function.id) else HANDFUL
    is_all = bool(names) and len(names) == sum(map(is_item_loop, loops))
    return is_all and all(count is not None and count <= most for count in counts)


def asks_one_thing(call: ast.expr, loops: Sequence[LoopNode]) -> bool:
    """Whether the loops only go over places that are all searched for the same: `store.similarity_search(query)`."""
    func = call.func if isinstance(call, ast.Call) else None
    if not isinstance(call, ast.Call) or not isinstance(func, ast.Attribute):
        return False
    gone = [loop for loop in loops if is_item_loop(loop)]
    if not gone or any(isinstance(loop, ast.While) for loop in gone):
        return False
    items = {name for loop in gone if not isinstance(loop, ast.While) for name in targets(loop.target)}
    rows = [row for loop in gone if not isinstance(loop, ast.comprehension) for row in moves(loop.body)]
    asked = all_read(request_arguments(call))
    return not items.isdisjoint(reads(func.value)) and asked.isdisjoint(items.union(*(row.given for row in rows)))


def _collection(
    graph: Graph, function: FunctionFacts, loop: LoopNode, loops: Sequence[LoopNode], depth: int = 0
) -> str | None:
    """The parameter that the loop goes over, all or in chunks, or what is made of one; None for something else.

    One of the `loops` may go over the chunks: `for batch in batches(texts): for text in batch`; or go on as long as
    something is left: `while left: ...; left = missing(texts)`.
    """
    if isinstance(loop, ast.While):
        is_left = isinstance(loop.test, ast.Name) and not _grows(function, loop.test)
        return _passed_on(function, loop.test) if is_left else None
    name = _gone_over(function, loop.iter)
    if name is None or name in function.parameter_names or _makers(function, name):
        return name
    filled = listings.filled_in(function, name) if depth < _DEEP else None
    if filled is not None:
        return _collection(graph, function, filled, (), depth + 1)
    given = listings.one_for_one(graph, function, name)
    if given is not None:
        return given if given in function.parameter_names else None
    outer = (each for each in loops if each is not loop and not isinstance(each, ast.While))
    chunks = next((each for each in outer if isinstance(each.target, ast.Name) and each.target.id == name), None)
    is_portion = isinstance(chunks, ast.For | ast.AsyncFor | ast.comprehension) and _gives_portions(chunks.iter)
    return _collection(graph, function, chunks, ()) if chunks is not None and is_portion else None


def _gives_portions(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and _PORTIONS.search(last_name(node.func)) is not None


def _makers(function: FunctionFacts, name: str) -> list[set[str]]:
    """The parameters in each call that cuts the collection from them: `parts = split(text)`; nothing for others."""
    found: list[set[str]] = []
    for binding in function.bindings.get(name, ()):
        if not isinstance(binding.value, ast.Call) or not _CUTS.search(last_name(binding.value.func)):
            return []
        found.append(all_read([*request_arguments(binding.value), binding.value.func]) & function.parameter_names)
    return found if all(found) else []


def _gone_over(function: FunctionFacts, node: ast.expr) -> str | None:
    """The name of the collection, through what only counts, cuts or shows it."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        return _gone_over(function, node.value)
    if isinstance(node, ast.Call):
        name = last_name(node.func)
        values = [function.only_value(each.id) if isinstance(each, ast.Name) else each for each in node.args]
        counted = [each for each in values if isinstance(each, ast.Call) and last_name(each.func) == "len"]
        is_passing = name in _PASSING or _gives_portions(node)
        inner = counted[0].args if name == "range" and counted else node.args if is_passing else []
        return _gone_over(function, inner[0]) if inner else None
    return node.id if isinstance(node, ast.Name) else None


def _is_one(
    graph: Graph, calls: Sequence[tuple[FunctionId, ast.expr]], function: FunctionFacts, name: str, depth: int = 0
) -> bool:
    caller, call = calls[0]
    if not isinstance(call, ast.Call):
        return False
    callers = graph.program.callers
    given = callers.argument(call, function, name) if name in function.parameter_names else None
    makers = _makers(function, name) if given is None else []
    if makers:
        texts = {each for names in makers for each in names}
        return all(_is_written(graph, caller, callers.argument(call, function, each)) for each in texts)
    if given is None or any(isinstance(each, ast.Starred) for each in call.args):
        return False
    wrapped = [b.value for b in function.bindings.get(name, ()) if b.how == "value"]
    if any(not _is_of(each, name) for each in wrapped):
        return False
    items = _written_out(graph, caller, given)
    if items is not None:
        return len(items) == 1 or (1 < len(items) <= HANDFUL and not graph.stores(function.id))
    is_put_in_list = any(isinstance(each, _DISPLAYS) and len(each.elts) == 1 for each in wrapped)
    if is_put_in_list and graph.types(caller, given) == frozenset({"str"}):
        return True
    holder = graph.function(caller)
    passed = _passed_on(holder, given)
    if passed is None or depth == _DEEP:
        return False
    above = [calls[1:]] if len(calls) > 1 else [[call] for call in _calls_of(graph, caller)]
    return bool(above) and all(_is_one(graph, each, holder, passed, depth + 1) for each in above)


def _calls_of(graph: Graph, id: FunctionId) -> list[tuple[FunctionId, ast.expr]]:
    return [(edge.caller, edge.node) for edge in graph.edges_to(id) if not graph.is_test(edge.caller.path)]


def _passed_on(function: FunctionFacts, node: ast.expr, depth: int = 0) -> str | None:
    """The parameter of which the collection is a part: a slice or a copy of it, or what is left of it."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        return _passed_on(function, node.value, depth)
    if isinstance(node, ast.Call):
        func = node.func
        is_copy = isinstance(func, ast.Attribute) and func.attr == "copy" and not node.args
        if is_copy and isinstance(func, ast.Attribute):
            return _passed_on(function, func.value, depth)
        is_part = last_name(func) in _SAME or _REST.search(last_name(func)) is not None
        return _passed_on(function, node.args[0], depth) if is_part and len(node.args) == 1 else None
    if not isinstance(node, ast.Name) or depth == _DEEP:
        return None
    bindings = function.bindings.get(node.id, [])
    if not bindings:
        return node.id if node.id in function.parameter_names else None
    values = [each.value for each in bindings if each.how == "value" and each.value is not None]
    found = {_passed_on(function, value, depth + 1) for value in values}
    is_own = node.id not in function.parameter_names and len(values) == len(bindings)
    return found.pop() if is_own and len(found) == 1 else None


def _written_out(graph: Graph, id: FunctionId, node: ast.expr, depth: int = 0) -> list[ast.expr] | None:
    """The items of a collection that the code writes out: in a display, or each made of an item of one.

    Also where a function gives it: `prompts = [{"kind": kind} for kind in ("summary", "title")]; return prompts`.
    """
    if isinstance(node, _DISPLAYS):
        return None if any(isinstance(each, ast.Starred) for each in node.elts) else node.elts
    if depth == _DEEP:
        return None
    if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp):
        return _written_out(graph, id, node.generators[0].iter, depth + 1) if len(node.generators) == 1 else None
    scope, value = graph.constant(id, node)
    if value is not node:
        return None if _grows(graph.function(scope), node) else _written_out(graph, scope, value, depth + 1)
    called = graph.program.eval(id, node.func) if isinstance(node, ast.Call) else ()
    functions = [graph.function(each.id) for each in called if isinstance(each, Fn)]
    if len(functions) != 1 or len(called) != 1 or functions[0].is_generator or len(functions[0].returns) != 1:
        return None
    return _written_out(graph, functions[0].id, functions[0].returns[0], depth + 1)


def _grows(function: FunctionFacts, name: ast.expr) -> bool:
    """Whether the function puts more into the collection that it has under the name."""
    changed = (call.node.func for call in function.calls if isinstance(call.node.func, ast.Attribute))
    receivers = (func.value for func in changed if func.attr in MUTATORS)
    held = [*receivers, *(container for container, _ in function.items)]
    return any(isinstance(each, ast.Name) and isinstance(name, ast.Name) and each.id == name.id for each in held)


def _is_written(graph: Graph, caller: FunctionId, node: ast.expr | None) -> bool:
    """Whether the argument is a text that stands in the code: a sample, of which the parts are few."""
    value = graph.constant(caller, node)[1] if node is not None else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str) and len(value.value.split()) >= _SENTENCE


def _is_of(node: ast.expr | None, name: str) -> bool:
    """Whether what a collection is replaced by is made of its own items: `texts = [clean(each) for each in texts]`."""
    if isinstance(node, _DISPLAYS):
        return len(node.elts) == 1 and isinstance(node.elts[0], ast.Name) and node.elts[0].id == name
    if not isinstance(node, ast.ListComp) or len(node.generators) != 1:
        return False
    return isinstance(node.generators[0].iter, ast.Name) and node.generators[0].iter.id == name
