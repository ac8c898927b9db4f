"""Where functions come from that are called by another name: variables, tables, `partial`, factories and parameters."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from batchlint.codemod.registries import Entry, Registries
from batchlint.facts import MODULE, Binding, FunctionFacts, FunctionId
from batchlint.graph import Edge
from batchlint.loops import is_item_loop
from batchlint.symbols import last_name
from batchlint.trees import spreads
from batchlint.values import Fn

if TYPE_CHECKING:
    from batchlint.codemod.support import Support

_MAX_DEPTH = 6


@dataclass(frozen=True, slots=True)
class Leaf:
    """A function, as it is written where it is put into the variable, with what a `partial` binds."""

    scope: FunctionId
    node: ast.expr
    args: tuple[ast.expr, ...] = ()
    keywords: tuple[ast.keyword, ...] = ()
    entry: Entry | None = None
    """The decorator that puts it there, if one does."""


@dataclass(slots=True)
class Origin:
    """Where what is called comes from: all functions that it can be, and the names through which they go."""

    leaves: list[Leaf] = field(default_factory=list)
    names: set[tuple[str, str, str]] = field(default_factory=set)
    """The path, the qualified name of the scope ("." for an attribute), and the name."""


class _Point(NamedTuple):
    """A call of a parameter for each item."""

    scope: FunctionId
    owner: FunctionId
    """The function whose parameter it is."""
    node: ast.Call
    callees: frozenset[FunctionId]
    is_function: bool
    """Whether it can be a function, and not only an object with `__call__`."""


class _UnknownError(Exception):
    """Something that cannot be followed."""


class Origins:
    """Follows them."""

    def __init__(self, support: Support) -> None:
        self.support = support
        self.graph = support.graph
        self.program = support.program
        self.registries = Registries(support.graph)
        self._known: dict[tuple[FunctionId, int], Origin | None] = {}

    # -- following
    def origin(self, scope: FunctionId, func: ast.expr) -> Origin | None:
        """Where what `func` names comes from; None where that is not known to the last."""
        key = (scope, id(func))
        if key not in self._known:
            self._known[key] = None
            found = Origin()
            try:
                self._trace(found, scope, func, 0)
            except _UnknownError:
                return None
            is_whole = bool(found.leaves) and all(self.kind(leaf) in {"asks", "plain"} for leaf in found.leaves)
            self._known[key] = found if is_whole and any(self.kind(e) == "asks" for e in found.leaves) else None
        return self._known[key]

    def kind(self, leaf: Leaf) -> str:
        """Whether a call of it "asks", is "plain", or "unknown"."""
        return self.support.callbacks.kind(leaf.scope, leaf.node, True)

    def coroutines(self, origin: Origin) -> tuple[Fn, ...]:
        """The functions that it can be, where all are coroutine functions: their calls stay as they are."""
        if not all(isinstance(leaf.node, ast.Name) and not leaf.args and not leaf.keywords for leaf in origin.leaves):
            return ()
        targets = [self.target(leaf) for leaf in origin.leaves]
        return tuple(targets) if all(self.program.functions[t.id].is_async for t in targets) else ()

    def _trace(self, found: Origin, scope: FunctionId, node: ast.expr, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise _UnknownError
        if isinstance(node, ast.Lambda) or self._is_direct(scope, node):
            found.leaves.append(Leaf(scope, node))
        elif isinstance(node, ast.Name | ast.Attribute):
            for where, binding in self._bindings(found, scope, node):
                if binding.how == "value" and binding.value is not None:
                    self._trace(found, where, binding.value, depth + 1)
                elif binding.how == "element" and binding.value is not None and not binding.is_part:
                    self._trace_all(found, where, binding.value, binding.position, depth + 1)
                else:
                    raise _UnknownError
        elif isinstance(node, ast.IfExp):
            self._trace(found, scope, node.body, depth + 1)
            self._trace(found, scope, node.orelse, depth + 1)
        elif isinstance(node, ast.Subscript):
            self._trace_all(found, scope, node.value, None, depth + 1, is_table=True)
        elif isinstance(node, ast.Call):
            self._trace_call(found, scope, node, depth)
        else:
            raise _UnknownError

    def _trace_call(self, found: Origin, scope: FunctionId, node: ast.Call, depth: int) -> None:
        func = node.func
        if last_name(func) == "partial" and node.args and not any(isinstance(a, ast.Starred) for a in node.args):
            inner = Origin()
            self._trace(inner, scope, node.args[0], depth + 1)
            found.names |= inner.names
            more, named = tuple(node.args[1:]), tuple(node.keywords)
            found.leaves += [Leaf(e.scope, e.node, (*e.args, *more), (*e.keywords, *named)) for e in inner.leaves]
            return
        if isinstance(func, ast.Attribute) and func.attr == "get" and 0 < len(node.args) <= 2 and not node.keywords:
            self._trace_all(found, scope, func.value, None, depth + 1, is_table=True)
            if len(node.args) == 2:
                self._trace(found, scope, node.args[1], depth + 1)
            return
        made = [v for v in self.program.eval(scope, func) if isinstance(v, Fn)]
        factory = self.program.functions[made[0].id] if len(made) == 1 else None
        if factory is None or factory.is_async or factory.is_generator or factory.decorators or not factory.returns:
            raise _UnknownError
        for value in factory.returns:
            self._trace(found, factory.id, value, depth + 1)

    def _trace_all(
        self,
        found: Origin,
        scope: FunctionId,
        node: ast.expr,
        position: int | None,
        depth: int,
        *,
        is_table: bool = False,
    ) -> None:
        """The functions that a collection holds; in each item at the `position`, if there is one."""
        values = node
        while isinstance(values, ast.Call) and last_name(values.func) in {"list", "tuple"} and len(values.args) == 1:
            node = values = values.args[0]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args:
            if node.func.attr != "values" and (node.func.attr, position) != ("items", 1):
                raise _UnknownError
            values, position, is_table = node.func.value, None, True
        if depth > _MAX_DEPTH:
            raise _UnknownError
        if isinstance(values, ast.Name | ast.Attribute):
            for where, binding in self._bindings(found, scope, values):
                if binding.how != "value" or binding.value is None:
                    raise _UnknownError
                self._trace_all(found, where, binding.value, position, depth + 1, is_table=is_table)
            if is_table and position is None:
                self._trace_entries(found)
            return
        if isinstance(values, ast.Dict | ast.DictComp) and is_table:
            items = values.values if isinstance(values, ast.Dict) else [values.value]
        elif isinstance(values, ast.ListComp | ast.SetComp | ast.GeneratorExp):
            items = [values.elt]
        elif isinstance(values, ast.List | ast.Tuple | ast.Set):
            items = values.elts
        else:
            raise _UnknownError
        for item in items:
            if position is not None:
                if not isinstance(item, ast.Tuple | ast.List) or position >= len(item.elts):
                    raise _UnknownError
                item = item.elts[position]
            self._trace(found, scope, item, depth + 1)

    def _trace_entries(self, found: Origin) -> None:
        """What decorators put into the tables through which the functions go."""
        for path, owner, name in sorted(found.names):
            for registry in self.registries.by_table.get((path, name), ()) if owner == MODULE else ():
                if not registry.is_known:
                    raise _UnknownError
                for entry in registry.entries:
                    function = entry.function
                    node = ast.copy_location(ast.Name(function.name, ast.Load()), entry.decorator)
                    found.leaves.append(Leaf(FunctionId(function.id.path, MODULE), node, entry=entry))

    def _is_direct(self, scope: FunctionId, node: ast.expr) -> bool:
        """Whether it is the own name of a function."""
        if not isinstance(node, ast.Name | ast.Attribute):
            return False
        values = self.program.eval(scope, node)
        named = [v for v in values if isinstance(v, Fn) and v.id.qualname.rpartition(".")[2] == last_name(node)]
        if len(values) != 1 or not named:
            return False
        if isinstance(node, ast.Name):
            _, bindings = self._scope_of(scope, node.id)
            return bool(bindings) and all(b.how in {"function", "import"} for b in bindings)
        return named[0].owner is not None or self.program.functions[named[0].id].parent is None

    def _scope_of(self, scope: FunctionId, name: str) -> tuple[FunctionId, list[Binding]]:
        for owner in self.program.scopes(self.program.functions[scope]):
            if name in owner.parameter_names:
                return owner.id, []
            if name in owner.bindings:
                return owner.id, owner.bindings[name]
        return scope, []

    def _bindings(
        self, found: Origin, scope: FunctionId, node: ast.Name | ast.Attribute
    ) -> list[tuple[FunctionId, Binding]]:
        """All that gives the variable or attribute its value, each with where that stands; not empty."""
        bound: list[tuple[FunctionId, Binding]] = []
        if isinstance(node, ast.Name):
            owner, bindings = self._scope_of(scope, node.id)
            imported = [b.source for b in bindings if b.how == "import" and b.source is not None and b.source.name]
            if imported and len(bindings) == 1:
                path = self.program.imported_path(imported[0], scope.path)
                if path in self.graph.modules and imported[0].name:
                    found.names.add((scope.path, owner.qualname, node.id))
                    return self._bindings(found, FunctionId(path, MODULE), ast.Name(imported[0].name))
            found.names.add((owner.path, owner.qualname, node.id))
            bound = [(owner, b) for b in bindings if b.how != "annotation"] or self._given(owner, node.id)
        else:
            for writes in self.program.self_writes.values():
                bound += [(f.id, b) for f, b in writes.get(node.attr, ())]
            classes = self.program.classes.values()
            found.names.add((scope.path, ".", node.attr))
            if len(bound) != 1 or any(node.attr in klass.bindings for klass in classes):
                raise _UnknownError
        if not bound:
            raise _UnknownError
        return bound

    def _given(self, owner: FunctionId, name: str) -> list[tuple[FunctionId, Binding]]:
        """What the function is given for the parameter, where all its calls show that."""
        function = self.program.functions[owner]
        edges = self.graph.edges_to(owner)
        if name not in function.parameter_names or any(edge.kind != "call" for edge in edges):
            raise _UnknownError
        handed = list(self.program.callers.arguments(function, name))
        others = [edge.node for edge in edges if all(edge.node is not call for _, call, _ in handed)]
        default = function.default(name)
        if others and (default is None or any(map(_is_open, others))):
            raise _UnknownError
        given = [(caller, Binding("value", argument)) for caller, _, argument in handed]
        return [*given, (owner, Binding("value", default))] if default is not None else given

    # -- helpers that call what they are given once per item
    @cached_property
    def _per_item(self) -> list[_Point]:
        found = []
        for reference in self.program.call_facts.values():
            scope, call = reference.caller, reference.call
            if not isinstance(call.node.func, ast.Name) or isinstance(scope.node, ast.Lambda):
                continue
            owner = self.program.callers.owner(scope, call.node.func.id)
            if owner is None or (owner is scope and not any(is_item_loop(loop) for loop in call.loops)):
                continue
            if scope.is_generator or self.program.callers.wrapped(owner.id) == call.node.func.id:
                continue
            handed = [(at, each) for at, _, each in self.program.callers.arguments(owner, call.node.func.id)]
            default = owner.default(call.node.func.id)
            handed += [(FunctionId(owner.id.path, owner.parent or MODULE), default)] if default is not None else []
            values = frozenset(v for at, each in handed for v in self.program.eval(at, each))
            callees = {v.id for v in (*values, *self.support.called(values)) if isinstance(v, Fn)}
            if callees:
                is_function = any(isinstance(v, Fn) for v in values)
                found.append(_Point(scope.id, owner.id, call.node, frozenset(callees), is_function))
        return found

    @cached_property
    def per_item(self) -> frozenset[int]:
        """The calls of a parameter that holds a function for each item, by identity."""
        return frozenset(id(point.node) for point in self._per_item if point.is_function)

    def passed_on(self, found: set[FunctionId]) -> Iterator[FunctionId]:
        """The functions that call one of the `found` so."""
        return (point.scope for point in self._per_item if not found.isdisjoint(point.callees))

    def points(self, edge: Edge) -> Iterator[tuple[FunctionId, ast.Call]]:
        """Where the helper to which the edge hands the function calls it, or hands it on to a pool."""
        helper = self._helper(edge)
        if helper is None:
            return
        for point in self._per_item:
            if point.owner == helper.id and edge.callee in point.callees:
                yield point.scope, point.node

    def handing_on(self, edge: Edge) -> Iterator[tuple[FunctionId, ast.Call]]:
        """Where the helper to which the edge hands the function hands it on to something else."""
        helper = self._helper(edge)
        if helper is None:
            return
        for name in helper.parameter_names:
            given = self.program.callers.arguments(helper, name)
            if not any(node is edge.node and self._can_be(at, each, edge.callee) for at, node, each in given):
                continue
            for call in helper.calls:
                arguments = [*call.node.args, *(keyword.value for keyword in call.node.keywords)]
                if any(isinstance(each, ast.Name) and each.id == name for each in arguments):
                    yield helper.id, call.node

    def _helper(self, edge: Edge) -> FunctionFacts | None:
        values = self.program.eval(edge.caller, edge.node.func) if isinstance(edge.node, ast.Call) else ()
        helpers = [value.id for value in values if isinstance(value, Fn)]
        is_one = len(helpers) == 1 and not self.support.foreign(values, edge.caller)
        return self.program.functions[helpers[0]] if is_one else None

    def _can_be(self, scope: FunctionId, node: ast.expr, callee: FunctionId) -> bool:
        return any(isinstance(value, Fn) and value.id == callee for value in self.program.eval(scope, node))

    def is_async(self, leaf: Leaf) -> bool:
        return not isinstance(leaf.node, ast.Lambda) and self.program.functions[self.target(leaf).id].is_async

    def target(self, leaf: Leaf) -> Fn:
        return next(v for v in self.program.eval(leaf.scope, leaf.node) if isinstance(v, Fn))


def _is_open(call: ast.expr) -> bool:
    """Whether what the call gives is not all written down."""
    return not isinstance(call, ast.Call) or spreads(call)
