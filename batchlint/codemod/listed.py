"""The items of a list that is written down, as far as everything that holds it only goes through it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.facts import FunctionId
from batchlint.symbols import last_name
from batchlint.trees import walk

if TYPE_CHECKING:
    from batchlint.codemod.support import Support

_MAX_DEPTH = 4
_COPYING = frozenset({"list", "tuple"})
_LEAVING = _COPYING | {"len"}
"""What leaves a list as it is that it is given."""
Item = tuple[FunctionId, ast.expr]


def items(support: Support, scope: FunctionId, listed: ast.expr, depth: int = 0) -> list[Item]:
    """The items, each with where it stands: of a display, a name of one, an attribute or what callers hand over.

    None where one of them is not known.
    """
    program = support.program
    if depth > _MAX_DEPTH:
        return []
    if isinstance(listed, ast.Call) and last_name(listed.func) in _COPYING and len(listed.args) == 1:
        return items(support, scope, listed.args[0], depth + 1)
    if isinstance(listed, ast.Attribute):
        stored = [(f.id, b.value) for w in program.self_writes.values() for f, b in w.get(listed.attr, ())]
        place, value = stored[0] if len(stored) == 1 else (scope, None)
        is_kept = value is not None and all(map(_goes_through, _uses_of_attribute(support, listed.attr)))
        return items(support, place, value, depth + 1) if value is not None and is_kept else []
    function = program.functions[scope]
    if isinstance(listed, ast.Name) and listed.id in function.parameter_names:
        given = [items(support, at, each, depth + 1) for at, _, each in support.callbacks.handed(scope, listed.id)]
        is_kept = all(map(_goes_through, _uses(function.node, listed.id)))
        return [item for found in given for item in found] if is_kept and all(given) else []
    place, value = support.graph.constant(scope, listed)
    if not isinstance(value, ast.List | ast.Tuple):
        return []
    tree = support.graph.modules[scope.path].tree
    if isinstance(listed, ast.Name) and not all(map(_goes_through, _uses(tree, listed.id))):
        return []
    return [(place, item) for item in value.elts]


Use = tuple[ast.expr, ast.AST]
"""A read, and what it stands in."""


def _uses(scope: ast.AST, name: str) -> list[Use]:
    pairs = ((child, parent) for parent in walk(scope) for child in ast.iter_child_nodes(parent))
    return [(n, p) for n, p in pairs if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)]


def _uses_of_attribute(support: Support, name: str) -> list[Use]:
    trees = [module.tree for module in support.graph.modules.values() if f".{name}" in module.text]
    pairs = ((child, parent) for tree in trees for parent in walk(tree) for child in ast.iter_child_nodes(parent))
    return [(n, p) for n, p in pairs if isinstance(n, ast.Attribute) and n.attr == name and isinstance(n.ctx, ast.Load)]


def _goes_through(use: Use) -> bool:
    node, parent = use
    if isinstance(parent, ast.Call):
        return last_name(parent.func) in _LEAVING and node in parent.args
    return isinstance(parent, ast.For | ast.AsyncFor | ast.comprehension) and parent.iter is node
