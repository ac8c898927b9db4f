"""Generators that yield answers, where whoever calls them takes all: the answers come first, then they are yielded."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from batchlint.codemod import scopes
from batchlint.codemod.access import OWN, Access, Channel, Frame, clash, touches
from batchlint.codemod.attempts import is_quiet
from batchlint.codemod.blocks import Comprehension, Loop, awaits, comprehension_parts, own_exits
from batchlint.codemod.changes import Fanout, LoopChange
from batchlint.codemod.drawn import drawing
from batchlint.codemod.eager import EAGER
from batchlint.codemod.effects import MUTATORS
from batchlint.codemod.paths import function_body
from batchlint.codemod.refusals import Refused
from batchlint.facts import MODULE, ClassId, FunctionFacts, FunctionId
from batchlint.graph import Graph
from batchlint.iterables import LAZY
from batchlint.symbols import last_name
from batchlint.trees import SCOPES, walk_own
from batchlint.values import Fn

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_PARTLY = frozenset({"extend", "update", "writelines", "writerows"})
"""What keeps the items that come before an error."""
_LEAVE = frozenset({"exit", "quit", "_exit", "next", "islice", "takewhile", "zip"})


class Taker(NamedTuple):
    """Who takes all of a generator: `calls` make it, `targets` are bound to each item, and `nodes` handle it."""

    function: FunctionFacts
    calls: list[tuple[FunctionFacts, ast.Call]]
    """The innermost last, each with what it calls."""
    targets: list[ast.expr]
    nodes: list[ast.AST]
    is_loop: bool
    handing: tuple[tuple[FunctionFacts, ast.Call], ...] = ()
    """The calls that hand the generator to it, the outermost first, each with what makes it."""


def own_yields(loop: Loop) -> list[ast.Yield | ast.YieldFrom]:
    """The `yield`s of the loop's own function."""
    own = (statement for statement in reversed(loop.body) if not isinstance(statement, SCOPES))
    return [node for each in own for node in walk_own(each) if isinstance(node, ast.Yield | ast.YieldFrom)]


