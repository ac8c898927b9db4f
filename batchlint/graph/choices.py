"""Questions of how to go on: where something is in the way (`input("(o)verwrite, (s)kip? ")`), or from a menu."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batchlint.facts import CallFacts, FunctionFacts
from batchlint.graph.conditions import tests_before
from batchlint.symbols import last_name
from batchlint.trees import children, stands_in, walk, walk_own

_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_FEW = 2
"""Branches from which on they are a menu's."""
_TELLS = frozenset({"print", "echo", "secho", "debug", "info", "warning", "error"})
"""Calls that only say which answer it was."""
_EXITS = frozenset({"exit", "quit", "_exit", "Exit", "Abort"})


def only_chooses(function: FunctionFacts, question: CallFacts) -> bool:
    """Whether the function asks only under a condition, and only to go on or not by the answer.

    The answer is then compared with constants, one of which ends the run, and becomes nothing else.
    """
    if question.loops or not any(True for _ in tests_before(function, question.node)):
        return False
    read = _read(function, question)
    compared = {id(each) for node in walk_own(function.node) if _is_choice(node) for each in walk(node)}
    if not read or not all(id(node) in compared for node in read):
        return False
    tests = (node for node in walk_own(function.node) if isinstance(node, ast.If) and _leaves(node.body[-1]))
    return any(stands_in(node, test.test) for test in tests for node in read)


def is_menu(function: FunctionFacts, question: CallFacts) -> bool:
    """Whether the answer is one of a few that the question offers, or that the function has a branch each for.

    It then says no more than an option of a command line does.
    """
    if _offers_choices(question.node):
        return True
    read = _read(function, question)
    nodes = list(walk_own(function.node))
    tests = [node for node in nodes if _is_choice(node)]
    matched = [node for node in nodes if isinstance(node, ast.Match)]
    looked_at = {id(each) for node in (*tests, *(each.subject for each in matched)) for each in walk(node)}
    looked_at |= {id(each) for node in nodes if isinstance(node, ast.Call) for each in _said(node)}
    branches = sum(any(stands_in(node, test) for node in read) for test in tests)
    branches += sum(len(each.cases) for each in matched if any(stands_in(node, each.subject) for node in read))
    return branches >= _FEW and all(id(node) in looked_at for node in read)


def is_number(function: FunctionFacts, question: CallFacts) -> bool:
    """Whether the answer is a number, and nothing but that is made of it: how many, or which of a list."""
    read = _read(function, question)
    nodes = list(walk_own(function.node))
    counted = {id(each) for node in nodes for each in _counted(node)}
    looked_at = {id(each) for node in nodes if _is_choice(node) for each in walk(node)}
    looked_at |= {id(each) for node in nodes if isinstance(node, ast.Call) for each in _said(node)}
    is_made = any(id(node) in counted for node in read)
    return is_made and all(id(node) in counted or id(node) in looked_at for node in read)


def _counted(node: ast.AST) -> list[ast.AST]:
    """What the call makes a number of, or asks whether it is one: `int(answer)`, `answer.isdigit()`."""
    if not isinstance(node, ast.Call):
        return []
    func = node.func
    if isinstance(func, ast.Name) and func.id in {"int", "float"}:
        return [each for argument in node.args for each in walk(argument)]
    return [func.value] if isinstance(func, ast.Attribute) and func.attr in {"isdigit", "isnumeric"} else []


def asked_by(node: ast.expr) -> Iterator[ast.Call]:
    """The call that asks, and those of which its object is made: `select("Which?").ask()`."""
    while isinstance(node, ast.Call):
        yield node
        node = node.func.value if isinstance(node.func, ast.Attribute) else node.func


def _offers_choices(node: ast.expr) -> bool:
    """Whether a prompt is given what can be picked: `Prompt.ask("How?", choices=WAYS)`, `select("How?", ...).ask()`."""
    given = {keyword.arg: keyword.value for call in asked_by(node) for keyword in call.keywords}
    kind = given.get("type")
    return "choices" in given or (isinstance(kind, ast.Call) and last_name(kind.func) == "Choice")


def _said(call: ast.Call) -> Iterator[ast.AST]:
    """What a call that only says something says, but for what calls make of it: `print(f"no such way: {way}")`."""
    waiting: list[ast.AST] = list(call.args) if last_name(call.func) in _TELLS else []
    while waiting:
        node = waiting.pop()
        if not isinstance(node, ast.Call):
            yield node
            waiting += children(node)


def _read(function: FunctionFacts, question: CallFacts) -> list[ast.Name]:
    """Where the function reads the variable that the answer goes to."""
    names = {
        name
        for name, bindings in function.bindings.items()
        for binding in bindings
        if binding.value is not None and binding.how == "value" and stands_in(question.node, binding.value)
    }
    read = (node for node in walk_own(function.node) if isinstance(node, ast.Name) and node.id in names)
    return [node for node in read if isinstance(node.ctx, ast.Load)]


def gives_choice(function: FunctionFacts) -> bool:
    """Whether all that the function gives are constants: one of the choices."""
    return bool(function.returns) and all(isinstance(answer, ast.Constant) for answer in function.returns)


def _is_choice(node: ast.AST) -> bool:
    """Whether the node compares something with constants only."""
    if not isinstance(node, ast.Compare):
        return False
    parts = (each for other in node.comparators for each in (other.elts if _is_row(other) else [other]))  # type: ignore[attr-defined]
    return all(isinstance(each, ast.Constant) for each in parts)


def _is_row(node: ast.expr) -> bool:
    return isinstance(node, ast.Tuple | ast.List | ast.Set)


def _leaves(statement: ast.stmt) -> bool:
    if isinstance(statement, _LEAVES):
        return True
    call = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(call, ast.Call) and last_name(call.func) in _EXITS
