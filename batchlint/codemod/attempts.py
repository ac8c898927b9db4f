"""Loops that try again: which statements end them for sure, and what an error leaves undone.

Without this every effect in a `try` that asks again would seem to come before another request.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import NamedTuple

from batchlint.codemod import scopes
from batchlint.codemod.access import Frame
from batchlint.codemod.effects import LOG_RECEIVERS
from batchlint.codemod.reader import Reader
from batchlint.trees import conjuncts
from batchlint.values import Fn, Inst

_WHOLE = frozenset({"append", "appendleft", "add", "put", "put_nowait", "write", "writerow", "execute"})
"""Methods that have done nothing where they raise."""
_SAFE_CALLS = frozenset({"print", "len"})


class Bound(NamedTuple):
    """`base + offset`; the base is the text of an expression, empty for a plain number."""

    base: str
    offset: int


@dataclass(slots=True)
class OpenLoop:
    """A loop whose body is laid out. `last`: the steps behind which no further pass can follow."""

    attempts: Attempts | None = None
    again: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    last: set[int] = field(default_factory=set)

    def parts(self, steps: list[int]) -> list[list[int]]:
        """The steps, those of a last pass apart."""
        ending = [step for step in steps if step in self.last]
        others = [step for step in steps if step not in self.last]
        return [part for part in (others, ending) if part]

    def value_of_last(self, test: ast.expr) -> bool | None:
        """The value of the test with which no further pass can follow."""
        return self.attempts.last(test) if self.attempts is not None else None

    def is_ended_by(self, statement: ast.stmt) -> bool:
        return self.attempts is not None and self.attempts.ends(statement)


class Attempts:
    """The ends of one loop: `limits` are what the counters have to reach, `flags` the values that end it."""

    def __init__(self, loop: ast.For | ast.AsyncFor | ast.While, tree: ast.AST) -> None:
        """`tree`: the module, whose functions may share the loop's variables."""
        self.limits: dict[str, Bound] = {}
        self.flags: dict[str, bool] = {}
        self._loop = loop
        assignments = (n for s in loop.body for n in ast.walk(s) if isinstance(n, ast.Assign | ast.AugAssign))
        self._plain: dict[int, ast.stmt] = {}
        for each in assignments:
            targets = each.targets if isinstance(each, ast.Assign) else [each.target]
            self._plain |= {id(target): each for target in targets}
        if isinstance(loop, ast.While):
            for test in conjuncts(loop.test):
                self._while(test)
        elif isinstance(loop.iter, ast.Call) and isinstance(loop.iter.func, ast.Name) and loop.iter.func.id == "range":
            end = _bound(loop.iter.args[-1]) if len(loop.iter.args) in {1, 2} else None
            if isinstance(loop.target, ast.Name) and end and self._is_fixed(end) and not self._stores(loop.target.id):
                self.limits[loop.target.id] = Bound(end.base, end.offset - 1)
        if self.limits or self.flags:
            for name in scopes.declared(ast.walk(tree)):
                self.limits.pop(name, None)
                self.flags.pop(name, None)

    def last(self, test: ast.expr) -> bool | None:
        """The value of the test with which no further pass can follow; None where either value leaves that open."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            inner = self.last(test.operand)
            return None if inner is None else not inner
        if isinstance(test, ast.BoolOp):
            telling = isinstance(test.op, ast.And)
            return telling if any(self.last(part) is telling for part in test.values) else None
        if not isinstance(test, ast.Compare) or len(test.ops) != 1:
            return None
        left, right = _bound(test.left), _bound(test.comparators[0])
        if left is None or right is None or left.base not in self.limits:
            return None
        limit = self.limits[left.base]
        reached = right.offset - left.offset - limit.offset
        if right.base != limit.base:
            return None
        operator = test.ops[0]
        if isinstance(operator, ast.Eq | ast.GtE) and reached >= 0:
            return True
        if isinstance(operator, ast.Gt) and reached >= -1:
            return True
        if isinstance(operator, ast.NotEq | ast.Lt) and reached >= 0:
            return False
        return False if isinstance(operator, ast.LtE) and reached >= -1 else None

    def ends(self, statement: ast.stmt) -> bool:
        """Whether no further pass can follow the statement: it sets the flag for which the loop runs."""
        return (
            isinstance(statement, ast.Assign)
            and isinstance(statement.targets[0], ast.Name)
            and isinstance(statement.value, ast.Constant)
            and self.flags.get(statement.targets[0].id) is statement.value.value
        )

    def _while(self, test: ast.expr) -> None:
        flag, ending = test, False
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            flag, ending = test.operand, True
        if isinstance(flag, ast.Name):
            values = [_constant(stored) for stored in self._stores(flag.id)]
            if values and all(value is ending for value in values):
                self.flags[flag.id] = ending
        if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], ast.Lt | ast.LtE):
            return
        end = _bound(test.comparators[0])
        if isinstance(test.left, ast.Name) and end and self._is_fixed(end) and self._only_grows(test.left.id):
            self.limits[test.left.id] = Bound(end.base, end.offset + isinstance(test.ops[0], ast.LtE))

    def _stores(self, name: str) -> list[ast.stmt | None]:
        """The assignments of the name in the body; None for what binds it in another way."""
        found: list[ast.stmt | None] = []
        for node in (node for each in self._loop.body for node in ast.walk(each)):
            if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load):
                found.append(self._plain.get(id(node)))
            elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name == name:
                found.append(None)
        return found

    def _only_grows(self, name: str) -> bool:
        return all(
            isinstance(stored, ast.AugAssign)
            and isinstance(stored.op, ast.Add)
            and isinstance(stored.value, ast.Constant)
            and isinstance(stored.value.value, int)
            and stored.value.value > 0
            for stored in self._stores(name)
        )

    def _is_fixed(self, end: Bound) -> bool:
        """Whether nothing in the body changes what the loop runs up to."""
        root, _, attribute = end.base.partition(".")
        return not (root and self._stores(root)) and not any(
            isinstance(node, ast.Attribute) and node.attr == attribute and isinstance(node.ctx, ast.Store)
            for each in self._loop.body
            for node in ast.walk(each)
        )


def is_quiet(statement: ast.stmt) -> bool:
    """Whether no error can come of the statement."""
    if isinstance(statement, ast.Break | ast.Continue | ast.Pass):
        return True
    if isinstance(statement, ast.Return):
        return statement.value is None or _is_plain(statement.value)
    if isinstance(statement, ast.Assign):
        return all(isinstance(target, ast.Name) for target in statement.targets) and _is_plain(statement.value)
    if isinstance(statement, ast.AugAssign):
        return isinstance(statement.target, ast.Name) and isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.Expr) and _is_plain(statement.value, is_statement=True)


def changes_last(statement: ast.stmt, frame: Frame, reader: Reader, skip: set[int] | None) -> bool:
    """Whether the statement changes what it changes at last, and nothing where it raises.

    `skip`: the calls in it that become requests, by identity.
    """
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target, values = statement.targets[0], [statement.value]
        owner = target.value if isinstance(target, ast.Subscript) else None
        if not isinstance(target, ast.Name | ast.Subscript | ast.Attribute):
            return False
    elif isinstance(statement, ast.AugAssign) and not isinstance(statement.value, ast.Call | ast.GeneratorExp):
        target, values = statement.target, [statement.value]
        owner = target.value if isinstance(target, ast.Subscript) else None
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        target, owner = statement.value.func, None
        values = [*statement.value.args, *(keyword.value for keyword in statement.value.keywords)]
        if not isinstance(target, ast.Attribute) or target.attr not in _WHOLE:
            return False
    else:
        return False
    scope = frame.function.id
    if owner is not None and any(isinstance(value, Inst) for value in reader.program.eval(scope, owner)):
        return False
    if isinstance(target, ast.Attribute) and any(isinstance(v, Fn) for v in reader.program.eval(scope, target)):
        return False
    return all(access.how == "read" for value in values for access in reader.of(value, frame, skip))


def _bound(node: ast.expr) -> Bound | None:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return Bound("", node.value)
    if isinstance(node, ast.Name) or (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)):
        return Bound(ast.unparse(node), 0)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        left, right = _bound(node.left), _bound(node.right)
        if left is not None and right is not None and not right.base:
            return Bound(left.base, left.offset + (right.offset if isinstance(node.op, ast.Add) else -right.offset))
    return None


def _constant(statement: ast.stmt | None) -> object:
    if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
        return statement.value.value
    return None


def _is_plain(node: ast.expr, *, is_statement: bool = False) -> bool:
    """Whether evaluating the expression cannot fail: names, numbers, texts, and what shows them."""
    if isinstance(node, ast.Constant | ast.Name):
        return True
    if isinstance(node, ast.JoinedStr):
        return all(
            isinstance(part, ast.Constant)
            or (isinstance(part, ast.FormattedValue) and part.format_spec is None and _is_plain(part.value))
            for part in node.values
        )
    if isinstance(node, ast.BinOp):
        numbers = isinstance(node.right, ast.Constant) and type(node.right.value) is int
        return numbers and isinstance(node.op, ast.Add | ast.Sub) and isinstance(node.left, ast.Name)
    if not isinstance(node, ast.Call):
        return False
    if not all(_is_plain(value) for value in [*node.args, *(keyword.value for keyword in node.keywords)]):
        return False
    if isinstance(node.func, ast.Name):
        return node.func.id in _SAFE_CALLS
    shown = ast.unparse(node.func)
    return is_statement and (shown == "time.sleep" or bool(LOG_RECEIVERS.search(shown.rpartition(".")[0])))
