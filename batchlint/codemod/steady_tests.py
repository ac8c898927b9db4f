"""Tests that come out the same throughout an item: what `if verbose:` binds, the next `if verbose:` finds bound.

Only of what cannot change: a number, a text or a truth value that nothing binds anew meanwhile.
"""

from __future__ import annotations

import ast
from collections import Counter

from batchlint.codemod import scopes
from batchlint.codemod.access import Frame
from batchlint.codemod.scalars import is_scalar
from batchlint.facts import FunctionFacts
from batchlint.symbols import Program, last_name
from batchlint.symbols.parsed import PARSED, name_of
from batchlint.trees import conjuncts, walk
from batchlint.values import Ext

_PLAIN = frozenset({"bool", "int", "float", "str"})
_ACTIONS = frozenset({"store", "store_true", "store_false"})
_SETTING = frozenset({"setattr", "delattr", "vars", "globals", "exec"})
"""Calls that may change an attribute or a variable without naming it."""


def steady_tests(program: Program, function: FunctionFacts, body: list[ast.stmt]) -> frozenset[str]:
    """The texts of the tests that guard several blocks of a loop's body and are the same for all of them."""
    tests = [node.test for statement in body for node in walk(statement) if isinstance(node, ast.If)]
    parts = {ast.unparse(part): part for test in tests for part in conjuncts(test)}
    times = Counter(ast.unparse(part) for test in tests for part in conjuncts(test))
    bound = scopes.bound(body)
    return frozenset(
        text for text, part in parts.items() if times[text] > 1 and _is_steady(program, function, part, bound)
    )


def _is_steady(program: Program, function: FunctionFacts, test: ast.expr, bound: set[str]) -> bool:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _is_steady(program, function, test.operand, bound)
    if isinstance(test, ast.Name):
        return _is_kept(program, function, test.id, bound) and _is_plain(program, function, test.id)
    if not isinstance(test, ast.Attribute) or not isinstance(test.value, ast.Name):
        return False
    values = program.eval(function.id, test.value)
    is_parsed = bool(values) and all(isinstance(v, Ext) and v.path == PARSED for v in values)
    is_written = test.attr in program.attribute_writes or any(name in program.calls_by_name for name in _SETTING)
    is_kept = is_parsed and not is_written and _is_kept(program, function, test.value.id, bound)
    return is_kept and _is_option(program, test.attr)


def _is_kept(program: Program, function: FunctionFacts, name: str, bound: set[str]) -> bool:
    """Whether nothing binds the variable anew while the loop runs."""
    tree = program.modules[function.id.path].tree
    is_outer = name in scopes.declared(ast.walk(tree)) or name in program.attribute_writes
    return name not in bound and not is_outer and "globals" not in program.calls_by_name


def _is_plain(program: Program, function: FunctionFacts, name: str) -> bool:
    """Whether the variable can only hold what does not change."""
    owner = program.owner(function, name)
    if owner is None or name not in owner.parameter_names:
        return is_scalar(program, ast.Name(name, ast.Load()), Frame(function, set())) or _is_constant(owner, name)
    hints = {last_name(p.annotation) for p in owner.parameters if p.arg == name and p.annotation is not None}
    default = owner.default(name)
    is_told = bool(hints & _PLAIN) or (isinstance(default, ast.Constant) and default.value is not None)
    return is_told and name not in owner.bindings


def _is_constant(owner: FunctionFacts | None, name: str) -> bool:
    return owner is not None and isinstance(owner.only_value(name), ast.Constant | ast.Compare)


def _is_option(program: Program, name: str) -> bool:
    """Whether all options of the name take one word, or none."""
    added = [call.node for _, call in program.calls_by_name.get("add_argument", ())]
    said = [{k.arg: k.value for k in node.keywords} for node in added if name in _names(node)]
    return bool(said) and all(
        not {None, "nargs", "dest"} & each.keys()
        and last_name(each.get("type", ast.Name("str"))) in _PLAIN
        and ast.unparse(each.get("action", ast.Constant("store"))).strip("'") in _ACTIONS
        for each in said
    )


def _names(option: ast.Call) -> set[str]:
    """The names that the flags of an option stand for."""
    return {name_of(str(a.value)) for a in option.args if isinstance(a, ast.Constant)}
