"""Functions that a variable, a table or a `partial` holds: `score = make_scorer(client)`, `HANDLERS[kind](row)`.

The twin takes their place where they are held, so every call through the variable must be one that is rewritten.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from batchlint.codemod.access import Frame
from batchlint.codemod.changes import CallChange, Fanout
from batchlint.codemod.paths import Paths
from batchlint.codemod.refusals import Refused
from batchlint.facts import MODULE, Binding, FunctionFacts, FunctionId
from batchlint.symbols import last_name
from batchlint.trees import children, walk
from batchlint.values import Fn

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner
    from batchlint.codemod.support import Support

HELD = "held"
"""What becomes of a call of what a variable or a table holds."""
_MAX_DEPTH = 6
_KEYS = frozenset({"len", "sorted", "list", "set", "tuple", "join"})
"""What takes the keys of a table."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A function, as it is written where it is put into the variable, with what a `partial` binds."""

    scope: FunctionId
    node: ast.expr
    args: tuple[ast.expr, ...] = ()
    keywords: tuple[ast.keyword, ...] = ()


@dataclass(slots=True)
class Origin:
    """Where what is called comes from: all functions that it can be, and the names through which they go."""

    leaves: list[Leaf] = field(default_factory=list)
    names: set[tuple[str, str, str]] = field(default_factory=set)
    """The path, the qualified name of the scope ("." for an attribute), and the name."""


class Way(NamedTuple):
    """One function that a call can enter: the call of it, the function if it asks, or the body of a lambda."""

    call: ast.Call
    target: Fn | None
    body: ast.expr | None
    frame: Frame


class _UnknownError(Exception):
    """Something that cannot be followed."""


