"""Expressions that look at which object something is, and loops that look at which objects there are."""

from __future__ import annotations

import ast

from batchlint.facts import MODULE, ClassId, FunctionFacts, FunctionId
from batchlint.iterables import COUNTED
from batchlint.symbols import Program, last_name
from batchlint.trees import children, parents_in, walk
from batchlint.values import Cls, Ext

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


def draws_own_objects(program: Program, function: FunctionFacts, loop: ast.For | ast.AsyncFor) -> bool:
    """Whether the loop goes over a list of objects that have no other name: they are made for it, and stay in it."""
    name = _list_of(loop.iter)
    bindings = function.bindings.get(name or "", ())
    if name is None or function.id.qualname == MODULE or len(bindings) != 1 or name in function.parameter_names:
        return False
    value = bindings[0].value if bindings[0].how == "value" else None
    if not _makes_objects(program, function, value):
        return False
    parents = parents_in([function.node])
    targets: set[str] = set()
    for node in walk(function.node):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            target = _goes_to(node, parents)
            if target is None:
                return False
            targets.add(target)
    read = (n for n in walk(function.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
    return all(_only_looks(node, parents[id(node)]) for node in read if node.id in targets)


def _list_of(iterated: ast.expr) -> str | None:
    if isinstance(iterated, ast.Call) and last_name(iterated.func) in COUNTED and len(iterated.args) == 1:
        iterated = iterated.args[0]
    return iterated.id if isinstance(iterated, ast.Name) else None


def _makes_objects(program: Program, function: FunctionFacts, value: ast.expr | None) -> bool:
    made = value.elts if isinstance(value, ast.List) else [value.elt] if isinstance(value, ast.ListComp) else []
    return bool(made) and all(
        isinstance(each, ast.Call)
        and (values := program.eval(function.id, each.func))
        and all(isinstance(v, Cls) and keeps_to_itself(program, v.id) for v in values)
        for each in made
    )


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


def _goes_to(node: ast.Name, parents: dict[int, ast.AST]) -> str | None:
    """The name that is given what the list holds, nothing for its length; None where more may be given."""
    parent = parents[id(node)]
    if isinstance(parent, ast.Call) and node in parent.args and last_name(parent.func) == "len":
        return ""
    is_counted = isinstance(parent, ast.Call) and last_name(parent.func) in COUNTED and node in parent.args
    iterated, over = (parent, parents[id(parent)]) if is_counted else (node, parent)
    if not isinstance(over, ast.For | ast.AsyncFor | ast.comprehension) or over.iter is not iterated:
        return None
    target = over.target
    if is_counted and isinstance(target, ast.Tuple) and len(target.elts) == 2:
        target = target.elts[1]
    return target.id if isinstance(target, ast.Name) else None


def _only_looks(node: ast.Name, parent: ast.AST) -> bool:
    """Whether the object is asked for something where its name stands, and goes nowhere."""
    if isinstance(parent, ast.Attribute | ast.FormattedValue | ast.Compare):
        return True
    return isinstance(parent, ast.Call) and node in parent.args and last_name(parent.func) in _TELLING
