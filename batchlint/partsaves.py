"""Rows that ask a model as they are stored, but of which only other fields are: `row.save(update_fields=["rank"])`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batchlint.facts import FunctionFacts
from batchlint.places import Place, Trait

_FIELDS = "update_fields"


def traits(place: Place) -> Iterator[Trait]:
    """What speaks against the place: an answer that is given up again is not what the row is stored for."""
    graph = place.graph
    for edge in place.edges:
        call, method = edge.node, graph.function(edge.callee)
        if method.name not in graph.program.registry.storing.methods or method.owner is None:
            continue
        for keyword in call.keywords if isinstance(call, ast.Call) else ():
            if keyword.arg == _FIELDS and _made_in(method).isdisjoint(_named(keyword.value)):
                path, line = edge.caller.path, keyword.value.lineno
                yield Trait("probe", f"the row stores other fields only: `{_FIELDS}`", path, line)


def _made_in(method: FunctionFacts) -> set[str]:
    """The fields that the method itself gives values."""
    own = {each.arg for each in method.parameters[:1]}
    return {name for base, name, _ in method.attributes if isinstance(base, ast.Name) and base.id in own}


def _named(fields: ast.expr) -> set[str]:
    """The fields that are written out; who puts a list of them together puts in what he has set himself."""
    items = fields.elts if isinstance(fields, ast.List | ast.Tuple | ast.Set) else []
    return {str(each.value) for each in items if isinstance(each, ast.Constant)}