class Held:
    """Follows them, and plans what becomes of their calls."""

    def __init__(self, support: Support) -> None:
        self.support = support
        self.graph = support.graph
        self.program = support.program
        self.paths = Paths(support.graph, support.threads)
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
        targets = [self._target(leaf) for leaf in origin.leaves]
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
                elif binding.how == "element" and binding.value is not None:
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
            return
        if isinstance(values, ast.Dict) and is_table:
            items = values.values
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
        for owner in (*self.program.around(self.program.functions[scope]), self.graph.modules[scope.path].body):
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
                stem = self.program.import_stem(imported[0], scope.path)
                path = self.program.index.stems.get(stem) if stem is not None else None
                if path in self.graph.modules and imported[0].name:
                    found.names.add((scope.path, owner.qualname, node.id))
                    return self._bindings(found, FunctionId(path, MODULE), ast.Name(imported[0].name))
            found.names.add((owner.path, owner.qualname, node.id))
            bound = [(owner, b) for b in bindings if b.how != "annotation"]
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

    # -- planning
    def plan(self, planner: Planner, fanout: Fanout, function: FunctionFacts, call: ast.Call, is_async: bool) -> None:
        """Plan the call, and that twins are held instead of the functions."""
        origin = self.origin(function.id, call.func)
        assert origin is not None
        if is_async or any(self._is_async(leaf) for leaf in origin.leaves):
            raise Refused("unsupported-shape", f"a coroutine calls what `{ast.unparse(call.func)}` holds")
        is_mixed = any(self.kind(leaf) != "asks" for leaf in origin.leaves)
        fanout.file(function.id.path).calls[planner.place(function.id.path, call)] = CallChange(
            "called" if is_mixed else "enter"
        )
        fanout.held.append((origin, function.id))
        for leaf in origin.leaves:
            if self.kind(leaf) != "asks":
                continue
            if isinstance(leaf.node, ast.Lambda):
                scope = self.program.functions[self.support.callbacks.scope(leaf.scope, leaf.node)]
                planner.plan_body(fanout, scope, [leaf.node.body], False)
                continue
            twin = planner.enter(fanout, (self._target(leaf),))
            fanout.file(leaf.scope.path).references[planner.place(leaf.scope.path, leaf.node)] = twin
            fanout.converted.add(id(leaf.node))

    def check(self, fanout: Fanout) -> None:
        """Refused where something else than the rewritten calls uses what now holds twins."""
        for origin, scope in fanout.held:
            for path, owner, name in sorted(origin.names):
                for use in self._uses(path, owner, name):
                    if not self._is_fit(use, origin, fanout):
                        what = f"`{name}` ({scope.path}:{use.lineno}) holds functions that ask, and is used otherwise"
                        raise Refused("unsupported-shape", f"{what}; call the functions by their names")
            for leaf in origin.leaves:
                self._check_closure(leaf, fanout)

    def _check_closure(self, leaf: Leaf, fanout: Fanout) -> None:
        """Refused where a function that a factory makes is called elsewhere too: there is one `def` for all of them."""
        if isinstance(leaf.node, ast.Lambda) or self.program.functions[self._target(leaf).id].parent is None:
            return
        for edge in self.graph.edges_to(self._target(leaf).id):
            if builtin_id(edge.node) not in fanout.converted:
                what = f"`{ast.unparse(leaf.node)}` is called elsewhere too ({edge.caller.path}:{edge.span.line})"
                raise Refused("unsupported-shape", what)

    def _uses(self, path: str, owner: str, name: str) -> Iterator[ast.Name | ast.Attribute]:
        """Where the name is read."""
        for other, module in self.graph.modules.items():
            if name not in module.text:
                continue
            if owner == ".":
                yield from (n for n in walk(module.tree) if isinstance(n, ast.Attribute) and n.attr == name)
            elif other == path:
                node = self.program.functions[FunctionId(path, owner)].node if owner != MODULE else module.tree
                yield from (n for n in walk(node) if isinstance(n, ast.Name) and n.id == name)
            elif owner == MODULE:
                yield from (n for n in walk(module.tree) if isinstance(n, ast.Attribute) and n.attr == name)
                bound = module.body.bindings.get(name, ())
                if any(b.how == "import" for b in bound):
                    yield from (n for n in walk(module.tree) if isinstance(n, ast.Name) and n.id == name)

    def _is_fit(self, use: ast.Name | ast.Attribute, origin: Origin, fanout: Fanout) -> bool:
        """Whether the use only hands on to rewritten calls, or looks at keys."""
        if not isinstance(use.ctx, ast.Load):
            return True
        current: ast.AST = use
        while (parent := self._parents.get(id(current))) is not None:
            if isinstance(parent, ast.Call) and parent.func is current and id(parent) in fanout.converted:
                return True
            if isinstance(parent, ast.Subscript) and parent.value is current and isinstance(parent.ctx, ast.Load):
                current = parent
            elif isinstance(parent, ast.Attribute):
                if parent.attr == "keys":
                    return True
                if parent.attr not in {"get", "values", "items"}:
                    return False
                current = parent
            elif isinstance(parent, ast.Call):
                if parent.func is not current:
                    return last_name(parent.func) in _KEYS and self._is_table(use)
                current = parent
            elif isinstance(parent, ast.For | ast.AsyncFor | ast.comprehension):
                return self._is_table(current) or self._is_followed(parent.target, origin)
            elif isinstance(parent, ast.Assign | ast.NamedExpr | ast.AnnAssign):
                targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
                return all(self._is_followed(target, origin) for target in targets)
            elif isinstance(parent, ast.Compare):
                return all(isinstance(op, ast.In | ast.NotIn | ast.Is | ast.IsNot) for op in parent.ops)
            elif isinstance(parent, ast.If | ast.UnaryOp):
                return not isinstance(parent, ast.If) or parent.test is current
            elif isinstance(parent, ast.IfExp):
                if parent.test is current:
                    return True
                current = parent
            else:
                return isinstance(parent, ast.keyword) and parent.arg == "choices"
        return False

    def _is_table(self, node: ast.AST) -> bool:
        """Whether it is a variable that only holds a mapping, so that going through it gives keys."""
        bound = [
            b.value
            for module in self.graph.modules.values()
            for scope in (module.body, *module.functions.values())
            for b in scope.bindings.get(node.id if isinstance(node, ast.Name) else "", ())
            if b.how == "value"
        ]
        return bool(bound) and all(isinstance(value, ast.Dict) for value in bound)

    @staticmethod
    def _is_followed(target: ast.expr, origin: Origin) -> bool:
        names = {name for _, _, name in origin.names}
        places = (n for n in walk(target) if isinstance(n, ast.Name | ast.Attribute))
        return any(last_name(place) in names for place in places)

    @cached_property
    def _parents(self) -> dict[int, ast.AST]:
        found: dict[int, ast.AST] = {}
        for module in self.graph.modules.values():
            for node in walk(module.tree):
                found.update((id(child), node) for child in children(node))
        return found

    # -- laying out
    def ways(self, call: ast.Call, frame: Frame) -> Iterator[Way]:
        """What the call can enter."""
        origin = self.origin(frame.function.id, call.func)
        assert origin is not None
        for leaf in origin.leaves:
            bound = {n.id for part in (*leaf.args, *leaf.keywords) for n in walk(part) if isinstance(n, ast.Name)}
            if leaf.scope != frame.function.id and bound & frame.local:
                raise Refused(
                    "unsupported-shape", f"`{min(bound & frame.local)}` means two things (line {call.lineno})"
                )
            made = ast.Call(leaf.node, [*leaf.args, *call.args], [*leaf.keywords, *call.keywords])
            made = ast.copy_location(made, call)
            if isinstance(leaf.node, ast.Lambda):
                outer = frame if leaf.scope == frame.function.id else Frame(self.program.functions[leaf.scope], set())
                inner = self.support.callbacks.lambda_frame(leaf.node, outer)
                for parameter, argument in zip(leaf.node.args.args, made.args, strict=False):
                    inner.aliases[parameter.arg] = self.paths.path(argument, frame)
                yield Way(made, None, leaf.node.body, inner)
            elif self.kind(leaf) == "asks":
                yield Way(made, self._target(leaf), None, frame)
            else:
                yield Way(made, None, None, frame)

    def _is_async(self, leaf: Leaf) -> bool:
        return not isinstance(leaf.node, ast.Lambda) and self.program.functions[self._target(leaf).id].is_async

    def _target(self, leaf: Leaf) -> Fn:
        return next(v for v in self.program.eval(leaf.scope, leaf.node) if isinstance(v, Fn))


builtin_id = id
