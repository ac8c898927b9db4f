"""Pauses that are slept in short parts, so that the end of the program is noticed: `for _ in range(600): sleep(1)`."""

from __future__ import annotations

import ast

from batchlint.symbols import last_name

_LEAVES = (ast.Break, ast.Return)


def slept(node: ast.AST) -> ast.expr | None:
    """How long a loop sleeps in all that does nothing else, as an expression; None where it is none."""
    if isinstance(node, ast.For | ast.AsyncFor):
        nap, count = _nap(node.body), _count(node.iter)
        return ast.BinOp(nap, ast.Mult(), count) if nap is not None and count is not None else None
    return _until(node) if isinstance(node, ast.While) else None


def _until(loop: ast.While) -> ast.expr | None:
    """The time that a loop counts up to: `while waited < 600 and running: sleep(5); waited += 5`."""
    steps = [each for each in loop.body if isinstance(each, ast.AugAssign) and isinstance(each.op, ast.Add)]
    nap = _nap([each for each in loop.body if each not in steps])
    if nap is None or len(steps) != 1 or ast.dump(steps[0].value) != ast.dump(nap):
        return None
    tests = loop.test.values if isinstance(loop.test, ast.BoolOp) and isinstance(loop.test.op, ast.And) else [loop.test]
    for test in tests:
        is_limit = isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Lt | ast.LtE)
        if is_limit and isinstance(test, ast.Compare) and last_name(test.left) == last_name(steps[0].target):
            return test.comparators[0]
    return None


def _nap(body: list[ast.stmt]) -> ast.expr | None:
    """How long the only call sleeps in statements of which the others just leave."""
    rest = [each for each in body if not (isinstance(each, ast.If) and isinstance(each.body[-1], _LEAVES))]
    if len(rest) != 1 or not isinstance(rest[0], ast.Expr):
        return None
    value = rest[0].value
    call = value.value if isinstance(value, ast.Await) else value
    is_nap = isinstance(call, ast.Call) and last_name(call.func) == "sleep" and len(call.args) == 1
    return call.args[0] if is_nap and isinstance(call, ast.Call) else None


def _count(iterated: ast.expr) -> ast.expr | None:
    is_range = isinstance(iterated, ast.Call) and last_name(iterated.func) == "range" and len(iterated.args) == 1
    return iterated.args[0] if is_range and isinstance(iterated, ast.Call) else None
