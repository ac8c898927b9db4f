"""Calls of a class that may give an object that is there already: by `__new__`, or by the class of the class."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batchlint.codemod.access import ANY, Channel
from batchlint.facts import MODULE, ClassId, FunctionFacts, FunctionId
from batchlint.symbols import Program, last_name, members
from batchlint.values import Cls, Fn

_GIVEN, _CLASS = "[given]", "class"
_MAKING = frozenset({"__new__", "__call__"})
_MAX_DEPTH = 4


class Instances:
    """Finds them."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: dict[ClassId, set[Channel]] = {}

    def given(self, klass: ClassId) -> set[Channel]:
        """The objects among which a call of the class chooses; nothing where each call makes a new one."""
        if klass not in self._known:
            self._known[klass] = set()  # for a class that makes its objects by calling itself
            if any(not self._is_new(method, each) for method in self._makers(klass) for each in method.returns):
                self._known[klass] = {("v", klass.path, _CLASS, klass.qualname, _GIVEN, ANY)}
        return self._known[klass]

    def makers(self, klass: ClassId) -> list[Fn]:
        """The methods of classes of the class that are called when it, or a class derived from it, is made."""
        names = ("__new__", "__init__")
        return [m for kind in self._kinds(klass) for name in names for m in members.defined(self._program, kind, name)]

    def _makers(self, klass: ClassId) -> Iterator[FunctionFacts]:
        owners = [(each, "__new__") for each in self._program.mro(klass)[0]]
        owners += [(each, "__call__") for each in self._kinds(klass)]
        for owner, name in owners:
            yield from (self._program.functions[m.id] for m in members.defined(self._program, owner, name))

    def _kinds(self, klass: ClassId) -> list[ClassId]:
        """The classes of the class, and those from which they derive."""
        program, found = self._program, list[ClassId]()
        for each in program.mro(klass)[0]:
            facts = program.classes.get(each)
            scope = FunctionId(each.path, facts.parent or MODULE) if facts else None
            for keyword in facts.node.keywords if facts else ():
                if keyword.arg == "metaclass" and scope is not None:
                    values = program.eval(scope, keyword.value)
                    found += [k for v in values if isinstance(v, Cls) for k in program.mro(v.id)[0]]
        return found

    def _is_new(self, method: FunctionFacts, node: ast.expr | None, depth: int = 0) -> bool:
        """Whether the object that a method gives has been made by this call."""
        if isinstance(node, ast.Name) and node.id not in method.parameter_names | method.outer:
            bindings = method.bindings.get(node.id, ())
            return (
                bool(bindings)
                and depth < _MAX_DEPTH
                and all(b.how == "value" and self._is_new(method, b.value, depth + 1) for b in bindings)
            )
        if not isinstance(node, ast.Call):
            return False
        values = self._program.eval(method.id, node.func)
        is_class = bool(values) and all(isinstance(v, Cls) and not self.given(v.id) for v in values)
        return is_class or last_name(node.func) in _MAKING
