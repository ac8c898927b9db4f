"""Containers that a function makes and keeps to itself: nothing that a loop goes through can be one of them."""

from __future__ import annotations

import ast

from batchlint.codemod import scopes
from batchlint.codemod.access import Access
from batchlint.codemod.effects import MUTATORS
from batchlint.facts import MODULE, FunctionFacts
from batchlint.symbols import last_name
from batchlint.trees import SCOPES, parents_in, walk

_MAKING = frozenset({"list", "dict", "set", "defaultdict", "Counter", "OrderedDict", "deque"})


def without(drawing: list[Access], function: FunctionFacts, line: int) -> list[Access]:
    """What drawing an item of the loop in that line touches, without what it goes through in another call alone.

    What an earlier call of the function returned has the same name there: `failed = run(failed)`.
    """
    own = ("v", function.id.path, function.id.qualname)
    names = {access.channel[3] for access in drawing if access.channel[:3] == own and len(access.channel) > 3}
    kept = {(*own, name) for name in names if _is_kept(function, line, name)}
    return [access for access in drawing if access.channel[:4] not in kept]


def _is_kept(function: FunctionFacts, line: int, name: str) -> bool:
    """Whether the variable holds a new container to which nothing else leads before the loops around have ended."""
    if (
        not _is_new(function.only_value(name))
        or function.id.qualname == MODULE
        or name in function.parameter_names | function.outer
    ):
        return False
    parents, end = parents_in([function.node]), scopes.end_of_loops(function.node, line)
    inner = {
        id(node)
        for scope in walk(function.node)
        if isinstance(scope, SCOPES) and scope is not function.node
        for node in walk(scope)
    }
    uses = [n for n in walk(function.node) if isinstance(n, ast.Name) and n.id == name]
    return all(id(use) not in inner and (use.lineno > end or _is_inside(use, parents)) for use in uses)


def _is_new(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Call):
        return last_name(value.func) in _MAKING
    return isinstance(value, ast.List | ast.Dict | ast.Set)


def _is_inside(use: ast.Name, parents: dict[int, ast.AST]) -> bool:
    """Whether the use only puts something into the container, looks something up there, or makes it."""
    around = parents.get(id(use))
    if isinstance(around, ast.Subscript):
        return around.value is use
    if isinstance(around, ast.Attribute) and around.attr in MUTATORS:
        call = parents.get(id(around))
        return isinstance(call, ast.Call) and isinstance(parents.get(id(call)), ast.Expr)
    if isinstance(around, ast.Call):
        return last_name(around.func) == "len"
    return isinstance(use.ctx, ast.Store)
