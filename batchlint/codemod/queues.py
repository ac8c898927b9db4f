"""Tasks that are enqueued once per item: one task for all, which comes back for the answers instead of waiting."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.codemod import scopes
from batchlint.codemod.access import Frame
from batchlint.codemod.changes import EnqueueChange, Fanout, TaskChange
from batchlint.codemod.paths import function_body
from batchlint.codemod.phases import Phases, Step, lifted
from batchlint.codemod.refusals import Refused
from batchlint.facts import FunctionFacts
from batchlint.graph import Edge, Graph
from batchlint.symbols import last_name

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_LOGS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "print"})


class Queues:
    """Plans Celery's tasks: the fan-out is the loop that enqueues them."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner
        self.graph = planner.graph

    def enqueue(self, edge: Edge) -> Fanout:
        """The fan-out of a task that `edge` enqueues in a loop; Refused where the loop does more than that."""
        caller, task = self.graph.function(edge.caller), self.graph.function(edge.callee)
        loop = next((x for x in reversed(edge.loops) if isinstance(x, ast.For)), None)
        if loop is None:
            raise Refused("no-fan-out")
        decorator = self._check_task(task)
        call = edge.node
        whole = (
            len(loop.body) == 1
            and isinstance(loop.body[0], ast.Expr)
            and loop.body[0].value is call
            and not loop.orelse
        )
        if not whole or not isinstance(call, ast.Call) or last_name(call.func) != "delay" or call.keywords:
            raise Refused(
                "unsupported-shape",
                f"the loop in line {loop.lineno} does more than enqueue one task per item with `delay(...)`",
            )
        fanout = Fanout(edge.caller, loop)
        fanout.converted.add(id(call))
        self._task(fanout, task, decorator)
        path = task.id.path
        name = fanout.file(path).tasks[self.planner.place(path, task.node)].together
        fanout.file(caller.id.path).enqueues[self.planner.place(caller.id.path, loop)] = EnqueueChange(name, task.id)
        return fanout

    def _check_task(self, task: FunctionFacts) -> ast.expr:
        """The decorator that makes the function a task; Refused for what retries itself."""
        label = Graph.label(task.id)
        if task.owner is not None or task.is_async or len(task.decorators) != 1:
            raise Refused("unsupported-shape", f"the task `{label}` is more than a function with one decorator")
        decorator = task.decorators[0]
        if last_name(decorator.func if isinstance(decorator, ast.Call) else decorator) not in {"shared_task", "task"}:
            raise Refused("unsupported-shape", f"`{label}` is enqueued by something else than Celery")
        if isinstance(decorator, ast.Call) and any(
            (k.arg or "").startswith(("autoretry", "base", "retry")) for k in decorator.keywords
        ):
            raise Refused("unsupported-shape", f"the task `{label}` retries itself")
        return decorator

    def _task(self, fanout: Fanout, task: FunctionFacts, decorator: ast.expr) -> None:
        planner, path = self.planner, task.id.path
        body = function_body(task)
        bound = isinstance(decorator, ast.Call) and any(k.arg == "bind" for k in decorator.keywords)
        receiver = task.parameters[0].arg if bound else None
        if receiver is not None and any(receiver in scopes.read(statement) for statement in body):
            raise Refused("unsupported-shape", f"the task `{Graph.label(task.id)}` uses its own request")
        frame = Frame(task, {*task.parameter_names, *scopes.bound(body)})
        planner.reader.alias_statements(frame, body)
        parallel = planner._inner(fanout, task, body)
        phases = Phases(planner.reader, planner.support.converts, parallel)
        phases.build(frame, body, [], is_function=True)
        for step in phases.steps:
            if step.ahead and self._has_effect(step):
                line = step.statement.lineno if step.statement is not None else task.line
                raise Refused(
                    "order-of-effects",
                    f"the task has an effect in line {line} before its request, which each look for it would repeat",
                )
        barred: list[ast.stmt] = []
        for step in phases.steps:
            if (
                step.ahead
                or not step.counts
                or step.statement is None
                or not self._has_effect(step)
                or step.frame is not frame
            ):
                continue
            place = lifted(phases, frame, step.statement)
            if not any(_precedes(task.node, earlier, place) for earlier in barred):
                barred.append(place)
                fanout.file(path).barriers[planner.place(path, place)] = None
        planner.calls_in(fanout, task)
        callee = ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator)
        named = (
            next((k.value for k in decorator.keywords if k.arg == "name"), None)
            if isinstance(decorator, ast.Call)
            else None
        )
        fanout.file(path).tasks[planner.place(path, task.node)] = TaskChange(
            twin=planner.fresh(path, f"{task.name}_batch"),
            together=planner.fresh(path, f"{task.name}_all"),
            decorator=callee,
            name=f"{named.value}_all" if isinstance(named, ast.Constant) and isinstance(named.value, str) else None,
            bound=bound,
        )

    @staticmethod
    def _has_effect(step: Step) -> bool:
        if any(access.how != "read" for access in step.accesses):
            return True
        node = step.statement
        if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call) or step.request is not None:
            return False
        return last_name(node.value.func) not in _LOGS


def _precedes(root: ast.AST, earlier: ast.stmt, later: ast.stmt) -> bool:
    """Whether whoever gets to `later` has been at `earlier`: it stands before it in its block or one around."""
    if earlier is later:
        return True
    for block in [*scopes.path_to(root, later), root]:
        for name in ("body", "orelse", "finalbody"):
            statements = getattr(block, name, None)
            if isinstance(statements, list) and earlier in statements:
                return earlier.lineno < later.lineno
    return False
