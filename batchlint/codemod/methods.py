"""Methods of objects that are called by another name: `add = memory.add`, `Runner(texts.append)`.

What such a call changes is the object from which the method was taken.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from batchlint.facts import Binding, FunctionFacts, FunctionId
from batchlint.symbols import Program, last_name
from batchlint.values import Cls, Fn, Inst

_MAX_DEPTH = 5
_MOST = 20
_PUTTING = frozenset({"append", "add", "insert", "appendleft", "setdefault"})


class Method(NamedTuple):
    """A method of an object, as it is written where it is taken, and in which function."""

    function: FunctionFacts
    node: ast.Attribute


class Methods:
    """Finds them."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: dict[tuple[FunctionId, int], tuple[ast.expr, list[Method]]] = {}
        """Each with the expression, whose identity is half of the key."""
        self._seen: dict[int, int] = {}
        """Over how few steps an expression was come to, by its identity: from there on nothing else is found."""

    def held(self, function: FunctionFacts, func: ast.expr) -> list[Method]:
        """The methods that the variable, parameter or attribute may hold which is called."""
        key = (function.id, id(func))
        if key not in self._known:
            self._known[key] = func, []
            self._seen.clear()
            found = self._of(function, func, 0) if self._is_variable(function, func) else ()
            self._known[key] = func, list(dict.fromkeys(found))[:_MOST]
        return self._known[key][1]

    def _is_variable(self, function: FunctionFacts, func: ast.expr) -> bool:
        if isinstance(func, ast.Attribute):
            return func.attr in self._stored and not self._is_own_name(function, func)
        return isinstance(func, ast.Subscript) or (isinstance(func, ast.Name) and bool(self._owner(function, func.id)))

    def _is_own_name(self, function: FunctionFacts, func: ast.Attribute) -> bool:
        """Whether a method is called by the name that it has in its class."""
        values = self._program.eval(function.id, func)
        if not any(isinstance(v, Fn) and self._program.functions[v.id].name == func.attr for v in values):
            return False
        classes = [v.id for v in self._program.eval(function.id, func.value) if isinstance(v, Inst | Cls)]
        line = {each for klass in classes for each in [*self._program.mro(klass)[0], *self._program.subclasses(klass)]}
        return not any(func.attr in self._program.self_writes.get(each, ()) for each in line)

    @cached_property
    def _stored(self) -> frozenset[str]:
        """Attributes to which something is assigned, or into which something is put."""
        assigned = {name for stored in self._program.self_writes.values() for name in stored}
        return frozenset({*assigned, *self._program.attribute_writes})

    def _owner(self, function: FunctionFacts, name: str) -> FunctionFacts | None:
        """Whose variable or parameter the name is, unless it is that of a function, class or module."""
        owner = self._program.owner(function, name)
        bindings = owner.bindings.get(name, ()) if owner is not None else ()
        return None if any(b.how in {"function", "class", "import"} for b in bindings) else owner

    def _of(self, function: FunctionFacts, node: ast.expr | None, depth: int) -> Iterator[Method]:
        if node is None or depth > _MAX_DEPTH or self._seen.get(id(node), depth + 1) <= depth:
            return
        self._seen[id(node)] = depth
        if isinstance(node, ast.Name):
            owner = self._owner(function, node.id)
            if owner is not None:
                yield from self._bound(((owner, b) for b in owner.bindings.get(node.id, ())), depth)
                yield from self._put(node.id, owner, depth)
                for caller, _, argument in self._program.callers.arguments(owner, node.id):
                    yield from self._of(self._program.functions[caller], argument, depth + 1)
        elif isinstance(node, ast.Attribute):
            if node.attr in self._stored and not self._is_own_name(function, node):
                stored = [writes.get(node.attr, ()) for writes in self._program.self_writes.values()]
                yield from self._bound((each for writes in stored for each in writes), depth)
                others = self._program.attribute_writes.get(node.attr, ())
                yield from self._bound(((writer, binding) for writer, _, binding in others), depth)
                yield from self._put(node.attr, None, depth)
            else:
                yield Method(function, node)
        elif isinstance(node, ast.Call):
            if last_name(node.func) == "partial":
                yield from self._of(function, node.args[0] if node.args else None, depth + 1)
            elif isinstance(node.func, ast.Attribute) and node.func.attr in {"get", "values", "items", "pop"}:
                yield from self._of(function, node.func.value, depth + 1)
        elif isinstance(node, ast.Dict | ast.List | ast.Tuple | ast.Set):
            for each in node.values if isinstance(node, ast.Dict) else node.elts:
                yield from self._of(function, each, depth + 1)
        elif isinstance(node, ast.Subscript | ast.Starred):
            yield from self._of(function, node.value, depth + 1)
        elif isinstance(node, ast.IfExp):
            for each in (node.body, node.orelse):
                yield from self._of(function, each, depth + 1)
        elif isinstance(node, ast.BoolOp):
            for each in node.values:
                yield from self._of(function, each, depth + 1)

    def _bound(self, bindings: Iterable[tuple[FunctionFacts, Binding]], depth: int) -> Iterator[Method]:
        for function, binding in bindings:
            if binding.how in {"value", "element", "unpack"}:
                yield from self._of(function, binding.value, depth + 1)

    def _put(self, name: str, owner: FunctionFacts | None, depth: int) -> Iterator[Method]:
        """What is put into the list or table of that name."""
        for function, item in self._items.get(name, ()):
            if owner is None or self._owner(function, name) is owner:
                yield from self._of(function, item, depth + 1)

    @cached_property
    def _items(self) -> dict[str, list[tuple[FunctionFacts, ast.expr]]]:
        """What may be a method among all that is put into containers, by the name of the container."""
        found: dict[str, list[tuple[FunctionFacts, ast.expr]]] = {}
        for function in self._program.functions.values():
            for container, binding in function.items:
                if binding.value is not None:
                    self._keep(found, function, container, binding.value)
        for name in _PUTTING:
            for function, call in self._program.calls_by_name.get(name, ()):
                if isinstance(call.node.func, ast.Attribute) and call.node.args:
                    self._keep(found, function, call.node.func.value, call.node.args[-1])
        return found

    def _keep(
        self,
        found: dict[str, list[tuple[FunctionFacts, ast.expr]]],
        function: FunctionFacts,
        container: ast.expr,
        item: ast.expr,
    ) -> None:
        name = last_name(_outermost(container))
        if not name or not isinstance(item, ast.Name | ast.Attribute):
            return
        if isinstance(item, ast.Name):
            owner = self._owner(function, item.id)
            if owner is None or item.id not in owner.parameter_names:
                return
        found.setdefault(name, []).append((function, item))


def _outermost(container: ast.expr) -> ast.expr:
    """The table that holds the list: `handlers.setdefault(topic, []).append(handler)`."""
    while True:
        if isinstance(container, ast.Subscript):
            container = container.value
        elif isinstance(container, ast.Call) and isinstance(container.func, ast.Attribute):
            container = container.func.value
        else:
            return container
