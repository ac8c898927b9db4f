"""Where a call's requests fan out: the loop, comprehension, pool or gather around it, here or above."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import partial

from batchlint.codemod import buffered, drawing_tests, kept_pools, own_folder, scopes, worklists
from batchlint.codemod.blocks import Comprehension
from batchlint.codemod.changes import Fanout
from batchlint.codemod.handing import LATER, STARTS_ONE
from batchlint.codemod.phasing import Phasing
from batchlint.codemod.planned import Planned, waited_for
from batchlint.codemod.planner import Planner
from batchlint.codemod.queues import Queues
from batchlint.codemod.refusals import UNFIT, Refused
from batchlint.codemod.workers import Workers
from batchlint.facts import MODULE, FunctionFacts, FunctionId
from batchlint.graph import Edge, Graph
from batchlint.loops import has_few_turns, is_item_loop
from batchlint.symbols import last_name
from batchlint.values import ordered

_MAX_LEVELS = 8
_AWAITING = frozenset({"wait_for", "shield", "run", "run_until_complete"})
"""What is handed one coroutine and has its result."""


class Finder:
    """Finds and plans the fan-outs of call sites; what several sites share is planned once."""

    def __init__(
        self, graph: Graph, unsafe: bool, collect: str = "poll", events: str | None = None, *, briefly: bool = False
    ) -> None:
        """`collect`: who notices the end of a batch; `events`: see `Queues`; `briefly`: see `codemod.plan`."""
        self.graph = graph
        self.planner = Planner(graph, unsafe)
        self.queues = Queues(self.planner, events)
        self.workers = Workers(self.planner)
        phasing = Phasing(self.planner, is_told=collect == "webhook")
        self._planned = Planned(self.planner, self.queues, phasing, briefly)
        self._covered: set[FunctionId] = set()
        """Functions all of whose callers put their requests into batches."""

    def fanouts(self, function: FunctionId, node: ast.Call) -> list[Fanout]:
        """The fan-outs through which the site's requests go into batches; Refused where there is none."""
        self.planner.support.check_below(self._callees(function, node))
        found: list[Fanout] = []
        refusals: list[Refused] = []
        self._covered = set()
        self._climb(function, node, found, refusals, set(), 0)
        if not found:
            self._descend(function, node, found, refusals, set())
        if not found:
            told = min(refusals or [Refused("no-fan-out")], key=_how_telling)
            is_waited_for = told.refusal.name == "no-fan-out" and self._planned.is_live(function)
            raise waited_for(function) if is_waited_for else told
        own_folder.check(self.graph, {path for fanout in found for path in fanout.changes})
        for refused in refusals:
            if refused.loop is not None:
                repeated = next((f for f in found if self._runs_in(f, refused)), None)
                note = f"requests of the loop at {refused.loop} stay realtime: {refused.refusal.detail}"
                if repeated is not None:
                    is_apart = refused.refusal.name == "no-fan-out"
                    why = "each turn waits for all of its answers" if is_apart else refused.refusal.detail
                    note = f"one batch for each turn of the loop at {refused.loop}, because {why}"
                notes = (repeated or found[0]).notes
                notes += [note] if note not in notes else []
        return list({id(f): f for f in found}.values())

    def _runs_in(self, fanout: Fanout, refused: Refused) -> bool:
        """Whether the loop that was refused runs the fan-out in its turns."""
        if refused.around is None:
            return False
        id, loop = refused.around
        within = {_key(node) for node in ast.walk(loop) if node is not loop}
        if fanout.function == id:
            return _key(fanout.node) in within
        pending, seen = [fanout.function], {fanout.function}
        while pending:
            for edge in self.graph.edges_to(pending.pop()):
                if edge.caller == id and _key(edge.node) in within:
                    return True
                if edge.caller not in seen:
                    seen.add(edge.caller)
                    pending.append(edge.caller)
        return False

    def _callees(self, id: FunctionId, node: ast.Call) -> list[FunctionId]:
        """The functions that the call enters or hands over."""
        handed = [edge.callee for edge in self.planner.handing.edges(id) if edge.node is node]
        values = ordered(self.graph.program.eval(id, node.func))
        return [*handed, *(callee for value in values for callee in self.graph.callables(value))]

    def _climb(
        self,
        id: FunctionId,
        node: ast.expr,
        found: list[Fanout],
        refusals: list[Refused],
        seen: set[FunctionId],
        level: int,
    ) -> None:
        """Add the fan-outs around `node`, which stands in the function; where there is none, those of its callers."""
        support = self.planner.support
        if (threaded := support.threads.outer(node)) is not node:
            node, id = threaded, self.graph.program.call_facts[_key(threaded)].caller.id
        if isinstance(node, ast.Call) and support.model(node) is not None:
            try:
                support.check_request(id, node)
            except Refused as refused:
                refusals.append(refused)
                return
        worker = self.workers.loop_around(id, node)
        if worker is not None:
            self._worker(id, worker, found, refusals)
            return
        if self._is_one_of_few(id, node):
            self._few(id, node, found, refusals, seen, level)
            return
        before = len(found)
        if self._handed_here(id, node, found, refusals, seen, level):
            self._widen(id, node, found, refusals, before, seen, level)
            return
        here = self._around(id, node)
        above: list[Fanout] = []
        unfit: list[Refused] = []
        if id in self._covered:
            return  # by what was found above it, on the way from another of its calls
        if id.qualname == MODULE or id in seen or level > _MAX_LEVELS:
            unfit.append(Refused("no-fan-out"))
        else:
            self._above(id, above, unfit, seen, level)
        if not here and not above and (read := _as_attribute(self.graph.program.functions[id])):
            unfit.append(Refused("unsupported-shape", read))
        if not here and not above:
            unfit += self._until_enough(id, node)
        found += above
        if above and not unfit:
            self._covered.add(id)
        if here and (unfit or not above) and not any(self.queues.makes(f, id) for f in above):
            # The further out the loop, the more requests are in one batch; this one is for those whom none covers.
            covered = len(found)
            self._first(id, here, found, refusals)
            unfit = [r for r in unfit if len(found) == covered or r.refusal.name != "no-fan-out"]
        refusals += unfit

    def _until_enough(self, id: FunctionId, node: ast.expr) -> list[Refused]:
        """What speaks against a loop around the node that may try the same again, or goes on until it has enough."""
        reference = self.graph.program.call_facts.get(_key(node))
        for loop in reference.call.loops if reference is not None else ():
            if isinstance(loop, ast.While) and isinstance(loop.test, ast.NamedExpr):
                return [drawing_tests.may_depend(ast.unparse(loop.test.value), loop)]
            try:
                if isinstance(loop, ast.While):
                    worklists.check_until_enough(self.planner, self.graph.function(id), loop)
            except Refused as refused:
                return [refused]
        return []

    def _worker(self, id: FunctionId, loop: ast.While, found: list[Fanout], refusals: list[Refused]) -> None:
        """Add the fan-out of the items of a worker."""
        try:
            plan = partial(self.workers.fanout, self.graph.function(id), loop)
            found.append(self._planned.once(id, loop, "worker", plan))
        except Refused as refused:
            refusals.append(refused)

    def _is_one_of_few(self, id: FunctionId, node: ast.expr) -> bool:
        """Whether the node makes one coroutine for a gather that names each: `gather(ask(title), ask(text))`."""
        if not self._is_unawaited(id, node):
            return False
        facts = self.graph.program.call_facts
        for outer in self.graph.function(id).calls:
            if node in outer.node.args and last_name(outer.node.func) == "gather":
                return len(facts[_key(node)].call.loops) == len(outer.loops)
        return False

    def _few(
        self,
        id: FunctionId,
        node: ast.expr,
        found: list[Fanout],
        refusals: list[Refused],
        seen: set[FunctionId],
        level: int,
    ) -> None:
        """Add the fan-outs around a gather of a few: alone it is no batch, in the loop of a job many slow ones."""
        inner, outer = self._few_in_loop(id, node, refusals)
        if inner and not outer and id.qualname != MODULE and id not in seen and level <= _MAX_LEVELS:
            self._above(id, outer, refusals, seen, level)
        if outer:
            found += [*inner, *outer]
        else:
            refusals.append(Refused("no-fan-out"))

    def _few_in_loop(
        self, id: FunctionId, node: ast.expr, refusals: list[Refused]
    ) -> tuple[list[Fanout], list[Fanout]]:
        """The gather of a few, and the fan-out of the loop around it in its function; empty where there is none."""
        inner, outer = list[Fanout](), list[Fanout]()
        self._handed_here(id, node, inner, refusals, set(), 0)
        self._first(id, self._around(id, node) if inner else [], outer, refusals)
        return inner, outer

    def _widen(
        self,
        id: FunctionId,
        node: ast.expr,
        found: list[Fanout],
        refusals: list[Refused],
        start: int,
        seen: set[FunctionId],
        level: int,
    ) -> None:
        """Have the loops around and above a gather, pool or mapping run it in their rounds, where they can."""
        self._in_chunks(id, node, found, refusals, start)
        self._in_turns(id, node, found, refusals, start, seen, level)
        if found[start:] and self._is_for_few(id, node) and not self.planner.chunked.is_open(node):
            found[start:] = []
            refusals.append(Refused("no-fan-out"))

    def _is_for_few(self, id: FunctionId, node: ast.expr) -> bool:
        """Whether the function starts what it hands to its pools call by call, and none of them in a loop."""
        handing, function = self.planner.handing, self.graph.function(id)
        handed = {_key(edge.node) for edge in handing.edges(id) if handing.is_handed_to_pool(edge)}
        calls = [call for call in function.calls if _key(call.node) in handed]
        pools = [len(call.loops) for call in function.calls if handing.stand_ins_of(id, call.node)]
        is_each = bool(calls) and all(last_name(call.node.func) in STARTS_ONE for call in calls)
        return is_each and bool(pools) and all(len(call.loops) <= min(pools) for call in calls)

    def _in_chunks(
        self, id: FunctionId, node: ast.expr, found: list[Fanout], refusals: list[Refused], start: int
    ) -> None:
        """Add the fan-out of the loop around a gather, pool or mapping: each of its turns would be a batch."""
        if len(found) == start:
            return
        around = (loop for loop in self._around(id, node) if isinstance(loop, ast.For | ast.AsyncFor))
        loops: list[ast.AST] = [loop for loop in around if self._waits_in(id, loop, node, found[start:])]
        if not loops:
            return
        outer, unfit = list[Fanout](), list[Refused]()
        if all(fanout.is_async for fanout in found[start:]):
            self._first(id, loops, outer, unfit)
            if outer:
                found[start:] = _joined(found[start:], outer)
        elif self._joins(id, node, outer, lambda: self._first(id, loops, outer, unfit)):
            found[start:] = outer
        refusals += unfit

    def _in_turns(
        self,
        id: FunctionId,
        node: ast.expr,
        found: list[Fanout],
        refusals: list[Refused],
        start: int,
        seen: set[FunctionId],
        level: int,
    ) -> None:
        """Add the fan-outs of loops that call the function of a gather or pool: each of their turns is a batch."""
        inner = found[start:]
        if not inner or id.qualname == MODULE or id in seen or level > _MAX_LEVELS:
            return
        if kept_pools.is_passed_on(self.planner.handing, self.graph.function(id), node):
            return  # the loops above submit to one batch
        outer, unfit = list[Fanout](), list[Refused]()
        if all(fanout.is_async for fanout in inner):
            self._above(id, outer, unfit, seen, level)
            found[start:] = _joined(inner, outer) if outer and not unfit else [*inner, *outer]
        elif self._joins(id, node, outer, lambda: self._above(id, outer, unfit, seen, level), unfit):
            found[start:] = outer
        refusals += [refused for refused in unfit if refused.loop is not None]

    def _joins(
        self,
        id: FunctionId,
        node: ast.expr,
        found: list[Fanout],
        find: Callable[[], None],
        refusals: Sequence[Refused] = (),
    ) -> bool:
        """Whether the pool's work joins, on every way, the rounds of the loops around or above that `find` adds."""
        known, chunked = dict(self._planned.fanouts), self.planner.chunked
        is_new = not chunked.is_open(node)
        can = chunked.open(id, node) if is_new else True
        find()
        if can and found and not refusals and all(chunked.joins(fanout, id, node) for fanout in found):
            return True
        if is_new:
            chunked.close(node)
            self._planned.fanouts = known
        return False

    def _waits_in(self, id: FunctionId, loop: ast.For | ast.AsyncFor, node: ast.expr, found: list[Fanout]) -> bool:
        """Whether the loop waits for what it starts, rather than that it is gathered behind the loop."""
        if not all(fanout.is_async for fanout in found):
            is_later = isinstance(node, ast.Call) and last_name(node.func) in LATER
            return not is_later or self.planner.chunked.ends_in(self.graph.function(id), node, loop)
        first, last = self.planner.place(id.path, loop)[0], loop.end_lineno or loop.lineno
        return any(first <= at[0] <= last for fanout in found for at in fanout.file(id.path).renames)

    def _above(
        self, id: FunctionId, found: list[Fanout], refusals: list[Refused], seen: set[FunctionId], level: int
    ) -> None:
        """Add the fan-outs of the function's callers."""
        seen.add(id)
        support = self.planner.support
        edges = self.graph.edges_to(id)
        if not edges:
            refusals.append(Refused("no-fan-out"))
        for edge in edges:
            if edge.kind != "queue" and self._planned.is_live(edge.caller):
                refusals.append(waited_for(edge.caller))
            elif edge.kind == "call" or support.callbacks.is_through(edge):
                self._climb(edge.caller, edge.node, found, refusals, seen, level + 1)
            elif points := list(support.held.points(edge)):
                for scope, call in points:
                    self._climb(scope, call, found, refusals, seen, level + 1)
            else:
                before = len(found)
                self._handed(edge, found, refusals)
                self._widen(edge.caller, edge.node, found, refusals, before, seen, level + 1)

    def _descend(
        self, id: FunctionId, node: ast.expr, found: list[Fanout], refusals: list[Refused], seen: set[FunctionId]
    ) -> None:
        """Add the fan-outs inside the functions that the call enters."""
        if not isinstance(node, ast.Call):
            return
        try:
            target = self.planner.support.converts(id, node)
        except Refused as refused:
            refusals.append(refused)
            return
        for each in target if isinstance(target, tuple) else ():
            if each.id not in seen:
                seen.add(each.id)
                self._descend_into(each.id, found, refusals, seen)

    def _descend_into(
        self, id: FunctionId, found: list[Fanout], refusals: list[Refused], seen: set[FunctionId]
    ) -> None:
        for edge in self.planner.handing.edges(id):
            if edge.kind not in {"call", "queue"} and not self.planner.support.callbacks.is_through(edge):
                self._handed(edge, found, refusals)
        for call in self.graph.function(id).calls:
            below = self.planner.support.reaches(id, call.node)
            if not below:
                continue
            worker = self.workers.loop_around(id, call.node)
            if worker is not None:
                self._worker(id, worker, found, refusals)
                continue
            around = self._around(id, call.node)
            if self._is_one_of_few(id, call.node):
                inner, outer = self._few_in_loop(id, call.node, refusals)
                found += [*inner, *outer] if outer else []
                continue
            if self._handed_here(id, call.node, found, refusals, set(), 0):
                continue
            if around:
                self._first(id, around, found, refusals)
            else:
                self._descend(id, call.node, found, refusals, seen)

    def _around(self, id: FunctionId, node: ast.expr) -> list[ast.AST]:
        """The item loops and comprehensions around the node in its function, outermost first."""
        reference = self.graph.program.call_facts.get(_key(node))
        if reference is None:
            return []
        loops = [loop for loop in reference.call.loops if is_item_loop(loop)]
        found: list[ast.AST] = []
        for loop in loops:
            if isinstance(loop, ast.comprehension):
                tree = self.graph.modules[id.path].tree
                owner = next((n for n in ast.walk(tree) if isinstance(n, Comprehension) and loop in n.generators), None)
                if owner is not None and owner not in found:
                    found.append(owner)
            else:
                found.append(loop)
        if not found:  # what is left over of a loop that asks for full lists
            function, planner = self.graph.function(id), self.planner
            filling = buffered.around(planner, function, node) if reference.call.tests else None
            filling = filling or planner.swapped.loop_before(function, node)
            found += [filling] if filling is not None else []
        return found

    def _first(self, id: FunctionId, nodes: list[ast.AST], found: list[Fanout], refusals: list[Refused]) -> None:
        """The outermost of the loops that can become a driver."""
        first: Refused | None = None
        for node in nodes:
            try:
                fanout = self._planned.once(id, node, "loop", partial(self._plan, id, node))
                fanout.alone = first.refusal.detail if first is not None else ""
                found.append(fanout)
                return
            except Refused as refused:
                first = first or refused
                is_ended = refused.refusal.name == "early-stop" and not has_few_turns(node)
                if is_ended or refused.refusal.name in UNFIT:
                    break
        if first is not None:
            first.loop = f"{id.path}:{self.planner.place(id.path, nodes[0])[0]}"
            first.around = id, nodes[0]
            refusals.append(first)

    def _plan(self, id: FunctionId, node: ast.AST) -> Fanout:
        """The fan-out of a loop or a comprehension of the function."""
        function, chunked = self.graph.function(id), self.planner.chunked
        if any(isinstance(each, ast.ClassDef) for each in scopes.path_to(function.node, node)):
            what = "the body of a class asks, whose names a function in it does not see"
            raise Refused("unsupported-shape", f"{what}; ask before it, and give it the answers")
        filled = buffered.of(self.planner, function, node)
        if filled is not None and isinstance(node, ast.For):
            return buffered.fanout(self.planner, function, node, filled)
        tail = self.planner.swapped.tail(function, node)
        if tail is not None and isinstance(node, ast.For):
            return self.planner.swapped.fanout(function, node, tail)
        if isinstance(node, ast.For | ast.AsyncFor):
            return self.queues.loop(function, node) if self.queues.is_task(id) else chunked.loop(function, node)
        if isinstance(node, Comprehension):
            return self.planner.comprehensions.fanout(function, node)
        assert isinstance(node, ast.While)
        return worklists.fanout(self.planner, function, node)

    def _handed_here(
        self,
        id: FunctionId,
        node: ast.expr,
        found: list[Fanout],
        refusals: list[Refused],
        seen: set[FunctionId],
        level: int,
    ) -> bool:
        """Plan the node where it hands a coroutine to a gather or a function to a pool itself."""
        if self._is_unawaited(id, node):
            try:
                found.append(self._planned.once(id, node, "gather", lambda: self.planner.handing.gather(id, node)))
            except Refused as refused:
                refusals.append(refused)
            return True
        nodes = [node, *([node.func] if isinstance(node, ast.Call) else [])]  # `delayed(ask)(text)` hands it over
        handed = [e for e in self.planner.handing.edges(id) if e.node in nodes and e.kind not in {"call", "queue"}]
        handed = [e for e in handed if not self.planner.support.callbacks.is_through(e)]
        for edge in handed:
            points = list(self.planner.support.held.points(edge)) if level <= _MAX_LEVELS else []
            for scope, call in points:  # a helper of the project that calls what it is given
                self._climb(scope, call, found, refusals, seen, level + 1)
            if not points:
                self._handed(edge, found, refusals)
        return bool(handed)

    def _is_unawaited(self, id: FunctionId, node: ast.expr) -> bool:
        """Whether the node makes a coroutine that is handed on instead of being awaited at once."""
        reference = self.graph.program.call_facts.get(_key(node))
        if reference is None or reference.call.awaited or not isinstance(node, ast.Call):
            return False
        if self.planner.support.callbacks.hands_on(id):
            return False
        for outer in self.graph.function(id).calls:
            if node in outer.node.args and last_name(outer.node.func) in _AWAITING:
                return False
        is_threaded = self.planner.support.threads.made(node) is not None
        model = self.planner.support.model(node)
        if model is not None:
            return is_threaded or model.is_async
        try:
            target = self.planner.support.converts(id, node)
        except Refused:
            return False
        functions = [self.graph.function(each.id) for each in target] if isinstance(target, tuple) else []
        makes = any(function.is_async and not function.yields for function in functions)
        return makes or (is_threaded and target is not None)

    def _handed(self, edge: Edge, found: list[Fanout], refusals: list[Refused]) -> None:
        within = list(self.planner.support.held.handing_on(edge)) if edge.kind != "queue" else []
        for scope, call in within:  # a helper of the project that hands on what it is given
            if self._planned.is_live(scope):
                refusals.append(waited_for(scope))
                continue
            inner = edge._replace(caller=scope, node=call, span=self.graph.modules[scope.path].span(call))
            self._handed(inner, found, refusals)
        if within:
            return
        id, node = edge.caller, edge.node
        try:
            carrier = self.planner.mappings.carrier(edge)
            if edge.kind == "queue":
                found.append(self._planned.once(id, node, "queue", lambda: self.queues.enqueue(edge)))
            elif self.planner.handing.makes_coroutines(edge):
                gather = partial(self.planner.handing.gather, id, node)
                found.append(self._planned.once(id, node, "gather", gather))
            elif carrier is not None:
                found.append(self._planned.once(id, node, "map", lambda: self.planner.mappings.fanout(edge, carrier)))
            else:
                found.append(self._planned.once(id, node, "pool", lambda: self.planner.handing.pool(edge)))
        except Refused as refused:
            refusals.append(refused)


def _joined(inner: list[Fanout], outer: list[Fanout]) -> list[Fanout]:
    """The fan-outs of the loops, whose rounds are those of what stands in them."""
    for fanout in inner:
        outer[0].merge(fanout)
    return outer


def _how_telling(refused: Refused) -> int:
    """What the program does tells more than what the rewrite cannot do; that nothing repeats tells least."""
    return {"unsupported-shape": 1, "single-events": 2, "no-fan-out": 3}.get(refused.refusal.name, 0)


def _as_attribute(function: FunctionFacts) -> str:
    """Of a property: why those who read it are not followed."""
    if not {last_name(each) for each in function.decorators} & {"property", "cached_property"}:
        return ""
    what = f"`{Graph.label(function.id)}` is a property, and reading it has no place to wait for an answer"
    return f"{what}; make it a method, and call that in the loop"


_key = id
