"""Expressions that look at which object something is, and classes whose objects go nowhere by themselves."""

from __future__ import annotations

import ast

from batchlint.facts import ClassId, FunctionFacts, FunctionId
from batchlint.symbols import Program, last_name
from batchlint.trees import children, walk
from batchlint.values import Ext

_ONE = frozenset({"builtins.type", "builtins.id", "builtins.callable"})
"""What tells nothing of an object but which one it is, and of which class."""
_TELLING = frozenset({"type", "id", "isinstance", "print", "str", "repr", "format", "vars"})
"""Calls that keep nothing of what they are given."""


def looked_at(program: Program, scope: FunctionFacts, node: ast.AST) -> list[ast.expr]:
    """The parts of the expression of which only the object, or its class, is looked at."""
    looked: list[ast.expr] = []
    if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
        values = program.eval(scope.id, node.func)
        looked = node.args if values and all(isinstance(v, Ext) and v.path in _ONE for v in values) else []
    elif isinstance(node, ast.Compare) and all(isinstance(operator, ast.Is | ast.IsNot) for operator in node.ops):
        looked = [node.left, *node.comparators]
    return looked if "__class__" not in program.stored_names else []  # else objects get another class somewhere


def keeps_to_itself(program: Program, klass: ClassId) -> bool:
    """Whether no method of the class hands its object to anything else."""
    for base in program.mro(klass)[0]:
        bindings = program.classes[base].bindings.values() if base in program.classes else ()
        for binding in (each for given in bindings for each in given if each.how == "function"):
            method = program.functions[FunctionId(base.path, binding.scope or "")]
            own = method.parameters[0].arg if method.parameters else ""
            for parent in walk(method.node):
                for node in children(parent):
                    if isinstance(node, ast.Name) and node.id == own and not _only_looks(node, parent):
                        return False
    return True


def _only_looks(node: ast.Name, parent: ast.AST) -> bool:
    """Whether the object is asked for something where its name stands, and goes nowhere."""
    if isinstance(parent, ast.Attribute | ast.FormattedValue | ast.Compare):
        return True
    return isinstance(parent, ast.Call) and node in parent.args and last_name(parent.func) in _TELLING
