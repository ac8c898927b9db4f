"""Base classes of Celery tasks that keep a client, or the like, for all runs of a worker, and do nothing else."""

from __future__ import annotations

import ast

from batchlint.codemod.paths import function_body
from batchlint.facts import MODULE, FunctionFacts, FunctionId
from batchlint.symbols import PROPERTIES, Program, last_name
from batchlint.trees import parents_in, walk
from batchlint.values import Cls, Ext

_SETTINGS = frozenset({"abstract", "ignore_result"})


def members(program: Program, task: FunctionFacts, base: ast.expr) -> frozenset[str] | None:
    """What objects of the task's base class have of their own; None where the class does more than keep things."""
    values = program.eval(FunctionId(task.id.path, MODULE), base)
    if len(values) != 1 or not isinstance(value := next(iter(values)), Cls):
        return None
    line, foreign = program.mro(value.id)
    facts = program.classes.get(value.id)
    plain = isinstance(facts and facts.node.bases and facts.node.bases[0], ast.Name | ast.Attribute)
    if facts is None or len(line) != 1 or not plain or {last_name(b) for b in facts.node.bases} != {"Task"}:
        return None
    if not all(isinstance(each, Ext) and each.path.partition(".")[0] == "celery" for each in foreign):
        return None
    own = frozenset(facts.bindings)
    for statement in facts.node.body:
        if isinstance(statement, ast.FunctionDef):
            if not _keeps(statement, own):
                return None
        elif not _sets_constant(statement):
            return None
    return own - _SETTINGS


def uses_only(task: FunctionFacts, receiver: str, own: frozenset[str]) -> bool:
    """Whether the task asks its object for nothing but what its base class keeps."""
    body = function_body(task)
    parents = parents_in(body)
    uses = (n for s in body for n in walk(s) if isinstance(n, ast.Name) and n.id == receiver)
    return all(_is_read(parents.get(id(use)), own) for use in uses)


def _is_read(parent: ast.AST | None, own: frozenset[str]) -> bool:
    return isinstance(parent, ast.Attribute) and isinstance(parent.ctx, ast.Load) and parent.attr in own


def _sets_constant(statement: ast.stmt) -> bool:
    """Whether the statement of a class says nothing, or how objects begin: `_client = None`."""
    if isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    ):
        return True
    if isinstance(statement, ast.AnnAssign):
        targets: list[ast.expr] = [statement.target]
    elif isinstance(statement, ast.Assign):
        targets = statement.targets
    else:
        return False
    is_plain = statement.value is None or isinstance(statement.value, ast.Constant)
    names = [each.id for each in targets if isinstance(each, ast.Name)]
    return is_plain and len(names) == len(targets) and all(n in _SETTINGS or n.startswith("_") for n in names)


def _keeps(method: ast.FunctionDef, own: frozenset[str]) -> bool:
    """Whether the property gives out what it makes the first time, from nothing that belongs to one run."""
    if len(method.decorator_list) != 1 or last_name(method.decorator_list[0]) not in PROPERTIES:
        return False
    receiver = method.args.args[0].arg if method.args.args else ""
    parents = parents_in([method])
    for node in walk(method):
        if not isinstance(node, ast.Name) or node.id != receiver:
            continue
        attribute = parents.get(id(node))
        if not isinstance(attribute, ast.Attribute) or attribute.attr not in own:
            return False
        if isinstance(attribute.ctx, ast.Load):
            continue
        stored = parents.get(id(attribute))
        tested = parents.get(id(stored)) if isinstance(stored, ast.Assign) else None
        if not isinstance(tested, ast.If) or attribute.attr not in ast.unparse(tested.test):
            return False
    return not any(isinstance(node, ast.Global | ast.Nonlocal | ast.For | ast.While) for node in walk(method))
