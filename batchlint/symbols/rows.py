"""Objects that an object-relational mapper reads from tables: a manager or a query counts as what holds its rows."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.facts import ClassId, FunctionId
from batchlint.symbols.names import last_name
from batchlint.values import NOTHING, Cls, Elems, Ext, Fn, Inst, Value, Values, elements, ordered

if TYPE_CHECKING:
    from batchlint.symbols import Program


def managed(program: Program, owners: Values, name: str) -> Values:
    """The rows behind the manager of the classes among the owners, `Note.objects`, and the manager if it is known."""
    found: set[Value] = set()
    for model in _models(program, owners):
        found.add(_table(model))
        if _is_bound(program, model, name):
            given = program.attribute(model, name)
            found |= {value for value in given if isinstance(value, Inst) and is_query(program, value)}
    return frozenset(found)


def behind(program: Program, owners: Values, name: str, found: Values) -> Values:
    """The rows behind an attribute that is a manager or a query under its own name: `Note.published.recent`."""
    kinds = {value.__class__ for value in owners}
    held: Values = NOTHING
    if Cls in kinds:
        held = frozenset(_table(model) for model in _models(program, owners) if _is_manager(program, model, name))
    if Elems in kinds:
        held |= followed(program, owners, found) if found else _contents(program, owners, name)
    return held


def followed(program: Program, receivers: Values, found: Values) -> Values:
    """The rows of the receivers, where what an own method or property of their manager gave is a query again."""
    tables = frozenset([v for v in receivers if v.__class__ is Elems]) if len(receivers) > 1 else NOTHING
    if not tables or not any(isinstance(value, Inst) and is_query(program, value) for value in receivers):
        return NOTHING
    return tables if any(is_query(program, value) for value in found) else NOTHING


def is_query(program: Program, value: Value) -> bool:
    """Whether a value is a manager or a query, of a mapper's class or of one below it."""
    mapper = program.registry.mapper
    if isinstance(value, Inst):
        return any(mapper.querying.find(base.path) for base in program.mro(value.id)[1])
    if not isinstance(value, Ext):
        return False
    made, _, steps = value.path.partition("()")
    if made == value.path or not mapper.querying.find(made):
        return False
    last = steps.rstrip("()").rpartition(".")[2]
    return not last or last in mapper.keeps


def _models(program: Program, owners: Values) -> list[Cls]:
    return [value for value in owners if isinstance(value, Cls) and program.mro(value.id)[1]]


def _table(model: Cls) -> Elems:
    return Elems(frozenset({Inst(model.id, True)}))


def _is_bound(program: Program, model: Cls, name: str) -> bool:
    """Whether a class of the project gives the attribute a value: the model or one that it comes from."""
    return any(name in program.classes[each].bindings for each in program.mro(model.id)[0] if each in program.classes)


def _is_manager(program: Program, model: Cls, name: str) -> bool:
    """Whether an attribute of a class is a manager; what no class of the project defines is one where rows have any."""
    if name[0] == "_" or not name.islower():
        return False
    if _is_bound(program, model, name):
        return any(is_query(program, value) for value in program.attribute(model, name))
    return any(program.registry.mapper.models.find(base.path) for base in program.mro(model.id)[1])


def _contents(program: Program, pages: Values, name: str) -> Values:
    """What a page of a query holds, or what is parted into pages: `page.object_list`."""
    if name not in program.registry.mapper.contents:
        return NOTHING
    held = frozenset(value for value in pages if isinstance(value, Elems))
    return frozenset(value for value in elements(held) if isinstance(value, Elems)) or held


def queried(program: Program, scope: FunctionId, node: ast.Call) -> Values:
    """What a call gives that is handed a class or a query: `session.get(Note, 1)`, `get_object_or_404(notes)`."""
    mapper = program.registry.mapper
    name = last_name(node.func)
    if name in mapper.paging:
        return _paged(program, scope, node)
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


def _paged(program: Program, scope: FunctionId, node: ast.Call) -> Values:
    """The pages of a query, `Paginator(notes, 100)`; nothing where the rows are not known."""
    parted = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "object_list")]
    held = frozenset(v for each in parted for v in program.eval(scope, each) if isinstance(v, Elems) and v.values)
    return frozenset({Elems(held)}) if held else NOTHING


def drawn(program: Program, scope: FunctionId, node: ast.Call) -> Values:
    """What a method of a query gives: a query again, a row, or a row beside something else."""
    mapper = program.registry.mapper
    func = node.func
    if not isinstance(func, ast.Attribute):
        return NOTHING
    if func.attr in program.registry.storing.methods:
        held = (value for value in program.eval(scope, func.value) if isinstance(value, Inst))
        return frozenset(Inst(model, True) for value in held for model in of_form(program, value.id))
    if func.attr not in mapper.methods:
        return NOTHING
    receivers = program.eval(scope, func.value)
    if func.attr in mapper.makes:
        given = program.eval(scope, node.args[0]) if node.args else NOTHING
        return frozenset(value for value in given if isinstance(value, Cls)) or frozenset(
            Inst(value.id, True) for value in receivers if isinstance(value, Cls)
        )
    queries = frozenset(value for value in receivers if isinstance(value, Elems))
    if func.attr in mapper.keeps:
        kept = (value for value in receivers if isinstance(value, Inst) and _keeps(program, value, func.attr))
        return queries.union(*({value, *_made(program, value)} for value in kept))
    if func.attr in mapper.turns:
        return frozenset(value for value in elements(queries) if isinstance(value, Elems))
    rows = frozenset(value for value in elements(queries) if isinstance(value, Inst))
    return frozenset({Elems(rows)}) if rows and func.attr in mapper.pairs else rows


def of_form(program: Program, form: ClassId) -> list[ClassId]:
    """The classes of the rows that a form or a serializer stores: what its `Meta` names."""
    line, externals = program.mro(form)
    if not any(program.registry.storing.forms.find(each.path) for each in externals):
        return []
    metas = (ClassId(each.path, f"{each.qualname}.Meta") for each in line)
    meta = next((each for each in metas if each in program.classes), None)
    named = program.attribute(Cls(meta), "model") if meta is not None else NOTHING
    return [value.id for value in ordered(named) if isinstance(value, Cls)]


def _made(program: Program, manager: Inst) -> Values:
    """The queries that a manager makes by its own `get_queryset`."""
    methods = [value for value in program.attribute(manager, "get_queryset") if isinstance(value, Fn)]
    made = {query for method in methods for query in program.returned(method)}
    return frozenset(query for query in made if isinstance(query, Inst) and is_query(program, query))


def _keeps(program: Program, query: Inst, name: str) -> bool:
    """Whether the method gives a query of the same class, as those of the mapper do."""
    return is_query(program, query) and not any(isinstance(v, Fn) for v in program.attribute(query, name))
