"""Code that makes batches itself: what stands beside its requests is there for a reason, and stays."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from batchlint.codemod.refusals import Refused
from batchlint.facts import FunctionFacts
from batchlint.graph import Graph
from batchlint.values import Ext, Fn

_LEVELS = 2
"""How far below the requests' own function a batch is looked for."""


def check(graph: Graph, function: FunctionFacts, nodes: Iterable[ast.AST]) -> None:
    """Refused where the nodes, the helpers that they call, or the function around them submit a batch."""
    inside = {id(node) for each in nodes for node in ast.walk(each) if isinstance(node, ast.Call)}
    submission = _submission(graph, function, inside, _LEVELS) or _submission(graph, function, None, 1)
    if submission is not None:
        what = f"`{ast.unparse(submission.func)}` (line {submission.lineno}) makes batches of its own here"
        raise Refused("unsupported-shape", f"{what}; send these requests through it as well")


def _submission(graph: Graph, function: FunctionFacts, inside: set[int] | None, levels: int) -> ast.Call | None:
    program = graph.program
    calls = [c.node for c in function.calls if inside is None or id(c.node) in inside]
    below = set()
    for call in calls:
        for value in program.eval(function.id, call.func):
            if isinstance(value, Ext) and program.catalogue.is_submission(value.path):
                return call
            if isinstance(value, Fn):
                below.add(value.id)
    found = (_submission(graph, program.functions[each], None, levels - 1) for each in sorted(below) if levels)
    return next((each for each in found if each is not None), None)