class Yielding:
    """Plans them."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner
        self.reader = planner.reader
        self._lists: dict[FunctionId, str] = {}
        """What the lists are called that generators give."""

    def check(self, function: FunctionFacts, loop: Loop) -> None:
        """Refused where the loop yields to somebody who may leave, or in a way that cannot wait."""
        statements = {id(n.value) for s in loop.body for n in ast.walk(s) if isinstance(n, ast.Expr)}
        for node in own_yields(loop):
            if id(node) not in statements:
                raise Refused("generator-consumer", f"`{Graph.label(function.id)}` yields answers (line {node.lineno})")
        if own_yields(loop):
            _check_behind(loop.body, is_repeated=False)
            list(self._takers(function, []))

    def plan(self, fanout: Fanout, function: FunctionFacts, loop: Loop, change: LoopChange) -> None:
        """Plan what becomes of the loop's `yield`s, as a part of its change."""
        yields = own_yields(loop)
        if not yields:
            return
        for taker in self._takers(function, []):
            effects = self._check_order(function, loop, taker)
            change.is_guarded |= taker.is_loop or effects
        path = function.id.path
        change.collected = self.planner.fresh(path, "results")
        for node in yields:
            fanout.file(path).yields[self.planner.place(path, node)] = change.collected

    def as_list(self, fanout: Fanout, function: FunctionFacts) -> None:
        """Plan that a generator whose takers take all gives a list; nothing for other functions."""
        if not function.is_generator:
            return
        body, path = function_body(function), function.id.path
        yields = [n for s in body for n in walk_own(s) if isinstance(n, ast.Yield | ast.YieldFrom)]
        statements = {id(n.value) for s in body for n in ast.walk(s) if isinstance(n, ast.Expr)}
        loops = [n for s in body for n in ast.walk(s) if isinstance(n, ast.For | ast.While)]
        asks = any(own_yields(n) and self.planner.asks(function, n.body) for n in loops if isinstance(n, ast.For))
        first = min((node.lineno for node in yields), default=0)
        calls = self.planner.converted(function, body)
        asks = asks or any(call.lineno > first for call in calls)  # what was yielded before an error counts
        asks = asks or any(isinstance(n, ast.Raise) and n.lineno > first for s in body for n in walk_own(s))
        if function.is_async or asks or any(id(node) not in statements for node in yields):
            what = f"`{Graph.label(function.id)}` yields to its caller (line {function.line})"
            raise Refused("generator-consumer", what)
        _check_behind(body, is_repeated=False)
        for taker in self._takers(function, []):
            self._check_reads(function, taker)
        changes = fanout.file(path)
        if function.id not in self._lists:
            self._lists[function.id] = self.planner.fresh(path, "results")
        name = changes.listed[self.planner.place(path, function.node)] = self._lists[function.id]
        changes.yields |= {self.planner.place(path, node): name for node in yields}

    def _check_reads(self, function: FunctionFacts, taker: Taker) -> None:
        """Refused where who takes the items changes what the generator reads for later ones."""
        inner = Frame(taker.function, set())
        for called, call in taker.calls:
            owner = ClassId(called.id.path, called.owner) if called.owner else None
            inner = self.reader.callee_frame(Fn(called.id, owner), call, inner)
        mine = [access for s in function_body(function) for access in self.reader.statement(s, inner)]
        mine = [access for access in mine if access.channel[0] != "yield"]
        targets = {n.id for each in taker.targets for n in ast.walk(each) if isinstance(n, ast.Name)}
        frame = Frame(taker.function, scopes.bound(taker.nodes) | targets)
        made = {id(call) for _, call in taker.calls}
        for access in (a for node in taker.nodes for a in self._accesses(node, frame, made)):
            met = next((other for other in mine if clash(access, other)), None)
            if met is not None:
                what = f"{access.name} is used by `{Graph.label(function.id)}` (line {met.line}) and"
                raise Refused("generator-consumer", f"{what} by who takes its answers (line {access.line})")

    # -- who takes the items
    def _takers(self, function: FunctionFacts, below: list[tuple[FunctionFacts, ast.Call]]) -> Iterator[Taker]:
        """`below`: the calls through which the function gets what it yields."""
        graph, label = self.planner.graph, Graph.label(function.id)
        edges = graph.edges_to(function.id)
        if not edges or any(called is function for called, _ in below):
            raise Refused("generator-consumer", f"nothing in the project calls `{label}`, which yields answers")
        for edge in edges:
            if edge.kind != "call" or not isinstance(edge.node, ast.Call):
                raise Refused("generator-consumer", f"`{label}` is handed on ({edge.caller.path}:{edge.span.line})")
            caller = graph.function(edge.caller)
            calls = [(function, edge.node), *below]
            taker = self._taker(caller, edge.node, edge.node)._replace(calls=calls)
            yield taker
            if any(map(_yields, taker.nodes)):
                yield from self._takers(caller, calls)

    def _taker(self, caller: FunctionFacts, call: ast.Call, node: ast.expr) -> Taker:
        tree = self.planner.graph.modules[caller.id.path].tree
        refused = Refused("generator-consumer", f"`{last_name(call.func)}` is not taken whole (line {node.lineno})")
        current: ast.AST = node
        parents = [*reversed(scopes.path_to(tree, node))]
        for position, parent in enumerate(parents):
            if isinstance(parent, ast.For | ast.AsyncFor) and parent.iter is current:
                self._check_loop(caller, parent, refused)
                return Taker(caller, [], [parent.target], list(parent.body), True)
            if isinstance(parent, ast.comprehension) and parent.iter is current:
                whole = parents[position + 1]
                if not isinstance(whole, Comprehension) or isinstance(whole, ast.GeneratorExp):
                    raise refused
                if awaits([*parent.ifs, *comprehension_parts(whole), *whole.generators[1:]]):
                    raise refused
                targets = [generator.target for generator in whole.generators]
                return Taker(caller, [], targets, [*parent.ifs, *comprehension_parts(whole)], False)
            if isinstance(parent, ast.Starred):
                return Taker(caller, [], [], [], False)
            if isinstance(parent, ast.Call) and current in parent.args:
                name = last_name(parent.func)
                if name in EAGER:
                    return Taker(caller, [], [], [parent], name in _PARTLY)
                if name not in LAZY:
                    return self._handed(caller, call, parent, current, refused)
                current = parent
                continue
            if isinstance(parent, ast.YieldFrom):
                return Taker(caller, [], [], [parent], True)
            if isinstance(parent, ast.Assign) and node is call:
                return self._taker(caller, call, self._only_use(caller, parent, refused))
            raise refused
        raise refused

    def _handed(self, caller: FunctionFacts, call: ast.Call, outer: ast.Call, node: ast.AST, refused: Refused) -> Taker:
        """Who takes the generator in the project's function to which it is handed."""
        program = self.planner.program
        targets = [v for v in program.eval(caller.id, outer.func) if isinstance(v, Fn)]
        names = [name for v in targets for name, argument in self.reader.passed(v, outer) if argument is node]
        function = program.functions[targets[0].id] if len(targets) == 1 and names else caller
        uses = [n for n in ast.walk(function.node) if isinstance(n, ast.Name) and names and n.id == names[0]]
        if (
            function is caller
            or function.is_generator
            or function.is_async
            or len(uses) != 1
            or names[0] in function.bindings
        ):
            raise refused
        taker = self._taker(function, call, uses[0])
        return taker._replace(handing=((caller, outer), *taker.handing))

    def _only_use(self, caller: FunctionFacts, assignment: ast.Assign, refused: Refused) -> ast.expr:
        """Where the variable is used to which the generator is assigned."""
        target = assignment.targets[0]
        if len(assignment.targets) > 1 or not isinstance(target, ast.Name):
            raise refused
        names = [n for n in ast.walk(caller.node) if isinstance(n, ast.Name) and n.id == target.id and n is not target]
        is_shared = caller.id.qualname == MODULE and target.id not in caller.bindings
        if len(names) != 1 or not isinstance(names[0].ctx, ast.Load) or is_shared:
            raise refused
        return names[0]

    def _check_loop(self, caller: FunctionFacts, loop: ast.For | ast.AsyncFor, refused: Refused) -> None:
        inside = [node for statement in loop.body for node in ast.walk(statement)]
        leaves = any(isinstance(node, ast.Return) for node in inside) or any(own_exits(loop.body, ast.Break))
        ends = any(isinstance(node, ast.Call) and last_name(node.func) in _LEAVE for node in inside)
        if leaves or ends or awaits(loop.body):
            raise refused
        if self.planner.asks(caller, loop.body):
            what = f"`{Graph.label(caller.id)}` asks with what it is given (line {loop.lineno})"
            raise Refused("generator-consumer", what)

    # -- what they do with the items
    def _check_order(self, function: FunctionFacts, loop: Loop, taker: Taker) -> bool:
        """Whether the taker has any effect. Refused where it would meet what the generator does for later items."""
        reader = self.reader
        first = taker.handing[0][0] if taker.handing else taker.function
        inner = entered = Frame(first, set())
        for _, handing in taker.handing:
            target = next(v for v in self.planner.program.eval(entered.function.id, handing.func) if isinstance(v, Fn))
            entered = reader.callee_frame(target, handing, entered)
        given: set[Channel] = set()
        for called, call in taker.calls:
            owner = ClassId(called.id.path, called.owner) if called.owner else None
            inner = reader.callee_frame(Fn(called.id, owner), call, inner)
            for name in called.parameter_names:
                if not inner.aliases.get(name):
                    inner.aliases[name] = {("v", called.id.path, called.id.qualname, name)}
            if called is not function:
                given |= self._given(function_body(called), inner)
        own = [n.id for n in ast.walk(loop.target) if isinstance(n, ast.Name)]
        parameters = function.parameter_names
        inner.local &= parameters | {*own} | (scopes.bound(loop.body) - scopes.bound_beside(function.node, loop))
        roots = {(*root, OWN) for root in reader.iterated(loop.iter, inner)}
        inner.aliases = {name: inner.aliases[name] for name in parameters} | {name: set(roots) for name in own}
        reader.alias_statements(inner, loop.body)
        given |= self._given(function_body(function), inner)
        targets = {n.id for each in taker.targets for n in ast.walk(each) if isinstance(n, ast.Name)}
        statements = [node for node in taker.nodes if isinstance(node, ast.stmt)]
        bound = scopes.bound(taker.nodes) | targets
        frame = Frame(taker.function, set(bound)) if not taker.handing else entered
        frame.aliases.update({name: set(given) for name in targets})
        reader.alias_statements(frame, statements)
        made = {id(call) for _, call in taker.calls}
        prints, reader.prints = reader.prints, True
        try:
            body = [access for statement in loop.body for access in reader.statement(statement, inner)]
            theirs = [access for node in taker.nodes for access in self._accesses(node, frame, made)]
        finally:
            reader.prints = prints
        mine = [*drawing(reader, loop.iter, inner), *body]
        has_effects = any(access.how != "read" for access in theirs)
        for name in sorted(bound):
            theirs += touches(reader.root(Frame(taker.function, set()), name), "write", taker.calls[0][1].lineno)
        for access in theirs:
            met = next((other for other in mine if clash(access, other)), None)
            if met is not None:
                what = f"{access.name} is used by `{Graph.label(function.id)}` (line {met.line}) and"
                raise Refused("generator-consumer", f"{what} by who takes its answers (line {access.line})")
        return has_effects

    def _given(self, body: list[ast.stmt], frame: Frame) -> set[Channel]:
        """What the yielded values may be part of."""
        nodes = (node for statement in body for node in ast.walk(statement))
        parts = (part for node in nodes if isinstance(node, ast.Yield | ast.YieldFrom) for part in ast.walk(node))
        places = [part for part in parts if isinstance(part, ast.Name | ast.Attribute | ast.Subscript)]
        return {channel for place in places for channel in self.reader.path(place, frame)}

    def _accesses(self, node: ast.AST, frame: Frame, skip: set[int]) -> list[Access]:
        return self.reader.statement(node, frame) if isinstance(node, ast.stmt) else self.reader.of(node, frame, skip)


