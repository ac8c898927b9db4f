"""Loops over what is to run rather than over what it runs on: `for stage in stages: context = stage.run(context)`."""

from __future__ import annotations

import ast

from batchlint.facts import LoopNode
from batchlint.trees import walk


def runs_stages(loop: LoopNode, call: ast.expr) -> bool:
    """Whether each turn of the loop calls something else, which the turn's item says."""
    if not isinstance(loop, ast.For | ast.AsyncFor) or not isinstance(call, ast.Call):
        return False
    called = _names(call.func)
    return bool(called) and called <= _told_by_item(loop)


def _told_by_item(loop: ast.For | ast.AsyncFor) -> set[str]:
    """The names that the loop's item gives, by itself or through other names of the turn."""
    told = _names(loop.target)
    assigned = [
        node
        for statement in loop.body
        for node in walk(statement)
        if isinstance(node, ast.Assign) and len(node.targets) == 1
    ]
    for node in assigned:
        if _names(node.value) & told and not _names(node.targets[0]) & _names(node.value):
            told |= _names(node.targets[0])
    return told


def _names(node: ast.AST) -> set[str]:
    return {each.id for each in walk(node) if isinstance(each, ast.Name)}
