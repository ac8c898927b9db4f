"""Tasks that are enqueued once per item: one task for all, which comes back for the answers instead of waiting."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.codemod import retrying_tasks, scopes, task_bases
from batchlint.codemod.access import Frame
from batchlint.codemod.changes import Fanout, TaskChange
from batchlint.codemod.enqueuing import ROUTING, Enqueuing
from batchlint.codemod.events import Events
from batchlint.codemod.looping_tasks import LoopingTasks, Waits
from batchlint.codemod.paths import function_body
from batchlint.codemod.phases import MANY, Barrier, Phases, Step, lifted
from batchlint.codemod.refusals import Refused
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.graph import Edge, Graph, Reach
from batchlint.symbols import last_name

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_MEANT_FOR_ONE = frozenset(
    {"base", "pydantic", "dont_autoretry_for", "before_start", "on_success", "on_failure", "after_return"}
)
_HOLDS = "holds its worker until the batch has ended"
_LOGS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "print"})


class Queues:
    """Plans Celery's tasks: the fan-out is the loop that enqueues them."""

    def __init__(self, planner: Planner, collecting: str | None = None) -> None:
        """`collecting`: what brings single events together, "outbox" or "celery-batches"; None where they stay."""
        self.planner = planner
        self.graph = planner.graph
        self.enqueuing = Enqueuing(planner)
        self.looping = LoopingTasks(self)
        self.events = Events(self, collecting) if collecting else None
        self._changes: dict[FunctionId, TaskChange] = {}

    def enqueue(self, edge: Edge) -> Fanout:
        """The fan-out of a task that `edge` enqueues in a loop; Refused where the loop does more than that."""
        caller, task = self.graph.function(edge.caller), self.graph.function(edge.callee)
        call = edge.node
        if not isinstance(call, ast.Call):
            raise Refused("no-fan-out")
        if self.events is None and self.enqueuing.is_alone(caller, call):
            raise self.enqueuing.single(caller, call, task)
        change = self.change(task)
        try:
            place, enqueue = self.enqueuing.change(caller, call, task, change.together, change.bound)
        except Refused:
            if self.events is None or not self.enqueuing.is_dropped(caller, call):
                raise
            return self.events.fanout(task, change)
        fanout = Fanout(edge.caller, place)
        fanout.converted.add(id(call))
        self.run_together(fanout, task, change)
        fanout.file(caller.id.path).enqueues[self.planner.place(caller.id.path, place)] = enqueue
        return fanout

    def makes(self, fanout: Fanout, id: FunctionId) -> bool:
        """Whether the fan-out makes a task for all items of this task, whose own loops join it."""
        changes = fanout.changes.get(id.path)
        return changes is not None and self.planner.place(id.path, self.graph.function(id).node) in changes.tasks

    def loop(self, function: FunctionFacts, loop: ast.For | ast.AsyncFor) -> Fanout:
        """The fan-out of a loop in a task: away into a task of its own where it can be, else waiting in its place."""
        try:
            if isinstance(loop, ast.AsyncFor):
                raise Waits("it is asynchronous")
            return self.looping.loop(function, loop)
        except Waits as reason:
            fanout = self.planner.loop(function, loop)
            fanout.notes.append(f"{_HOLDS}, as {reason}")
            return fanout

    def note_wait(self, fanout: Fanout) -> None:
        """Say of a fan-out below a task that it waits there."""
        is_sent = any(changes.sent for changes in fanout.changes.values())
        is_said = any(note.startswith(_HOLDS) for note in fanout.notes)
        if is_said or is_sent or not any(_is_task(reach) for reach in self.graph.reaches(fanout.function)):
            return
        fanout.notes.append(f"{_HOLDS}; a loop that stands in the task itself would become a task that does not wait")

    def is_task(self, id: FunctionId) -> bool:
        """Whether the function is one of Celery's tasks."""
        return any(entry.kind.framework == "celery" for entry in self.graph.entries(id))

    def change(self, task: FunctionFacts) -> TaskChange:
        """What becomes of the task, the same for all that enqueue it; Refused for what a task for all cannot be."""
        if task.id not in self._changes:
            self._changes[task.id] = self._change(task)
        return self._changes[task.id]

    def _change(self, task: FunctionFacts) -> TaskChange:
        label = Graph.label(task.id)
        if not self.is_task(task.id):
            raise Refused("unsupported-shape", f"`{label}` is enqueued by something else than Celery")
        if task.owner is not None or task.is_async or len(task.decorators) != 1:
            raise Refused("unsupported-shape", f"the task `{label}` is more than a function with one decorator")
        if task.arguments and (by_name := _only_named(task.arguments, all_of_them=self.events is not None)):
            what = f"the task `{label}` takes `{by_name}` by its name alone"
            raise Refused("unsupported-shape", f"{what}, and the task for all hands on by place; take the `*` away")
        decorator = task.decorators[0]
        keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
        given = {k.arg: k.value for k in keywords if k.arg}
        own = None if self.events else task_bases.members(self.graph.program, task, given.get("base", ast.Constant(0)))
        meant_for_one = _MEANT_FOR_ONE - ({"base"} if own is not None else set())
        odd = next((k.arg or "**" for k in keywords if k.arg in meant_for_one or not k.arg), None)
        if odd is not None or (isinstance(decorator, ast.Call) and decorator.args):
            raise Refused("unsupported-shape", f"the task `{label}` has `{odd or 'a base'}`, which a batch cannot keep")
        options = {name: self.enqueuing.text(task, given[name]) for name in given if name in ROUTING | {"base"}}
        named = given.get("name", ast.Constant(""))
        if not isinstance(named, ast.Constant):
            raise Refused("unsupported-shape", f"the name of the task `{label}` is computed; write it out")
        bound = given.get("bind")
        change = TaskChange(
            twin=self.planner.fresh(task.id.path, f"{task.name}_batch"),
            together=self.planner.fresh(task.id.path, f"{task.name}_all"),
            decorator=ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator),
            options="".join(f"{name}={text}, " for name, text in options.items()),
            bound=isinstance(bound, ast.Constant) and bool(bound.value),
            retries="autoretry_for" in given,
            registered=str(named.value),
        )
        retrying_tasks.check_otherwise(self.graph.program, task)
        if change.retries:
            retrying_tasks.check_heard(self.graph.program, task)
        receiver = task.parameters[0].arg if change.bound and task.parameters else None
        if receiver is None or not any(receiver in scopes.read(statement) for statement in function_body(task)):
            return change
        if own and task_bases.uses_only(task, receiver, own):
            change.keeps_self = True
            return change
        if self.events is not None or "base" in given:
            uses = f"the task `{label}` uses its own request or retries by hand (`{receiver}`)"
            raise Refused("unsupported-shape", f"{uses}; raise the error, or let `autoretry_for` try again")
        change.asked = retrying_tasks.asked(
            self.graph.program, task, receiver, given, self.planner.reader.exposure.catching
        )
        if retrying_tasks.RETRY in change.asked:
            retrying_tasks.check_heard(self.graph.program, task)
        camel = "".join(part.capitalize() for part in task.name.split("_"))
        change.keeps_self = True
        change.first = self.planner.fresh(task.id.path, f"First{camel}")
        return change

    def run_together(self, fanout: Fanout, task: FunctionFacts, change: TaskChange) -> None:
        """Add to the fan-out what makes of the task one for all items."""
        planner = self.planner
        body = function_body(task)
        frame = Frame(task, {*task.parameter_names, *scopes.bound(body)})
        planner.reader.alias_statements(frame, body)
        parallel = planner.nested(fanout, task, body)
        phases = Phases(planner.reader, planner.support.converts, parallel)
        phases.build(frame, body, [], is_function=True)
        self.hold_back(fanout, phases)
        planner.calls_in(fanout, task)
        fanout.file(task.id.path).tasks[planner.place(task.id.path, task.node)] = change
        fanout.notes.append(
            f"`{change.together}` is a new task: route it as `{task.name}`. It fails once, with the first error, even"
            " where several items fail (the others are told on stderr)"
        )

    def hold_back(self, fanout: Fanout, phases: Phases) -> None:
        """Let effects wait for all answers; Refused where one comes before a request."""
        for step in phases.steps:
            if step.ahead and step.counts and self._has_effect(phases, step):
                line = step.statement.lineno if step.statement is not None else phases.first_line
                raise Refused(
                    "order-of-effects",
                    f"the task has an effect in line {line} before its request, which each look for it would repeat",
                )
        top = max(count for step in phases.steps for count in step.counts)
        barred: list[ast.stmt] = []
        for step in phases.steps:
            if step.ahead or not step.counts or step.statement is None or not self._has_effect(phases, step):
                continue
            if step.frame is not phases.steps[0].frame and step.counts == {top} and top != MANY:
                continue  # in a helper, when nothing is left to ask
            asks = phases.asks(step.statement, step.frame)
            place = step.statement if asks else lifted(phases, step.frame, step.statement)
            if not any(scopes.precedes(step.frame.function.node, earlier, place) for earlier in barred):
                barred.append(place)
                self.planner.bar(fanout, Barrier(step.frame, place, None, asks))

    def is_log(self, statement: ast.stmt) -> bool:
        """Whether the statement only writes a log or prints."""
        value = statement.value if isinstance(statement, ast.Expr) else None
        return isinstance(value, ast.Call) and last_name(value.func) in _LOGS

    @staticmethod
    def _has_effect(phases: Phases, step: Step) -> bool:
        if any(access.how != "read" for access in step.accesses):
            return True
        node = step.statement
        if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call) or step.request is not None:
            return False
        if step.ahead and phases.asks(node, step.frame):
            return False  # one of its arguments; what it does itself comes later
        return last_name(node.value.func) not in _LOGS


def _only_named(arguments: ast.arguments, *, all_of_them: bool) -> str:
    """A parameter that has to be given by its name; with `all_of_them` also one that need not be given."""
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return next((parameter.arg for parameter, default in pairs if default is None or all_of_them), "")


def _is_task(reach: Reach) -> bool:
    return reach.entry.kind.framework == "celery"