def _check_behind(body: list[ast.stmt], *, is_repeated: bool) -> None:
    """Refused where more is done with an item once it is yielded: whoever takes it would see that already.

    `is_repeated`: whether the statements come again for the same item.
    """
    for position, statement in enumerate(body):
        inside = [n for n in ast.walk(statement) if isinstance(n, ast.Yield | ast.YieldFrom)]
        if not inside:
            continue
        what = f"more is done with an item once it is yielded (line {inside[0].lineno})"
        refused = Refused("generator-consumer", what)
        if isinstance(statement, ast.With | ast.AsyncWith) or getattr(statement, "finalbody", None):
            raise refused
        following = body[position + 1 :] if _goes_on(statement) else []
        others = [*(body[:position] if is_repeated else ()), *following]
        if not all(_is_calm(other) for other in others):
            raise refused
        is_loop = isinstance(statement, ast.For | ast.While)
        for name in ("body", "orelse"):
            _check_behind(getattr(statement, name, []), is_repeated=is_repeated or is_loop)
        for case in [*getattr(statement, "handlers", []), *getattr(statement, "cases", [])]:
            _check_behind(case.body, is_repeated=is_repeated)


def _goes_on(statement: ast.stmt) -> bool:
    """Whether what follows can come behind a `yield` in the statement."""
    if not isinstance(statement, ast.If):
        return True
    branches = [branch for branch in (statement.body, statement.orelse) if any(map(_yields, branch))]
    return not all(isinstance(branch[-1], ast.Continue | ast.Return | ast.Raise) for branch in branches)


def _yields(node: ast.AST) -> bool:
    return any(isinstance(n, ast.Yield | ast.YieldFrom) for n in ast.walk(node))


def _is_calm(statement: ast.stmt) -> bool:
    """Whether the statement changes nothing but variables."""
    if isinstance(statement, ast.If):
        return all(_is_calm(each) for each in [*statement.body, *statement.orelse])
    if isinstance(statement, ast.Assign):
        calls = (n for n in ast.walk(statement.value) if isinstance(n, ast.Call))
        return all(isinstance(t, ast.Name) for t in statement.targets) and not any(
            last_name(call.func) in MUTATORS for call in calls
        )
    is_yield = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Yield | ast.YieldFrom)
    return is_yield or is_quiet(statement)
