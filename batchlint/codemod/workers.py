"""Workers that take items from an `asyncio.Queue`: each takes all that it gets, and its items share batches."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from batchlint.codemod import scopes
from batchlint.codemod.access import Access, Frame
from batchlint.codemod.blocks import own_exits
from batchlint.codemod.changes import Fanout
from batchlint.codemod.refusals import Refused
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.findings import Latency
from batchlint.graph import Graph
from batchlint.trees import walk, walk_own
from batchlint.values import Ext

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_QUEUE = r"asyncio\.(queues\.)?(Queue|LifoQueue|PriorityQueue)\(\)\."
_TAKES, _PUTS, _JOINS = (re.compile(f"{_QUEUE}{names}$") for names in ("get(_nowait)?", "put(_nowait)?", "join"))
_WAITS = re.compile(r"asyncio\.(gather|wait|TaskGroup)$|tqdm\.asyncio\..*gather$")


class Workers:
    """Finds and plans them."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner
        self.program = planner.graph.program

    def loop_around(self, id: FunctionId, node: ast.expr) -> ast.While | None:
        """The loop around the node that takes items from a queue."""
        function = self.program.functions[id]
        reference = self.program.call_facts.get(_key(node))
        if reference is None or not function.is_async or reference.caller.id != id:
            return None
        loops = [loop for loop in reference.call.loops if isinstance(loop, ast.While)]
        return next((loop for loop in loops if any(self._is(function, n, _TAKES) for n in walk_own(loop))), None)

    def fanout(self, function: FunctionFacts, loop: ast.While) -> Fanout:
        """The fan-out of the worker's items; Refused where one may have to do with another."""
        planner = self.planner
        if loop.orelse:
            raise Refused("unsupported-shape", f"the worker's loop has an `else` (line {loop.lineno})")
        taken = self._taken(function, loop)
        head, rest = loop.body[:taken], loop.body[taken:]
        leaves: list[ast.stmt] = [n for s in rest for n in walk_own(s) if isinstance(n, ast.Return)]
        leave = next(iter([*leaves, *own_exits(rest, ast.Break)]), None)
        if leave is not None:
            raise Refused("early-stop", f"the worker may end at one of its items (line {leave.lineno})")
        fanout = Fanout(function.id, loop, is_async=True)
        self._check_start(fanout, function, loop)
        names = sorted(scopes.bound(head) & {n for s in rest for n in scopes.read(s)})
        target: ast.expr = ast.Tuple([ast.Name(name, ast.Store()) for name in names], ast.Store())
        target = target.elts[0] if len(names) == 1 and isinstance(target, ast.Tuple) else target
        queue = next(queue for s in head for queue in self._queues(function, s))
        items = ast.copy_location(ast.For(target, queue, rest, []), loop)
        outer = Frame(function, set(names))
        drawing: list[Access] = [*planner.reader.of(loop.test, outer)]
        drawing += [a for s in head for a in planner.reader.statement(s, outer)]
        planner.split(fanout, function, items, nested=False, stands=loop, drawing=drawing, is_worker=True)
        planner.limits.unwrap(fanout, function)
        fanout.notes.append("the workers no longer limit how many items run at once")
        return fanout

    def _taken(self, function: FunctionFacts, loop: ast.While) -> int:
        """How many statements take an item and decide whether there is one."""
        asking = next((i for i, s in enumerate(loop.body) if self.planner.asks(function, [s])), len(loop.body))
        front = loop.body[:asking]
        takes = [i for i, s in enumerate(front) if any(self._is(function, n, _TAKES) for n in walk_own(s))]
        if not takes:
            raise Refused(
                "unsupported-shape",
                f"a request stands in front of what takes the next item (line {loop.body[0].lineno})",
            )
        ends = [
            i
            for i, s in enumerate(front)
            if next(own_exits([s], ast.Break), None) or any(isinstance(n, ast.Return) for n in walk_own(s))
        ]
        return max([*takes, *ends]) + 1

    def _check_start(self, fanout: Fanout, function: FunctionFacts, loop: ast.While) -> None:
        """Refuse workers of which there is one alone, that serve somebody, or whose end nobody waits for."""
        graph, label = self.planner.graph, Graph.label(function.id)
        edges = graph.edges_to(function.id)
        if not edges:
            raise Refused("no-fan-out")
        for putter in self._with(_PUTS):
            if any(r.entry.kind.latency is Latency.REALTIME for r in graph.reaches(putter)):
                raise Refused("live-consumer", f"`{Graph.label(putter)}` puts into the queue while somebody waits")
        for edge in edges:
            creator = self.program.functions[edge.caller]
            starts = [c for c in creator.calls if c.node is edge.node]
            started = sum(1 for e in edges if e.caller == edge.caller)
            if started < 2 and not any(call.loops for call in starts):
                raise Refused("order-of-effects", f"one `{label}` takes one item after the other; loop over the items")
            joins = [c.node for c in creator.calls if self._is(creator, c.node, _JOINS)]
            if not joins and not any(self._is(creator, c.node, _WAITS) for c in creator.calls):
                raise Refused("unsupported-shape", f"nothing shows when the work of `{label}` is done")
            changes = fanout.file(edge.caller.path)
            for join in joins:
                changes.joined.add(self.planner.place(edge.caller.path, join))
                fanout.converted.add(id(join))

    def _with(self, pattern: re.Pattern[str]) -> list[FunctionId]:
        found = {
            reference.caller.id: None
            for name in ("put", "put_nowait")
            for reference in self.program.calls_by_name.get(name, ())
            if self._is(reference.caller, reference.call.node, pattern)
        }
        return list(found)

    def _queues(self, function: FunctionFacts, statement: ast.stmt) -> list[ast.expr]:
        calls = [n for n in walk(statement) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)]
        return [c.func.value for c in calls if isinstance(c.func, ast.Attribute) and self._is(function, c, _TAKES)]

    def _is(self, function: FunctionFacts, node: ast.AST, pattern: re.Pattern[str]) -> bool:
        if not isinstance(node, ast.Call):
            return False
        values = self.program.eval(function.id, node.func)
        return any(isinstance(value, Ext) and pattern.match(value.path) for value in values)


_key = id
