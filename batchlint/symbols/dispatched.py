"""Functions of which one is called by what it is given: `@functools.singledispatch` and what is registered with it."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from batchlint.facts import FunctionFacts, FunctionId
from batchlint.symbols.names import last_name

if TYPE_CHECKING:
    from batchlint.symbols import Program

_DISPATCHING = frozenset({"singledispatch", "singledispatchmethod"})


def registered(program: Program) -> Mapping[FunctionId, Sequence[FunctionId]]:
    """By a function that dispatches, those that are registered with it, by `@name.register` of whatever file."""
    heads: dict[str, list[FunctionFacts]] = {}
    for function in program.functions.values():
        if function.decorators and not _DISPATCHING.isdisjoint(map(last_name, function.decorators)):
            heads.setdefault(function.name, []).append(function)
    found: dict[FunctionId, list[FunctionId]] = {}
    for function in program.functions.values() if heads else ():
        for decorator in function.decorators:
            named = decorator.func if isinstance(decorator, ast.Call) else decorator
            if isinstance(named, ast.Attribute) and named.attr == "register":
                for head in heads.get(last_name(named.value), ()):
                    if head.owner == function.owner:
                        found.setdefault(head.id, []).append(function.id)
    return found
