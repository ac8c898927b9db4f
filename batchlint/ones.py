"""Calls for one item only (`if len(parts) == 1: return ask_all(parts)`), or for a few samples that the code holds."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from batchlint.facts import MODULE, FunctionFacts, FunctionId, LoopNode
from batchlint.flow import reads
from batchlint.graph import Graph
from batchlint.graph.conditions import tests_before
from batchlint.loops import HANDFUL, is_item_loop
from batchlint.symbols import last_name
from batchlint.trees import arguments, length_of, walk
from batchlint.trials import gone_over, is_called_samples, is_called_trial
from batchlint.values import Inst

_SENTENCE = 5
"""Words from which on a constant is a text rather than a name or an option."""
_TRIED = 10
"""So many samples are what somebody writes down to see if it works."""
_TRYING = re.compile(r"((manual|quick|simple|smoke)(ly)? )?(test|demo|example|try)(s|ing)?\b", re.IGNORECASE)
"""How what is said of a function begins that tries something out: 'Test the service'."""
_DEEP = 5
_DRAWS = re.compile(r"listdir|scandir|walk|glob|iterdir|open|read|load|fetch|query|execute|select|find|scan|search")
"""Words in the names of calls that get more than they are given: from files, a store or the web."""


def tries_out(graph: Graph, id: FunctionId, loops: Sequence[LoopNode]) -> bool:
    """Whether a function that is called a test or a demo goes over some records or texts that stand in the code.

    Or any that does so under such a name and only shows what comes of it: `for text in test_texts: print(ask(text))`.
    """
    over = gone_over(loops)
    given = [graph.constant(id, each)[1] for each in over]
    if not given or not all(isinstance(each, ast.List | ast.Tuple) for each in given):
        return False
    if is_called_trial(graph.function(id)) or _is_announced(graph, id, over[0]):
        return all(map(_are_samples, given))
    return all(map(_are_named_samples, over, given)) and not graph.stores(id)


def _are_named_samples(name: ast.expr, node: ast.expr) -> bool:
    """Whether a few texts or records are called samples: one of them reads as such."""
    return is_called_samples(name) and any(any(map(_is_sample, row)) for row in _few_rows(node))


def _are_samples(node: ast.expr) -> bool:
    rows = _few_rows(node)
    return bool(rows) and all(any(map(_is_sample, row)) for row in rows)


def _few_rows(node: ast.expr) -> list[list[ast.expr]]:
    """The items of a list that somebody has written down, each with its parts; nothing where it holds more."""
    if not isinstance(node, ast.List | ast.Tuple) or len(node.elts) > _TRIED or not _is_literal(node):
        return []
    return [each.elts if isinstance(each, ast.Tuple) else [each] for each in node.elts]


def is_for_samples(graph: Graph, id: FunctionId, call: ast.expr) -> bool:
    """Whether all that the call is given stands in the code, with two or three records or texts among it to try.

    In what only tries something out, so is what it had made of them: `ranked = rank(articles)`.
    """
    if not isinstance(call, ast.Call) or not call.args:
        return False
    made = _DEEP if _is_trial(graph.function(id)) or _is_announced(graph, id, call) else 0
    given = [_written(graph, id, each, made) for each in arguments(call)]
    lists = [each for each in given if isinstance(each, ast.List | ast.Tuple)]
    are_few = bool(lists) and all(0 < len(each.elts) <= HANDFUL and all(map(_is_sample, each.elts)) for each in lists)
    return are_few and all(map(_is_literal, given))


def _is_trial(function: FunctionFacts) -> bool:
    """Whether the function's name or its first words say that it tries something out."""
    documented = isinstance(function.node, ast.FunctionDef | ast.AsyncFunctionDef)
    said = ast.get_docstring(function.node) or "" if documented else ""  # type: ignore[arg-type]
    return is_called_trial(function) or _TRYING.match(said) is not None


def _is_announced(graph: Graph, id: FunctionId, node: ast.expr) -> bool:
    """Whether the node stands where a file starts itself, and that begins with `print("Testing the service")`."""
    module = graph.modules[id.path]
    if id.qualname != MODULE or module.main_line is None or node.lineno < module.main_line:
        return False
    block = next((each for each in module.tree.body if each.lineno == module.main_line), None)
    first = block.body[0] if isinstance(block, ast.If) else None
    call = first.value if isinstance(first, ast.Expr) else None
    said = call.args[0] if isinstance(call, ast.Call) and last_name(call.func) == "print" and call.args else None
    text = said.value if isinstance(said, ast.Constant) and isinstance(said.value, str) else ""
    return _TRYING.match(text.lstrip("=-*# \n")) is not None


