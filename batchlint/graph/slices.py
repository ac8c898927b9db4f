"""Pauses that a program makes in slices, to look in between whether it is to end: `for _ in range(3600): sleep(1)`."""

from __future__ import annotations

import ast

from batchlint.trees import walk_own


def whole(loop: ast.For | ast.AsyncFor | ast.While, part: ast.expr) -> ast.expr | None:
    """How long the loop takes whose every turn is a pause as long as `part`; None where nothing says so."""
    if isinstance(loop, ast.While):
        return _limit(loop, part)
    turns = _turns(loop.iter)
    return ast.copy_location(ast.BinOp(turns, ast.Mult(), part), part) if turns is not None else None


def _turns(iterated: ast.expr) -> ast.expr | None:
    """How many numbers `range` gives, from nothing on."""
    if not isinstance(iterated, ast.Call) or not isinstance(iterated.func, ast.Name) or iterated.func.id != "range":
        return None
    if len(iterated.args) < 2:
        return next(iter(iterated.args), None)
    first, *rest = iterated.args
    if not isinstance(first, ast.Constant) or first.value != 0:
        return None
    if len(rest) == 1:
        return rest[0]
    return ast.copy_location(ast.BinOp(rest[0], ast.Div(), rest[1]), rest[0])


def _limit(loop: ast.While, part: ast.expr) -> ast.expr | None:
    """Up to what the loop counts what it has waited: `while waited < 3600: sleep(5); waited += 5`."""
    added = {
        node.target.id
        for statement in loop.body
        for node in walk_own(statement)
        if isinstance(node, ast.AugAssign)
        and isinstance(node.op, ast.Add)
        and isinstance(node.target, ast.Name)
        and ast.dump(node.value) == ast.dump(part)
    }
    tests = loop.test.values if isinstance(loop.test, ast.BoolOp) and isinstance(loop.test.op, ast.And) else [loop.test]
    for test in tests:
        is_counted = isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id in added
        if is_counted and isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Lt | ast.LtE):
            return test.comparators[0]
    return None
