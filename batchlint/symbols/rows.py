"""Objects that an object-relational mapper reads from tables: a manager or a query counts as what holds its rows."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.facts import FunctionId
from batchlint.symbols.names import last_name
from batchlint.values import NOTHING, Cls, Elems, Fn, Inst, Value, Values, elements

if TYPE_CHECKING:
    from batchlint.symbols import Program


def managed(program: Program, owners: Values) -> Values:
    """The rows behind the manager of the classes among the values: `Note.objects`."""
    return frozenset(
        Elems(frozenset({Inst(value.id, True)}))
        for value in owners
        if isinstance(value, Cls) and program.mro(value.id)[1]
    )


def queried(program: Program, scope: FunctionId, node: ast.Call) -> Values:
    """What a call gives that is handed a class or a query: `session.get(Note, 1)`, `get_object_or_404(notes)`."""
    mapper = program.registry.mapper
    name = last_name(node.func)
    if name not in mapper.asking or not node.args or not isinstance(node.args[0], ast.Name | ast.Attribute | ast.Call):
        return NOTHING
    held: set[Value] = set()
    for value in program.eval(scope, node.args[0]):
        if isinstance(value, Cls) and program.mro(value.id)[1]:
            held.add(Inst(value.id, True))
        elif isinstance(value, Elems):
            held |= {inner for inner in value.values if isinstance(inner, Inst)}
    if not held or any(isinstance(value, Fn) for value in program.eval(scope, node.func)):
        return NOTHING
    if isinstance(node.func, ast.Attribute) and any(isinstance(v, Elems) for v in program.eval(scope, node.func.value)):
        return NOTHING  # an entry of a table of the program's own, by a key: `LOADERS.get(kind)`
    return frozenset(held) if name in mapper.one else frozenset({Elems(frozenset(held))})


def drawn(program: Program, scope: FunctionId, node: ast.Call) -> Values:
    """What a method of a query gives: a query again, a row, or a row beside something else."""
    mapper = program.registry.mapper
    func = node.func
    if not isinstance(func, ast.Attribute) or func.attr not in mapper.methods:
        return NOTHING
    queries = frozenset(value for value in program.eval(scope, func.value) if isinstance(value, Elems))
    if func.attr in mapper.keeps:
        return queries
    rows = frozenset(value for value in elements(queries) if isinstance(value, Inst))
    return frozenset({Elems(rows)}) if rows and func.attr in mapper.pairs else rows
