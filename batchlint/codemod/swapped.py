"""Lists of objects that a method asks for and empties: `self.buffer`, which others fill.

The rewritten method takes the list out of its object before it asks, `buffer, self.buffer = self.buffer, []`, so that
the items which come before its answer fill the next one. `buffered` knows the lists of a function's own.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from batchlint.codemod import altered, buffered, scopes
from batchlint.codemod.access import Access, Frame, touches
from batchlint.codemod.blocks import awaits
from batchlint.codemod.changes import Fanout
from batchlint.codemod.linked import is_self
from batchlint.codemod.paths import function_body
from batchlint.codemod.scalars import is_scalar
from batchlint.facts import ClassId, FunctionFacts, FunctionId
from batchlint.trees import walk
from batchlint.values import Fn

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_MAX_DEPTH = 3


class Swap(NamedTuple):
    """How a method takes the list out of its object: before which statement, and which one empties it no longer."""

    name: str
    attribute: ast.Attribute
    before: ast.stmt
    reset: ast.stmt
    reads: tuple[ast.Attribute, ...]
    """Where the method reads the list that it has taken out; nowhere if it has copied what it asks for."""


class Swapped:
    """Finds and plans them."""

    def __init__(self, planner: Planner) -> None:
        self._planner = planner
        self._program = planner.program

    @cached_property
    def swaps(self) -> dict[FunctionId, Swap]:
        """The methods that do so, with how they will do it."""
        found: dict[FunctionId, Swap] = {}
        for owner, attributes in self._program.self_writes.items():
            for name, writes in attributes.items():
                values = [b.value for _, b in writes if b.how != "annotation"]
                if values and all(map(buffered.is_empty, values)) and (swap := self._of(owner, name)):
                    found[swap[0]] = swap[1]
        return found

    @cached_property
    def taken(self) -> set[int]:
        """The nodes, by identity, that stand for a list which is no longer the object's."""
        return {id(node) for swap in self.swaps.values() for node in swap.reads}

    @cached_property
    def _by_statement(self) -> dict[int, Swap]:
        return {id(each): swap for swap in self.swaps.values() for each in (swap.before, swap.reset)}

    def at(self, statement: ast.stmt, frame: Frame) -> list[Access] | None:
        """What taking the list out touches in front of the statement; None where the statement goes."""
        swap = self._by_statement.get(id(statement))
        if swap is None:
            return []
        if statement is swap.reset:
            return None
        channels = self._planner.reader.path(swap.attribute, frame)
        return touches(channels, "write", statement.lineno)

    def plan(self, fanout: Fanout, function: FunctionFacts) -> None:
        """Plan what becomes of the method."""
        swap = self.swaps.get(function.id)
        if swap is None:
            return
        changes, path = fanout.file(function.id.path), function.id.path
        shown = ast.unparse(swap.attribute)
        taking = f"{swap.name}, {shown} = {shown}, []" if swap.reads else f"{shown} = []"
        changes.swaps[self._planner.place(path, swap.before)] = taking
        changes.dropped.add(self._planner.place(path, swap.reset))
        changes.taken |= {self._planner.place(path, node): swap.name for node in swap.reads}

    # -- what is left over
    def tail(self, function: FunctionFacts, loop: ast.AST) -> ast.Expr | None:
        """The statement behind the loop that has the object ask for what its items have left in the list."""
        following = scopes.following(function.node, loop) if self.swaps else []
        tail = following[0] if following else None
        if not isinstance(loop, ast.For) or not isinstance(tail, ast.Expr) or awaits([loop, tail]):
            return None
        owners = self._owners(function, [tail])
        return tail if owners and owners & self._owners(function, loop.body) else None

    def loop_before(self, function: FunctionFacts, node: ast.AST) -> ast.For | None:
        """The loop for whose rest the statement around the node asks."""
        for outer, tail in itertools.pairwise(scopes.path_to(function.node, node) if self.swaps else ()):
            before = scopes.preceding(outer, tail) if isinstance(tail, ast.Expr) else []
            loop = before[-1] if before else None
            if isinstance(loop, ast.For) and self.tail(function, loop) is tail:
                return loop
        return None

    def _owners(self, function: FunctionFacts, nodes: list[ast.stmt]) -> set[tuple[str, str | None]]:
        """The classes with such a list whose methods the requests of the statements are entered by."""
        planner = self._planner
        entered = [planner.support.converts(function.id, call) for call in planner.converted(function, nodes)]
        targets = [target.id for each in entered if isinstance(each, tuple) for target in each]
        taking = {(id.path, self._program.functions[id].owner) for id in self.swaps}
        return taking & {(id.path, self._program.functions[id].owner) for id in targets}

    def fanout(self, function: FunctionFacts, loop: ast.For, tail: ast.Expr) -> Fanout:
        """The fan-out of the loop, of which what asks for the rest is the last item."""
        planner = self._planner
        either = ast.copy_location(ast.If(ast.Constant(True), loop.body, [tail]), loop)
        items = ast.copy_location(ast.For(loop.target, loop.iter, [either], []), loop)
        items = ast.fix_missing_locations(items)
        made = Fanout(function.id, loop)
        planner.split(made, function, items, nested=False, stands=loop, drawing=planner.drawn_by(function, loop))
        changes = made.file(function.id.path)
        changes.loops[planner.place(function.id.path, loop)].has_tail = True
        changes.dropped.add(planner.place(function.id.path, tail))
        return made

    # -- finding them
    def _of(self, owner: ClassId, name: str) -> tuple[FunctionId, Swap] | None:
        methods = [f for f in self._program.functions.values() if f.owner == owner.qualname and f.id.path == owner.path]
        swaps = [(f.id, swap) for f in methods if (swap := self._in(f, name)) is not None]
        if len(swaps) != 1:
            return None

        def is_it(node: ast.expr | None) -> bool:
            return _is_own(node, name)

        kept = any(buffered.is_kept(self._planner, f, is_it, 0) for f in methods)
        kept = kept or not all(buffered.is_only_read(self._planner, f, is_it) for f in methods)
        if kept or self._is_seen(name):
            return None
        # Objects that others have as well may be told an answer while they stand in the next list.
        is_own = all(self._is_new(f, each) for f in methods for each in _put_in(f, is_it))
        if not is_own and any(altered.alters(self._planner, f, is_it) for f in methods):
            return None
        function = self._program.functions[swaps[0][0]]
        inside = function_body(function)
        between = inside[inside.index(swaps[0][1].before) : inside.index(swaps[0][1].reset)]
        if any(self._touches(function.id, statement, name, 0) for statement in between):
            return None
        return None if self._is_tried(function.id, 0) else swaps[0]

    def _is_new(self, function: FunctionFacts, value: ast.expr) -> bool:
        """Whether the expression makes an object for the list alone, of texts and numbers."""
        parts = value.values if isinstance(value, ast.Dict) else value.elts if isinstance(value, ast.List) else []
        return bool(parts) and all(is_scalar(self._program, each, Frame(function, set())) for each in parts)

    def _in(self, function: FunctionFacts, name: str) -> Swap | None:
        """How the method asks for the list, if it does and empties it then."""
        body = function_body(function)
        if function.is_async or function.is_generator or function.decorators or not function.parameters:
            return None
        resets = [s for s in body if [_is_own(each, name) for each in buffered.emptied_by(s)] == [True]]
        asking = [s for s in body if self._planner.asks(function, [s])] if len(resets) == 1 else []
        if len(asking) != 1 or not isinstance(asking[0], ast.Assign | ast.AnnAssign | ast.Expr):
            return None
        first, last = body.index(asking[0]), body.index(resets[0])
        if first >= last or any(isinstance(n, ast.Return) for s in body[first:last] for n in walk(s)):
            return None
        nodes = [n for s in body[first:last] for n in walk(s) if isinstance(n, ast.Attribute) and _is_own(n, name)]
        if any(not isinstance(n.ctx, ast.Load) for n in nodes):
            return None
        local = self._planner.fresh(function.id.path, name.strip("_") or "taken") if nodes else ""
        own = function.parameters[0].arg
        attribute = ast.Attribute(ast.Name(own, ast.Load()), name, ast.Load())
        attribute = ast.fix_missing_locations(ast.copy_location(attribute, asking[0]))
        return Swap(local, attribute, asking[0], resets[0], tuple(nodes))

    def _touches(self, id: FunctionId, node: ast.AST, name: str, depth: int) -> bool:
        """Whether a call in the node enters a method that reads or changes the list of the object."""
        for call in (n for n in walk(node) if isinstance(n, ast.Call)):
            for value in self._program.eval(id, call.func):
                inner = self._program.functions[value.id] if isinstance(value, Fn) else None
                if inner is None:
                    continue
                is_read = any(isinstance(n, ast.Attribute) and n.attr == name for n in walk(inner.node))
                if is_read or depth > _MAX_DEPTH or self._touches(inner.id, inner.node, name, depth + 1):
                    return True
        return False

    def _is_seen(self, name: str) -> bool:
        """Whether somebody else than the object uses the attribute."""
        trees = (module.tree for module in self._program.modules.values())
        nodes = (n for tree in trees for n in ast.walk(tree) if isinstance(n, ast.Attribute) and n.attr == name)
        return any(not is_self(node.value) for node in nodes)

    def _is_tried(self, id: FunctionId, depth: int) -> bool:
        """Whether somebody goes on after an error of the method, and would find the list as it was."""
        edges = self._planner.graph.edges_to(id)
        handed = (each.node for each in self._program.callers.references(self._program.functions[id].name))
        if any(isinstance(node, ast.Attribute) for node in handed):  # `atexit.register(index.flush)`
            return True
        return any(
            scopes.is_in_try(self._program.functions[edge.caller].node, edge.node)
            or _ends_anyhow(self._program.functions[edge.caller], edge.node)
            or (depth < _MAX_DEPTH and self._is_tried(edge.caller, depth + 1))
            for edge in edges
            if edge.caller in self._program.functions
        )


def _ends_anyhow(function: FunctionFacts, node: ast.AST) -> bool:
    """Whether the node stands in what a `with` calls at its end, also after an error."""
    if function.name not in {"__exit__", "__aexit__", "__del__"}:
        return False
    kind = [parameter.arg for parameter in function.parameters[1:2]]
    tests = [each.test for each in scopes.path_to(function.node, node) if isinstance(each, ast.If) and not each.orelse]
    return not any(ast.unparse(test) in {f"{name} is None", f"not {name}"} for test in tests for name in kind)


def _put_in(function: FunctionFacts, is_it: Callable[[ast.expr | None], bool]) -> Iterator[ast.expr]:
    """What the function puts into the list."""
    for node in walk(function.node):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and is_it(node.func.value):
            yield from node.args[-1:]
        elif isinstance(node, ast.AugAssign) and is_it(node.target):
            yield node.value


def _is_own(node: ast.expr | None, name: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == name and is_self(node.value)
