"""What comes back from a function that a thread or an executor runs: `client = await asyncio.to_thread(make)`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.facts import FunctionId
from batchlint.symbols.names import is_partial
from batchlint.values import NOTHING, Ext, Values

if TYPE_CHECKING:
    from batchlint.symbols import Program


def gives(program: Program, scope: FunctionId, node: ast.Call, value: Ext) -> Values:
    """What the function gives that the call hands over to be run, where it waits for that."""
    handovers = program.registry.handovers.find(value.path)
    position = next((each.argument for each in handovers if each.gives), None)
    if position is None or len(node.args) <= position or any(isinstance(each, ast.Starred) for each in node.args):
        return NOTHING
    run = program.run_inside.get(id(node))
    if run is None:
        run = program.run_inside[id(node)] = _run(node.args[position], node.args[position + 1 :], node.keywords)
        ast.copy_location(run, node)
    return program.eval(scope, run)


def _run(function: ast.expr, arguments: list[ast.expr], keywords: list[ast.keyword]) -> ast.Call:
    """The call that the executor makes."""
    if is_partial(function):
        return _run(function.args[0], [*function.args[1:], *arguments], [*function.keywords, *keywords])
    return ast.Call(func=function, args=arguments, keywords=keywords)