def _written(graph: Graph, id: FunctionId, node: ast.expr, steps: int) -> ast.expr:
    """What stands in the code where the node is that, or where calls made it of nothing else; else its value."""
    scope, value = graph.constant(id, node)
    call = value.value if isinstance(value, ast.Await) else value
    if steps and isinstance(call, ast.Call) and call.args and not _DRAWS.search(last_name(call.func)):
        given = [_written(graph, scope, each, steps - 1) for each in arguments(call)]
        if all(map(_is_literal, given)):
            return next((each for each in given if isinstance(each, ast.List | ast.Tuple)), value)
    return value


def goes_over_given(function: FunctionFacts, loops: Sequence[LoopNode]) -> bool:
    """Whether all loops over items go over what the function is given, or what it makes of that."""
    over = [loop.iter for loop in loops if not isinstance(loop, ast.While) and is_item_loop(loop)]
    return bool(over) and all(_is_given(function, each, _DEEP) for each in over)


def _is_given(function: FunctionFacts, node: ast.expr, steps: int) -> bool:
    names = reads(node)
    if any(isinstance(each, ast.Call) and _DRAWS.search(last_name(each.func)) for each in walk(node)):
        return False
    if not names.isdisjoint(function.parameter_names - {"self", "cls"}):
        return True
    values = [b.value for name in names for b in function.bindings.get(name, ()) if b.value is not None]
    return steps > 0 and any(_is_given(function, each, steps - 1) for each in values)


def _is_sample(node: ast.expr) -> bool:
    """Whether a literal is a record or a text, rather than one of a few options."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and len(node.value.split()) >= _SENTENCE
    return isinstance(node, ast.Dict) and len(node.keys) > 1


def _is_literal(node: ast.expr) -> bool:
    held = (ast.Constant, ast.Dict, ast.List, ast.Tuple, ast.expr_context)
    return all(isinstance(each, held) for each in walk(node))


def is_for_one(graph: Graph, id: FunctionId, call: ast.expr) -> bool:
    """Whether a test before the call says that what it is given, or its own object, has one item."""
    if not isinstance(call, ast.Call):
        return False
    function = graph.function(id)
    counts = [count for test, holds in tests_before(function, call) if holds for count in _ones(test)]
    if not counts:
        return False
    measured = (length_of(_value(function, count)) for count in counts)
    lengths = {ast.dump(of) for of in measured if of is not None}
    given = [each for argument in arguments(call) for each in (argument, _drawn_from(function, argument))]
    if not lengths.isdisjoint(ast.dump(each) for each in given if each is not None):
        return True
    owner = ast.dump(call.func.value) if isinstance(call.func, ast.Attribute) else None
    fields = [each for each in counts if isinstance(each, ast.Attribute) and ast.dump(each.value) == owner]
    return any(_is_count(graph, id, field) for field in fields)


def _drawn_from(function: FunctionFacts, node: ast.expr) -> ast.expr | None:
    """What the expression is the first or another item of: `paths` of `paths[0]`."""
    value = _value(function, node)
    is_item = isinstance(value, ast.Subscript) and isinstance(value.slice, ast.Constant)
    return value.value if isinstance(value, ast.Subscript) and is_item else None


def _ones(test: ast.expr) -> Iterator[ast.expr]:
    """What is one where the test holds."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for value in test.values:
            yield from _ones(value)
    elif isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
        sides = (test.left, test.comparators[0])
        yield from (other for one, other in (sides, sides[::-1]) if isinstance(one, ast.Constant) and one.value == 1)


def _value(function: FunctionFacts, count: ast.expr) -> ast.expr | None:
    """The expression, or what the function binds the name to that it is."""
    return function.only_value(count.id) if isinstance(count, ast.Name) else count


def _is_count(graph: Graph, id: FunctionId, field: ast.Attribute) -> bool:
    """Whether the object's class keeps there how many items the object has."""
    owners = [value.id for value in graph.program.eval(id, field.value) if isinstance(value, Inst)]
    writes = [graph.program.self_writes.get(each, {}).get(field.attr, []) for each in owners]
    kept = [binding.value for found in writes for _, binding in found]
    return bool(kept) and all(length_of(each) is not None for each in kept)
