"""Numbers, texts and the like: what is made a text of them tells of no other object."""

from __future__ import annotations

import ast

from batchlint.codemod.access import Frame
from batchlint.facts import Binding, FunctionFacts, FunctionId
from batchlint.symbols import Program, last_name
from batchlint.values import Ext, Fn

_MAX_DEPTH = 6
_GIVING = frozenset(
    f"builtins.{name}"
    for name in (
        "ascii", "bin", "bool", "bytes", "chr", "float", "format", "hash", "hex", "id", "int", "isinstance", "len",
        "oct", "ord", "repr", "str",
    )
)  # fmt: skip
_KEEPING = frozenset(["staticmethod", "classmethod", "abstractmethod", "override", "cache", "lru_cache"])
"""Decorators under which a function gives what it returns."""


def is_scalar(program: Program, node: ast.expr | None, frame: Frame, depth: int = 0) -> bool:
    """Whether the value can only be a number, a text, a truth value or None."""
    if depth > _MAX_DEPTH:
        return False
    if isinstance(node, ast.Name):
        return _is_name_of_scalar(program, node.id, frame, depth + 1)
    if isinstance(node, ast.Call):
        return _gives_scalar(program, node, frame, depth + 1)
    if isinstance(node, ast.Constant | ast.JoinedStr):
        return True
    parts = _parts(node)
    return bool(parts) and all(is_scalar(program, part, frame, depth + 1) for part in parts)


def _parts(node: ast.expr | None) -> list[ast.expr]:
    """What has to be scalar for the value to be one; nothing where that does not tell."""
    if isinstance(node, ast.Compare):  # other objects may give anything for `<` or `==`
        if all(isinstance(operator, ast.Is | ast.IsNot | ast.In | ast.NotIn) for operator in node.ops):
            return [ast.Constant(True)]
        return [node.left, *node.comparators]
    if isinstance(node, ast.UnaryOp):
        return [ast.Constant(True)] if isinstance(node.op, ast.Not) else [node.operand]
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    return [node.value] if isinstance(node, ast.NamedExpr) else []


def _is_name_of_scalar(program: Program, name: str, frame: Frame, depth: int) -> bool:
    for owner in program.around(frame.function):
        bindings = owner.bindings.get(name, ())
        if name in owner.parameter_names:
            given = frame.given.get(name) if owner is frame.function and frame.caller is not None else None
            is_given = given is not None and frame.caller is not None and is_scalar(program, given, frame.caller, depth)
            return is_given and all(_binds_scalar(program, each, frame, depth) for each in bindings)
        if name in (owner.rest, owner.named):
            return False
        if bindings:
            inner = frame if owner is frame.function else Frame(owner, set())
            return all(_binds_scalar(program, each, inner, depth) for each in bindings)
    return False


def _binds_scalar(program: Program, binding: Binding, frame: Frame, depth: int) -> bool:
    if binding.how == "value":
        return is_scalar(program, binding.value, frame, depth)
    if binding.how == "element" and isinstance(binding.value, ast.Call) and isinstance(binding.value.func, ast.Name):
        name = binding.value.func.id
        is_builtin = program.eval(frame.function.id, binding.value.func) == {Ext(f"builtins.{name}")}
        return is_builtin and (name == "range" or (name == "enumerate" and binding.position == 0))
    return binding.how == "annotation"


def _gives_scalar(program: Program, call: ast.Call, frame: Frame, depth: int) -> bool:
    targets = program.eval(frame.function.id, call.func)
    return bool(targets) and all(
        value.path in _GIVING
        if isinstance(value, Ext)
        else isinstance(value, Fn) and _returns(program, value.id, depth)
        for value in targets
    )


def _returns(program: Program, id: FunctionId, depth: int) -> bool:
    """Whether all that the function can give is a scalar, by what its own names hold."""
    function: FunctionFacts = program.functions[id]
    is_plain = not function.is_generator and not function.is_async
    is_plain &= all(last_name(decorator) in _KEEPING for decorator in function.decorators)
    return is_plain and all(is_scalar(program, each, Frame(function, set()), depth) for each in function.returns)
