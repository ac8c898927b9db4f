"""Numbers, texts and the like: what is made a text of them tells of no other object."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batchlint.codemod.access import Frame
from batchlint.codemod.effects import CACHES, MUTATORS
from batchlint.facts import MODULE, Binding, FunctionFacts, FunctionId
from batchlint.iterables import COUNTED, NUMBERS, SAME
from batchlint.symbols import Program, last_name
from batchlint.trees import children, walk
from batchlint.values import Ext, Fn, Inst

_MAX_DEPTH = 14
_GIVING = frozenset(
    f"builtins.{name}"
    for name in (
        "ascii", "bin", "bool", "bytes", "chr", "float", "format", "hash", "hex", "id", "int", "isinstance", "len",
        "oct", "ord", "repr", "str",
    )
)  # fmt: skip
_KEEPING = CACHES | {"staticmethod", "classmethod", "abstractmethod", "override"}
"""Decorators under which a function gives what it returns."""
_OF_TEXTS = frozenset(name for name in dir(str) if not name.startswith("_"))
_LISTS = (ast.List, ast.Tuple, ast.ListComp, ast.GeneratorExp)
_LOOKING = (ast.Compare, ast.BoolOp, ast.UnaryOp, ast.If, ast.IfExp, ast.FormattedValue, ast.Return)
"""What a container is the same after."""
_READING = frozenset({f"builtins.{name}" for name in ("len", "sorted", "sum", "any", "all", "print", "enumerate")})
"""What changes nothing of what it is given."""


def is_scalar(program: Program, node: ast.expr | None, frame: Frame, depth: int = 0) -> bool:
    """Whether the value can only be a number, a text, a truth value or None."""
    return _Scalars(program, False).holds(node, frame, depth)


def tells_of_no_other(program: Program, node: ast.expr, frame: Frame) -> bool:
    """The same, or a part of a model's answer, or a list of such: its text says nothing of the project's objects."""
    return _Scalars(program, False).holds(node, frame, 0) or _Scalars(program, True).holds(node, frame, 0)


def is_key(binding: Binding) -> bool:
    """Whether a loop binds a name to the keys of a table, or to numbers."""
    drawn = _drawn_from(binding)
    if drawn is None:
        return False
    name = last_name(drawn.func)
    return counts(binding) or name == "keys" or (binding.position == 0 and name == "items")


def counts(binding: Binding) -> bool:
    """Whether a loop binds a name to numbers that are there before it: those of a range, or of its items."""
    drawn = _drawn_from(binding)
    if drawn is None:
        return False
    name = last_name(drawn.func)
    return name in NUMBERS or (binding.position == 0 and name in COUNTED)


def _drawn_from(binding: Binding) -> ast.Call | None:
    drawn = binding.value
    while isinstance(drawn, ast.Call) and drawn.args and last_name(drawn.func) in SAME:
        drawn = drawn.args[0]
    return drawn if binding.how == "element" and isinstance(drawn, ast.Call) else None


def is_number(node: ast.expr, frame: Frame, depth: int = 0) -> bool:
    """Whether the value can only be a whole number, or an error: what one is added to is no text."""
    if isinstance(node, ast.Constant):
        return type(node.value) is int
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        return any(is_number(side, frame, depth + 1) for side in (node.left, node.right))
    if not isinstance(node, ast.Name) or depth > _MAX_DEPTH:
        return False
    given = frame.given.get(node.id)
    if given is not None and frame.caller is not None and not is_number(given, frame.caller, depth + 1):
        return False
    bindings = frame.function.bindings.get(node.id, [])
    return (bool(bindings) or given is not None) and all(
        counts(each) or (each.how == "value" and each.value is not None and is_number(each.value, frame, depth + 1))
        for each in bindings
    )


class _Scalars:
    def __init__(self, program: Program, with_parts: bool) -> None:
        """`with_parts`: whether answers count, lists of what counts, and what is taken out of either."""
        self._program = program
        self._with_parts = with_parts
        self._asked: set[tuple[FunctionId, str]] = set()
        """Variables that a question has gone through: one that is given its own value holds nothing more."""
        self._read: set[tuple[FunctionId, str]] = set()

    def holds(self, node: ast.expr | None, frame: Frame, depth: int) -> bool:
        if depth > _MAX_DEPTH:
            return False
        if isinstance(node, ast.Name):
            return self._of_name(node.id, frame, depth + 1)
        if isinstance(node, ast.Call):
            return self._of_call(node, frame, depth + 1)
        if isinstance(node, ast.Constant | ast.JoinedStr):
            return True
        if self._with_parts and isinstance(node, ast.Attribute | ast.Subscript):
            is_own = any(isinstance(v, Inst) for v in self._program.eval(frame.function.id, node))
            return not is_own and self.holds(node.value, frame, depth)
        parts = _elements(node) if self._with_parts and isinstance(node, _LISTS) else _parts(node)
        return bool(parts) and all(self.holds(part, frame, depth + 1) for part in parts)

    def _of_name(self, name: str, frame: Frame, depth: int) -> bool:
        for owner in self._program.around(frame.function):
            bindings = owner.bindings.get(name, ())
            if name in owner.parameter_names:
                given = frame.given.get(name) if owner is frame.function and frame.caller is not None else None
                is_given = given is not None and frame.caller is not None and self.holds(given, frame.caller, depth)
                return is_given and all(self._binds(each, frame, depth) for each in bindings)
            if name in (owner.rest, owner.named):
                return False
            if bindings:
                inner = frame if owner is frame.function else Frame(owner, set())
                if (owner.id, name) in self._asked:
                    return True
                self._asked.add((owner.id, name))
                if not all(self._binds(each, inner, depth) or _is_plain_key(each, owner, name) for each in bindings):
                    return False
                return not self._with_parts or self._keeps(owner, name, frame, depth)
        return False

    def _binds(self, binding: Binding, frame: Frame, depth: int) -> bool:
        if binding.how == "value":
            return self.holds(binding.value, frame, depth)
        if (
            binding.how == "element"
            and isinstance(binding.value, ast.Call)
            and isinstance(binding.value.func, ast.Name)
        ):
            name = binding.value.func.id
            is_builtin = self._program.eval(frame.function.id, binding.value.func) == {Ext(f"builtins.{name}")}
            if is_builtin and (name == "range" or (name == "enumerate" and binding.position == 0)):
                return True
        if self._with_parts and binding.how == "element":
            return self.holds(binding.value, frame, depth)
        return binding.how == "annotation"

    def _of_call(self, call: ast.Call, frame: Frame, depth: int) -> bool:
        targets = self._program.eval(frame.function.id, call.func)
        if self._with_parts and isinstance(call.func, ast.Attribute) and call.func.attr in _OF_TEXTS:
            is_of_text = not any(isinstance(v, Fn) for v in targets)
            return is_of_text and self.holds(call.func.value, frame, depth)
        return bool(targets) and all(
            value.path in _GIVING or (self._with_parts and self._program.catalogue.match(value.path) is not None)
            if isinstance(value, Ext)
            else isinstance(value, Fn) and self._returns(value.id, depth)
            for value in targets
        )

    def _returns(self, id: FunctionId, depth: int) -> bool:
        """Whether all that the function can give is one, by what its own names hold."""
        function: FunctionFacts = self._program.functions[id]
        is_plain = not function.is_generator and not function.is_async
        is_plain &= all(last_name(decorator) in _KEEPING for decorator in function.decorators)
        if self._with_parts and any(last_name(decorator) in CACHES for decorator in function.decorators):
            return _Scalars(self._program, False)._returns(id, depth)  # others may have put something into a list
        return is_plain and all(self.holds(each, Frame(function, set()), depth) for each in function.returns)

    def _keeps(self, owner: FunctionFacts, name: str, frame: Frame, depth: int) -> bool:
        """Whether the variable's value stays what it was bound to."""
        if _Scalars(self._program, False)._of_name(name, frame, depth):
            return True
        return owner.id.qualname != MODULE and self._is_only_read(owner, name)

    def _is_only_read(self, owner: FunctionFacts, name: str) -> bool:
        """Whether nothing puts something else into what the variable holds."""
        if (owner.id, name) in self._read:
            return True
        self._read.add((owner.id, name))
        return all(self._reads(owner, use, parents) for use, parents in _uses(owner, name))

    def _reads(self, owner: FunctionFacts, use: ast.expr, parents: list[ast.AST]) -> bool:
        inner: ast.AST = use
        for parent in parents:
            if isinstance(parent, ast.Attribute | ast.Subscript) and parent.value is inner:
                if not isinstance(parent.ctx, ast.Load):
                    return False
                inner = parent
                continue
            if isinstance(parent, ast.Call) and parent.func is inner:
                return not (isinstance(inner, ast.Attribute) and inner.attr in MUTATORS)
            if inner is not use and not isinstance(inner, ast.Subscript):
                return True
            if isinstance(parent, ast.Call):
                is_text = isinstance(parent.func, ast.Attribute) and isinstance(parent.func.value, ast.Constant)
                values = self._program.eval(owner.id, parent.func)
                return is_text or (bool(values) and all(isinstance(v, Ext) and v.path in _READING for v in values))
            if isinstance(parent, ast.For | ast.comprehension) and parent.iter is inner:
                return isinstance(parent.target, ast.Name) and self._is_only_read(owner, parent.target.id)
            return isinstance(parent, _LOOKING)
        return False


def _is_plain_key(binding: Binding, owner: FunctionFacts, name: str) -> bool:
    """Whether it is a key of which nothing is used that a text would not have."""
    attributes = (n for n in walk(owner.node) if isinstance(n, ast.Attribute) and last_name(n.value) == name)
    return is_key(binding) and all(each.attr in _OF_TEXTS for each in attributes)


def _uses(owner: FunctionFacts, name: str) -> Iterator[tuple[ast.expr, list[ast.AST]]]:
    """Where the variable is read in its function, with what is around it, innermost first."""
    stack: list[tuple[ast.AST, list[ast.AST]]] = [(owner.node, [])]
    while stack:
        node, parents = stack.pop()
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            yield node, parents
        stack += [(child, [node, *parents[:4]]) for child in children(node)]


def _elements(node: ast.expr | None) -> list[ast.expr]:
    """What has to be one for the list to be one."""
    if isinstance(node, ast.ListComp | ast.GeneratorExp):
        return [node.elt]
    return node.elts if isinstance(node, ast.List | ast.Tuple) else []


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
