"""Numbers that a loop only counts up, and that what it calls only compares: how many more to ask, not what."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from batchlint import flow
from batchlint.facts import FunctionFacts, FunctionId, LoopNode
from batchlint.graph import Graph
from batchlint.trees import stands_in, walk
from batchlint.values import Fn

_ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_Asks = Callable[[FunctionId, ast.Call], bool]
"""Whether the call in the function comes to a model."""


def only_compared(graph: Graph, scope: FunctionId, loop: LoopNode, call: ast.Call, asks: _Asks) -> list[ast.AST]:
    """The arguments of the call that are such numbers: `asked` in `if label(row, asked): asked += 1`."""
    given = [each for each in flow.request_arguments(call) if isinstance(each, ast.Name) and _counts(loop, each.id)]
    values = graph.program.eval(scope, call.func) if given else frozenset()
    called = [graph.function(value.id) for value in values if isinstance(value, Fn)]
    if not called or len(called) < len(values):
        return []
    return [each for each in given if all(_limits(fn, flow.parameter_of(fn, call, each), asks) for fn in called)]


def _counts(loop: LoopNode, name: str) -> bool:
    """Whether the turns of the loop only add numbers of the code's own to what has the name."""
    if isinstance(loop, ast.comprehension):
        return False
    nodes = list(walk(loop))
    added = [node for node in nodes if isinstance(node, ast.AugAssign) and _is(node.target, name)]
    stored = [node for node in nodes if _is(node, name) and not isinstance(node.ctx, ast.Load)]  # type: ignore[attr-defined]
    return bool(added) and len(added) == len(stored) and all(_is_step(node) for node in added)


def _is_step(node: ast.AugAssign) -> bool:
    value = node.value
    return isinstance(node.op, ast.Add) and isinstance(value, ast.Constant) and isinstance(value.value, int)


def _limits(function: FunctionFacts, name: str | None, asks: _Asks) -> bool:
    """Whether the function only asks by the parameter if there are too many already, and then asks no model."""
    if name is None or name not in function.parameter_names or name in function.bindings:
        return False
    nodes = [node for part in flow.body(function) for node in walk(part)]
    uses = {id(node) for node in nodes if _is(node, name)}
    asking = [call.node for call in function.calls if asks(function.id, call.node)]
    for node in nodes:
        if isinstance(node, ast.If) and _skips(node, asking):
            uses -= {id(side) for side in _compared(node.test)}
    return not uses


def _skips(node: ast.If, asking: list[ast.Call]) -> bool:
    """Whether one way on from the test leads past all that the function asks a model from there on."""
    for branch, other in ((node.body, node.orelse), (node.orelse, node.body)):
        is_silent = not any(stands_in(call, part) for call in asking for part in branch)
        leaves = bool(branch) and isinstance(branch[-1], ast.Return | ast.Raise)
        below = (call for call in asking if call.lineno > node.lineno)
        if is_silent and (leaves or all(any(stands_in(call, part) for part in other) for call in below)):
            return True
    return False


def _compared(test: ast.expr) -> Iterator[ast.expr]:
    """What the test asks to be above or below something."""
    for node in walk(test):
        if isinstance(node, ast.Compare) and all(isinstance(op, _ORDER) for op in node.ops):
            yield from (node.left, *node.comparators)


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
