"""Calls that are given a function: pools, callbacks, queues, schedules, registrations; programs that start programs."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from batchlint.entrypoints import ANY_KEYWORD, Handover, Kind, intervals
from batchlint.facts import CallFacts, FunctionFacts, FunctionId
from batchlint.findings import Step
from batchlint.graph import clocks, runners
from batchlint.graph.callables import Callables
from batchlint.graph.durations import Durations
from batchlint.graph.enqueuers import Enqueued, Enqueuers
from batchlint.graph.launches import Launches
from batchlint.graph.links import Edge, Entry, Part, label
from batchlint.graph.links import source as written
from batchlint.graph.listeners import TOLD, Listeners
from batchlint.graph.names import Names
from batchlint.graph.parameters import Parameters, Source
from batchlint.symbols import CallRef, Program, last_name
from batchlint.values import Cls, Elems, Ext, Fn, Inst, Text, Value, Values, ordered

_STEPS = 2
"""Calls between a function that runs after a pause and the one that has it run again."""
_LONG = 100
"""So many letters of a call that schedules a job are shown."""
_NO_FUNCTION = (ast.Constant, ast.Compare, ast.UnaryOp)


class Handovers(Part):
    def __init__(self, program: Program, names: Names, parameters: Parameters) -> None:
        super().__init__(program)
        self._names = names
        self._parameters = parameters
        self._enqueuers = Enqueuers(program, names, parameters)
        self._durations = Durations(program)
        self._callables = Callables(program, program.registry.handovers.tails)
        self.edges: dict[FunctionId, list[Edge]] = {}
        """Edges to the functions that are handed over."""
        self.entries: dict[FunctionId, list[Entry]] = {}
        """What the functions are registered as."""
        self.calls: set[int] = set()
        """The handing calls, by the identity of their nodes."""
        self.enqueuing: set[int] = set()
        """Those that give a queue the function; what they give is called with the task's arguments at times."""

    def find(self) -> None:
        """Fill `edges`, `entries` and `calls`."""
        for name, references in runners.calls_of(self.program):
            for reference in references:
                self._handover(reference, name)
        for function, reference in list(Listeners(self.program).find(self.calls)):
            self.calls.add(id(reference.call.node))
            self.enter(function, reference, TOLD)
        self._enqueue(self._enqueuers.handed())
        for body, reference, kind in Launches(self.program).find():
            if kind is not None:
                self.enter(body, reference, kind)
            else:
                edge = self.edge(reference.caller.id, body, reference.call.node, "call", reference.call)
                self.edges.setdefault(body, []).append(edge)

    def _handover(self, reference: CallRef, name: str) -> None:
        program, registry = self.program, self.program.registry
        caller, call = reference
        func = call.node.func
        if name in registry.enqueue_methods:
            self._enqueue(self._enqueuers.enqueued(reference, func))
        if name in registry.calling_methods and isinstance(func, ast.Attribute):
            for value in ordered(self._run_by_method(caller.id, func)):
                if isinstance(value, Fn):
                    edge = self.edge(caller.id, value.id, call.node, "call", call, registry.calling_methods[name])
                    self.edges.setdefault(value.id, []).append(edge)
        if not any(_can_hand(call.node, handover) for handover in registry.handovers.by_last.get(name, ())):
            return
        if isinstance(func, ast.Attribute) and self._callables.is_display(caller, func.value):
            return
        for value in ordered(program.eval(caller.id, func)):
            if not isinstance(value, Ext):
                continue
            for handover in registry.handovers.find(value.path):
                for source, function in self.handed_functions(reference, handover):
                    self.calls.add(id(call.node))
                    if handover.action == "enqueue":
                        self.enqueuing.add(id(call.node))
                    many = handover.repeats or self.repeats(caller.id, call.loops) or source.fan is not None
                    if not many and source.reference.call is not call:
                        many = self._parameters.repeaters.kind(caller, call) is not None  # a partial for a pool
                    self._take(function, *source.reference, handover._replace(repeats=many))

    def _run_by_method(self, scope: FunctionId, func: ast.Attribute) -> Values:
        """The functions that a method of theirs may run, or one of an object that is called: `program.batch(rows)`.

        The object's class has the method from outside.
        """
        program = self.program
        found = program.eval(scope, func.value)
        objects = [value for value in found if isinstance(value, Inst) and self._is_callable(value)]
        if not objects or any(isinstance(value, Fn) for value in program.eval(scope, func)):
            return found
        return found.union(*(program.attribute(each, "__call__") for each in objects))

    def _is_callable(self, value: Inst) -> bool:
        """Whether a class from outside says what a call of the object runs."""
        externals = self.program.mro(value.id)[1]
        return any(self.program.registry.called.find(each.path) for each in externals)

    def handed_functions(self, reference: CallRef, handover: Handover) -> Iterator[tuple[Source, FunctionId]]:
        """The functions that the call is given, each with the call that hands it over first."""
        node = reference.call.node
        expressions = _in_its_place(node, handover)
        expressions += [run for runner in expressions for run in self._run_by(reference, runner)]
        if handover.members:
            own = Source(reference, reference.call.node)
            yield from ((own, member) for member in self._members(reference, expressions))
        by_name = handover.by_name or handover.action in {"schedule", "register"}
        for expression in expressions:
            for source in self._parameters.handed_from(reference, expression, 0):
                for value in ordered(self.program.eval(source.reference.caller.id, source.expression)):
                    for function in self.functions_in(value, by_name):
                        yield source, function

    def _members(self, reference: CallRef, expressions: Sequence[ast.expr]) -> Iterator[FunctionId]:
        """The methods of the classes and objects that are handed over; without any, the functions of the module."""
        path = reference.caller.id.path
        if not expressions:
            yield from (
                each.id for each in self.modules[path].functions.values() if _is_public(each) and not each.owner
            )
        for expression in expressions:
            for value in ordered(self.program.eval(reference.caller.id, expression)):
                line = self.program.mro(value.id)[0] if isinstance(value, Cls | Inst) else ()
                for klass in line:
                    functions = self.modules[klass.path].functions.values()
                    yield from (each.id for each in functions if each.owner == klass.qualname and _is_public(each))

    def _run_by(self, reference: CallRef, runner: ast.expr) -> Iterator[ast.expr]:
        """What a runner that is handed over first is given to run: `submit(context.run, function, item)`."""
        arguments = reference.call.node.args
        for value in self.program.eval(reference.caller.id, runner) if runner in arguments else ():
            for inner in self.program.registry.handovers.find(value.path) if isinstance(value, Ext) else ():
                position = arguments.index(runner) + 1 + (inner.argument or 0)
                if inner.action == "call" and position < len(arguments):
                    yield arguments[position]

    def functions_in(self, value: Value, by_name: bool, depth: int = 0) -> Iterator[FunctionId]:
        """The functions that a value is or holds; strings count where `by_name`."""
        if isinstance(value, Fn):
            yield value.id
        elif isinstance(value, Text) and by_name:
            yield from self._names.named(value.text)
        elif isinstance(value, Elems) and depth < 2:
            for inner in value.values:
                yield from self.functions_in(inner, by_name, depth + 1)
        elif isinstance(value, Inst | Cls):
            receiver = value if isinstance(value, Inst) else Inst(value.id, True)
            for method in ordered(self.program.attribute(receiver, "__call__")):
                if isinstance(method, Fn):
                    yield method.id

    def _enqueue(self, enqueued: Iterable[Enqueued]) -> None:
        """Note the tasks that go into their queues; what they are say their decorators."""
        for task, (caller, call), is_asked in enqueued:
            self.calls.add(id(call.node))
            kind = "call" if is_asked else "queue"
            self.edges.setdefault(task, []).append(self.edge(caller.id, task, call.node, kind, call))

    def _take(self, function: FunctionId, caller: FunctionFacts, call: CallFacts, handover: Handover) -> None:
        if handover.action == "call":
            edge = self.edge(caller.id, function, call.node, handover.kind, call, handover.repeats)
            self.edges.setdefault(function, []).append(edge)
            return
        edge = self.edge(caller.id, function, call.node, "queue", call, handover.repeats)
        if handover.action == "enqueue":
            self.edges.setdefault(function, []).append(edge)
        if handover.pause is not None:
            self._delayed(function, CallRef(caller, call), handover.entry, handover.pause)
            return
        kind = handover.entry
        if kind.kind == "schedule" or handover.action == "schedule":
            if intervals.is_once(call.node) and _is_registered_again(caller, call.node):
                return
            minutes = intervals.minutes_between(call.node, lambda node: self._durations.number(caller.id, node))
            kind = kind.paced(minutes) if kind.latency is not None else kind
        later = CallRef(caller, call) if handover.action == "enqueue" else None
        run = self.edge(caller.id, function, call.node, "map", call, many=True) if handover.runs else None
        self.enter(function, CallRef(caller, call), kind, later, run)

    def _delayed(self, function: FunctionId, handed: CallRef, kind: Kind, position: int) -> None:
        """Note a function that runs after a pause: what comes back by itself is a schedule, else it is a late call."""
        caller, call = handed
        edge = self.edge(caller.id, function, call.node, "thread", call)
        self.edges.setdefault(function, []).append(edge)
        if len(call.node.args) <= position:
            return
        duration = self._durations.of(caller.id, call.node.args[position])
        if self._leads_to(function, caller.id, 0):
            self.enter(function, handed, clocks.kind_of(duration) or kind)
        elif duration.unit or (duration.seconds is not None and duration.seconds >= intervals.OFTEN * 60):
            self.enter(function, handed, kind)

    def _leads_to(self, start: FunctionId, end: FunctionId, depth: int) -> bool:
        """Whether the function is the other one, or calls it within a few steps."""
        if start == end:
            return True
        called = (call.node.func for call in self.function(start).calls) if depth < _STEPS else ()
        below = {value.id for func in called for value in self.program.eval(start, func) if isinstance(value, Fn)}
        return any(self._leads_to(each, end, depth + 1) for each in sorted(below))

    def enter(
        self,
        function: FunctionId,
        handed: CallRef,
        kind: Kind,
        later: CallRef | None = None,
        run: Edge | None = None,
    ) -> None:
        """Note that the call makes the function an entry point; `later`, `run`: it has it run later, or runs it."""
        caller, call = handed
        what = f"{last_name(call.node.func)} in {label(caller.id)} ({kind.framework})"
        if kind.kind == "schedule":  # which job, and when
            said = written(call.node)
            what = f"{said if len(said) <= _LONG else said[: _LONG - 1] + '…'} in {label(caller.id)}"
        step = Step(caller.id.path, call.node.lineno, what)
        self.entries.setdefault(function, []).append(Entry(kind, step, call=later, run=run))


