"""Loops inside of tasks: the loop becomes a task of its own, which comes back for the answers instead of waiting.

What stands before the loop runs once, as it did; what the new task needs of each item goes with it as its arguments.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.codemod import scopes
from batchlint.codemod.blocks import own_exits
from batchlint.codemod.changes import EnqueueChange, Fanout, SentLoop
from batchlint.codemod.enqueuing import SENDING
from batchlint.codemod.phases import Phases
from batchlint.codemod.refusals import Refused
from batchlint.facts import FunctionFacts
from batchlint.symbols import last_name
from batchlint.trees import walk
from batchlint.values import Ext

if TYPE_CHECKING:
    from batchlint.codemod.queues import Queues

_DATABASES = ("sqlite3.", "psycopg.", "psycopg2.", "pymysql.", "MySQLdb.", "mysql.connector.", "django.db.connection")
_WRAPPERS = frozenset({"list", "sorted", "tuple", "set", "reversed"})
_CHAINED = frozenset({"iterator", "distinct", "order_by", "filter", "exclude", "all", "fetchall", "fetchmany"})


class Waits(Exception):  # noqa: N818 - it carries a decision, not an error
    """The loop has to stay in its task; the text says why, as a clause."""


class LoopingTasks:
    def __init__(self, queues: Queues) -> None:
        self.queues = queues
        self.planner = queues.planner
        self.program = queues.planner.graph.program

    def loop(self, function: FunctionFacts, loop: ast.For) -> Fanout:
        """The fan-out that sends the loop away; Waits where it cannot be sent, Refused where there is none at all."""
        try:
            change = self.queues.change(function)
        except Refused as refused:
            raise Waits(refused.refusal.detail) from None
        if change.asked:
            raise Waits("the task tries again by hand, or asks how often it did")
        self._check_callers(function)
        names = self._needed(function, loop)
        self._check_items(function, loop)
        self._check_rest(function, loop)
        self.planner.check_kept(function, loop.body, set(names) | scopes.bound(loop.body))
        fanout = Fanout(function.id, loop)
        frame = self.planner.frame(function, loop, names, set(names) | scopes.bound(loop.body))
        phases = Phases(self.planner.reader, self.planner.support.converts, self.planner.inner(fanout, function, loop))
        phases.build(frame, loop.body, [])
        if not phases.has_request:
            raise Refused("no-fan-out")
        if phases.leaves:
            raise Waits(f"the loop ends early (line {phases.leaves[0][0].lineno})")
        barriers = self.planner.judged(fanout, phases)
        if any(barrier.key is not None for barrier in barriers):
            raise Waits("an item may need what another one has stored")
        for barrier in barriers:
            self.planner.bar(fanout, barrier)
        try:
            self.queues.hold_back(fanout, phases)
        except Refused as refused:
            raise Waits(refused.refusal.detail.partition(", and a batch")[0]) from None
        path = function.id.path
        changes = fanout.file(path)
        for leave in own_exits(loop.body):
            changes.exits[self.planner.place(path, leave)] = ""
        enqueue = EnqueueChange(change.together, function.id, change.together)
        enqueue.item = f"({names[0]},)" if len(names) == 1 else f"({', '.join(names)})"
        changes.sent[self.planner.place(path, loop)] = SentLoop(change, enqueue, names)
        self.planner.plan_body(fanout, function, loop.body, is_async=False)
        return fanout

    def _check_callers(self, function: FunctionFacts) -> None:
        """Whoever starts the task must not go on when it ends, as if all were done."""
        for edge in self.planner.graph.edges_to(function.id):
            name = last_name(edge.node.func) if isinstance(edge.node, ast.Call) else ""
            linked = isinstance(edge.node, ast.Call) and any(k.arg in {"link", "chord"} for k in edge.node.keywords)
            if edge.kind != "queue" or name not in SENDING or linked:
                raise Waits(f"{edge.caller.path}:{edge.span.line} starts it and may go on when it ends")

    def _needed(self, function: FunctionFacts, loop: ast.For) -> list[str]:
        """The names that go with each item: the loop's own, and parameters of the task that its body reads."""
        if not all(isinstance(n, ast.Name | ast.Tuple) for n in walk(loop.target)):
            raise Waits("the head of the loop assigns to more than names")
        targets = list(dict.fromkeys(n.id for n in walk(loop.target) if isinstance(n, ast.Name)))
        parameters = [p.arg for p in function.parameters][1 if self.queues.change(function).bound else 0 :]
        node = function.node
        assert isinstance(node, ast.FunctionDef)
        assigned = scopes.bound(node.body) | function.parameter_names
        body = scopes.bound(loop.body)
        read = set().union(*(scopes.read(s) for s in loop.body))
        kept = self.queues.planner.reader.exposure.exposed(loop.body, targets) & body
        outer = (read & assigned) - set(targets) - body - set(parameters)
        if kept or outer or any(isinstance(n, ast.Global | ast.Nonlocal) for s in loop.body for n in walk(s)):
            raise Waits(f"the loop shares `{min(kept | outer or {'a global variable'})}` with the rest of the task")
        given = [p for p in parameters if p in read - set(targets) - body]
        if set(parameters) & body or set(parameters) & scopes.bound(node.body):
            raise Waits("a parameter of the task changes")
        return [*targets, *given]

    def _check_rest(self, function: FunctionFacts, loop: ast.For) -> None:
        """Behind the loop there may be logs and a `return`, which do not need what the loop came to."""
        node = function.node
        assert isinstance(node, ast.FunctionDef)
        if loop not in node.body or loop.orelse:
            raise Waits(f"the loop (line {loop.lineno}) stands in another block of the task")
        changed = scopes.bound([loop])
        for statement in node.body[node.body.index(loop) + 1 :]:
            quiet = isinstance(statement, ast.Return) or self.queues.is_log(statement)
            calls = [n for n in walk(statement) if isinstance(n, ast.Call)]
            harmless = all(last_name(c) in {"len", "str"} or self.queues.is_log(ast.Expr(c)) for c in calls)
            if not (quiet and harmless) or scopes.read(statement) & changed:
                raise Waits(f"line {statement.lineno} comes after all answers")

    def _check_items(self, function: FunctionFacts, loop: ast.For) -> None:
        kind = self._plain(function, loop.iter, 0)
        if kind is None or (kind == "rows" and isinstance(loop.target, ast.Name)):
            raise Waits(
                f"what line {loop.lineno} loops over cannot be shown to fit into a message;"
                ' loop over ids (`values_list("pk", flat=True)`) or over columns'
            )

    def _plain(self, function: FunctionFacts, node: ast.expr, depth: int) -> str | None:
        """Whether all items can be arguments of a task: "rows" are tuples, "plain" ones come back as they were."""
        if depth > 4:
            return None
        if isinstance(node, ast.Name):
            return self._named(function, node.id, depth)
        if isinstance(node, ast.List | ast.Tuple):
            if all(isinstance(e, ast.Constant) for e in node.elts):
                return "plain"
            rows = [
                e for e in node.elts if isinstance(e, ast.Tuple) and all(isinstance(c, ast.Constant) for c in e.elts)
            ]
            return "rows" if rows and len(rows) == len(node.elts) else None
        if isinstance(node, ast.ListComp | ast.GeneratorExp):
            return self._drawn(function, node, depth)
        if not isinstance(node, ast.Call):
            return None
        if isinstance(node.func, ast.Name):
            if node.func.id == "range":
                return "plain"
            if node.func.id in _WRAPPERS and node.args:
                return self._plain(function, node.args[0], depth + 1)
            if node.func.id in {"enumerate", "zip"} and all(
                self._plain(function, a, depth + 1) == "plain" for a in node.args
            ):
                return "rows"
            return None
        assert isinstance(node.func, ast.expr)
        if not isinstance(node.func, ast.Attribute):
            return None
        if node.func.attr == "values_list":
            return "plain" if any(k.arg == "flat" for k in node.keywords) else "rows"
        paths = [v.path for v in self.program.eval(function.id, node.func) if isinstance(v, Ext)]
        if node.func.attr in {"execute", "fetchall", "fetchmany"} and any(p.startswith(_DATABASES) for p in paths):
            return "rows"
        return self._plain(function, node.func.value, depth + 1) if node.func.attr in _CHAINED else None

    def _named(self, function: FunctionFacts, name: str, depth: int) -> str | None:
        bindings = function.bindings.get(name, [])
        if name in function.parameter_names:
            return "plain"  # it came in a message
        owner = function
        if not bindings:
            owner = self.program.modules[function.id.path].body
            bindings = owner.bindings.get(name, [])
        values = [b.value for b in bindings]
        kinds = {self._plain(owner, v, depth + 1) if v is not None else None for v in values}
        return kinds.pop() if len(kinds) == 1 and all(b.how == "value" for b in bindings) else None

    def _drawn(self, function: FunctionFacts, node: ast.ListComp | ast.GeneratorExp, depth: int) -> str | None:
        """A comprehension over plain items or rows that takes columns, or ids of objects."""
        element = node.elt
        if isinstance(element, ast.Attribute) and element.attr in {"id", "pk"}:
            return "plain"
        source = self._plain(function, node.generators[0].iter, depth + 1) if len(node.generators) == 1 else None
        target = node.generators[0].target
        if source == "rows" and isinstance(element, ast.Subscript) and isinstance(element.slice, ast.Constant):
            return "plain"
        if isinstance(element, ast.Name) and (
            source == "plain" or (source == "rows" and isinstance(target, ast.Tuple))
        ):
            return "plain" if source == "plain" or isinstance(target, ast.Tuple) else None
        parts = element.elts if isinstance(element, ast.Tuple) else []
        return "rows" if source and parts and all(isinstance(p, ast.Name | ast.Subscript) for p in parts) else None