def _is_registered_again(function: FunctionFacts, registering: ast.Call) -> bool:
    """Whether the function has the same job run again and again, so that this is only an early first turn."""
    others = (each.node for each in function.calls if each.node is not registering)
    same = (each for each in others if _registered(each) == _registered(registering))
    return any(not intervals.is_once(each) for each in same)


def _registered(call: ast.Call) -> list[str]:
    """The job that a call registers, and how: as text, to compare."""
    job = call.args[:1] or [keyword.value for keyword in call.keywords if keyword.arg == "func"]
    return [ast.dump(each) for each in (call.func, *job)]


def _is_public(function: FunctionFacts) -> bool:
    return function.parent is None and function.name.isidentifier() and not function.name.startswith("_")


def _can_hand(node: ast.Call, handover: Handover) -> bool:
    """Whether the call has an argument in the function's place, and not one that is written out as something else."""
    if not node.args and not node.keywords:
        return handover.members
    return any(
        not isinstance(each, _NO_FUNCTION) or (isinstance(each, ast.Constant) and isinstance(each.value, str))
        for each in _in_its_place(node, handover)
    )


def _in_its_place(node: ast.Call, handover: Handover) -> list[ast.expr]:
    """The arguments of the call that are the function, by keyword or by position."""
    if handover.keyword == ANY_KEYWORD:
        return [k.value for k in node.keywords if k.arg and not isinstance(k.value, ast.Constant)]
    given = [k.value for k in node.keywords if k.arg and k.arg == handover.keyword]
    if not given and handover.argument is not None:
        given = node.args[handover.argument : handover.argument + 1]
    return given
