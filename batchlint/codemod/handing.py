"""Pools and gathers: functions and coroutines that are handed over, to the helper's stand-ins instead."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from batchlint.codemod import joining, kept_pools, one_by_one, own_pools, scopes, started
from batchlint.codemod.access import Frame
from batchlint.codemod.blocks import Comprehension
from batchlint.codemod.changes import CallChange, Fanout
from batchlint.codemod.phases import Phases
from batchlint.codemod.processes import Processes
from batchlint.codemod.refusals import Refused
from batchlint.codemod.threads import THREADS
from batchlint.facts import MODULE, FunctionFacts, FunctionId
from batchlint.graph import Edge, Graph
from batchlint.symbols import is_partial, last_name
from batchlint.trees import children, walk
from batchlint.values import Cls, Ext, Fn

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_POOLS = (
    (re.compile(r"concurrent\.futures\.(.*\.)?ThreadPoolExecutor$"), "BatchExecutor"),
    (re.compile(r"concurrent\.futures\.(.*\.)?ProcessPoolExecutor$"), "BatchProcessExecutor"),
    (re.compile(r"concurrent\.futures\.as_completed$"), "batch_as_completed"),
    (re.compile(r"concurrent\.futures\.wait$"), "batch_wait"),
    (re.compile(r"multiprocess(ing)?\.(pool\.ThreadPool|dummy\.Pool)$"), "BatchThreadPool"),
    (re.compile(r"(multiprocess|multiprocessing|billiard)\.(.*\.)?Pool$"), "BatchPool"),
    (re.compile(r"threading\.Thread$"), "BatchThread"),
    (re.compile(r"joblib\.(.*\.)?Parallel$"), "BatchParallel"),
    (re.compile(r"tqdm\.contrib\.concurrent\.thread_map$"), "batch_thread_map"),
    (re.compile(r"tqdm\.contrib\.concurrent\.process_map$"), "batch_process_map"),
)  # fmt: skip
_CARRIERS = re.compile(r"joblib\.(.*\.)?delayed$|functools\.partial$")
"""What makes of a function something that is handed to a pool."""
_PROCESSES = frozenset({"BatchProcessExecutor", "BatchPool", "BatchParallel", "batch_process_map"})
_IN_THREADS = frozenset({("backend", "'threading'"), ("prefer", "'threads'"), ("require", "'sharedmem'")})
"""What tells joblib to take threads."""
_TERMINABLE = frozenset({"BatchPool", "BatchThreadPool"})
SUBMITS = frozenset({"submit", "apply_async", "map_async", "starmap_async"})
STARTS_ONE = frozenset({"submit", "apply_async"})
"""What has a pool make one call."""
_RUNS = frozenset({"run", "run_until_complete"})
"""Methods and functions by which a loop runs a coroutine until it has ended."""
LATER = SUBMITS | {"Thread"}
"""What only starts the work: whoever waits for it does so elsewhere."""
_LAZY = frozenset({"imap", "imap_unordered"})
_GATHERS = (
    (re.compile(r"asyncio\.gather$"), "gather_batch"),
    (re.compile(r"tqdm\.asyncio\.\w+\.gather$"), "gather_batch"),
    (re.compile(r"asyncio\.as_completed$|tqdm\.asyncio\.\w+\.as_completed$"), "as_completed_batch"),
    (re.compile(r"asyncio\.TaskGroup$"), "BatchTaskGroup"),
)
_STAND_INS = frozenset(name for _, name in _GATHERS)
_TASKS = frozenset({"create_task", "ensure_future"})


class Handing:
    """Plans the stand-ins, function by function."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner
        self.graph: Graph = planner.graph
        self.program = planner.graph.program
        self.processes = Processes(planner.graph)
        self._by_caller: dict[FunctionId, list[Edge]] = {}
        self._of: set[FunctionId] | None = None
        """The functions that `_by_caller` has the edges to."""

    # -- pools
    def pool(self, edge: Edge) -> Fanout:
        """The fan-out of a function that is handed to a pool."""
        fanout = Fanout(edge.caller, edge.node)
        self.stand_in(fanout, edge)
        return fanout

    def stand_in(self, fanout: Fanout, edge: Edge) -> None:
        """Plan the stand-ins for the pools of the function that hands another one to a pool."""
        caller = self.graph.function(edge.caller)
        path = edge.caller.path
        stands = self._stand_ins(fanout, caller, _POOLS)
        if not stands - {"batch_as_completed", "batch_wait"} and isinstance(edge.node, ast.Call):
            for kept in kept_pools.found(self, caller, edge.node, "BatchExecutor"):
                where = self.planner.place(kept.function.path, kept.made.func)
                fanout.file(kept.function.path).renames[where] = "BatchExecutor"
                stands.add("BatchExecutor")
        if not stands - {"batch_as_completed", "batch_wait"}:
            name = last_name(edge.node.func) if isinstance(edge.node, ast.Call) else "its caller"
            raise Refused(
                "unsupported-shape",
                f"the function is handed to `{name}` (line {edge.span.line}), which is no pool that the rewrite knows",
            )
        self._check_pool(caller, stands)
        if not self.is_handed_to_pool(edge):
            raise Refused(
                "unsupported-shape",
                f"`{Graph.label(edge.callee)}` is handed to something that is no pool (line {edge.span.line})",
            )
        if "BatchThread" in stands:
            joining.plan(self.planner, fanout, caller)
        handed = [each for each in self.edges(edge.caller) if self.is_handed_to_pool(each)]
        if one_by_one.has_one_worker(self.planner, caller):
            for each in handed or [edge]:
                mapped = (caller, each.node) if isinstance(each.node, ast.Call) else None
                one_by_one.check(self.planner, self.graph.function(each.callee), mapped=mapped)
        for each in handed or [edge]:
            if self.planner.mappings.carrier(each) is None:
                self._check_own(each)
                self._check_late(each)
                self.hand(fanout, edge.caller, each)
                if stands & _PROCESSES and not self._are_threads(caller):
                    self.processes.check(each)
        fanout.file(path).names.discard("")

    def note_beside(self, fanout: Fanout, function: FunctionFacts, body: list[ast.stmt]) -> None:
        """Tell of the pools within one item, whose requests are none of the batch's."""
        pools = [edge for edge in self.edges(function.id) if self.is_handed_to_pool(edge)]
        inside = {id(node) for statement in body for node in walk(statement)} if pools else ()
        handed = {edge.span.line for edge in pools if id(edge.node) in inside}
        asked = {e.span.line for e in self.edges(function.id) if id(e.node) in fanout.converted}
        why = "it runs within one item of the batch"
        fanout.notes += [f"requests of the pool in line {line} stay realtime: {why}" for line in sorted(handed - asked)]

    def _are_threads(self, function: FunctionFacts) -> bool:
        """Whether all that the function has run beside it is told to run in threads."""
        made = [c.node for c in function.calls if self.stand_ins_of(function.id, c.node) & _PROCESSES]
        options = [{(k.arg, ast.unparse(k.value)) for k in call.keywords} for call in made]
        return bool(made) and all(each & _IN_THREADS for each in options)

    def _is_spread(self, function: FunctionFacts) -> bool:
        """Whether the function has processes run something."""
        makes = any(self.stand_ins_of(function.id, call.node) & _PROCESSES for call in function.calls)
        return makes and not self._are_threads(function)

    def is_handed_to_pool(self, edge: Edge) -> bool:
        if edge.kind != "callback":
            return edge.kind in {"pool", "thread", "map"}
        func = edge.node.func if isinstance(edge.node, ast.Call) else edge.node
        paths = [v.path for v in self.program.eval(edge.caller, func) if isinstance(v, Ext)]
        return any(_CARRIERS.match(path) or _stand_in(path, _POOLS) or stands_for_pool_of(path) for path in paths)

    def _check_own(self, edge: Edge) -> None:
        """Refuse what may as well be a pool of the program's own, which knows nothing of requests."""
        func = edge.node.func if isinstance(edge.node, ast.Call) else edge.node
        values = self.planner.support.fakes.without(self.program.eval(edge.caller, func), edge.caller.path)
        own = sorted(value.id for value in values if isinstance(value, Fn | Cls))
        if own and any(isinstance(value, Ext) for value in values):
            what = f"`{ast.unparse(func)}` can be `{own[0].qualname}` as well (line {edge.span.line})"
            raise Refused("unsupported-shape", f"{what}; take one kind of pool")

    def _check_late(self, edge: Edge) -> None:
        """Refuse functions that would read the loop's variables when the pool runs, behind the loop."""
        name = last_name(edge.node.func) if isinstance(edge.node, ast.Call) else ""
        inner = edge.loops[-1:] if name in LATER else ()
        around = (loop.target if isinstance(loop, ast.comprehension) else loop for loop in inner)
        turning = {n.id for loop in around for n in ast.walk(loop) if isinstance(n, ast.Name) and _is_bound(n)}
        for node in ast.walk(edge.node):
            read = scopes.read(node) & turning if isinstance(node, ast.Lambda) else set()
            if read - {a.arg for a in ast.walk(node) if isinstance(a, ast.arg)}:
                what = f"the lambda in line {edge.span.line} reads `{min(read)}` when the pool runs it"
                raise Refused("unsupported-shape", f"{what}; hand it over as an argument")

    def _check_pool(self, caller: FunctionFacts, stands: set[str]) -> None:
        """Refuse what a pool that runs everything in batches does not do as the one it stands for."""
        for call in caller.calls:
            func, line = call.node.func, call.node.lineno
            if not isinstance(func, ast.Attribute):
                continue
            if func.attr == "wrap_future":
                raise Refused("unsupported-shape", f"a coroutine awaits what the pool runs (line {line})")
            if func.attr == "cancel" or (func.attr == "terminate" and call.loops and stands & _TERMINABLE):
                raise Refused("early-stop", f"`{ast.unparse(func)}` gives up what was submitted (line {line})")
            waits = func.attr in {"result", "get"} and isinstance(func.value, ast.Call) and call.loops
            if waits and last_name(func.value) in SUBMITS:
                raise Refused(
                    "unsupported-shape", f"each result is waited for as soon as it is submitted (line {line})"
                )
            if func.attr in {"apply_async", "map_async", "starmap_async"} and (
                unfit := {k.arg for k in call.node.keywords} & {"callback", "error_callback"}
            ):
                raise Refused(
                    "unsupported-shape",
                    f"`{min(map(str, unfit))}` takes the results (line {line}); use what `get()` gives",
                )
            if func.attr == "apply" and stands & _TERMINABLE and call.loops:
                raise Refused("unsupported-shape", f"`{ast.unparse(func)}` waits for each result (line {line})")
        if stands & _TERMINABLE:
            for loop in (n for n in ast.walk(caller.node) if isinstance(n, ast.For)):
                taken = [n for n in ast.walk(loop.iter) if isinstance(n, ast.Call) and last_name(n.func) in _LAZY]
                leave = next((n for n in ast.walk(loop) if isinstance(n, ast.Break | ast.Return)), None)
                if taken and leave is not None:
                    raise Refused("early-stop", f"the loop over the results ends early (line {leave.lineno})")

    def edges(self, caller: FunctionId) -> list[Edge]:
        """The ways in which `caller` starts functions that make requests."""
        if self._of is not self.planner.support.reaching:
            self._of, self._by_caller = self.planner.support.reaching, {}
            for id in sorted(self._of):
                for each in self.graph.edges_to(id):
                    self._by_caller.setdefault(each.caller, []).append(each)
        return self._by_caller.get(caller, [])

    def hand(self, fanout: Fanout, caller: FunctionId, edge: Edge, *, yields: bool = False) -> None:
        """Hand the twin over instead of the function, also from within a `partial` or a lambda.

        `yields`: whether a lambda that does more than call it may yield itself.
        """
        changes = fanout.file(caller.path)
        # A `partial` inside of the call starts the function too, as far as the graph knows.
        arguments = [*edge.node.args, *(k.value for k in edge.node.keywords)] if isinstance(edge.node, ast.Call) else []
        arguments += [held for argument in arguments for held in self.held(caller, argument, edge.node)]
        within = {id(n) for part in (edge.node, *arguments) for n in ast.walk(part)}
        fanout.converted |= {id(e.node) for e in self.edges(caller) if e.callee == edge.callee and id(e.node) in within}
        fanout.converted.add(id(edge.node))
        done = False
        for argument in arguments:
            for node in _handed_in(argument):
                if isinstance(node, ast.Lambda):
                    done = self.enter_lambda(fanout, caller, node, yields) or done
                elif isinstance(node, ast.Name | ast.Attribute) or (node is argument and isinstance(node, ast.Call)):
                    targets = self._targets(caller, node)
                    if edge.callee in {t.id for t in targets}:
                        changes.references[self.planner.place(caller.path, node)] = self.planner.enter(fanout, targets)
                        fanout.converted.add(id(node))
                        done = True
                    elif not targets and not isinstance(node, ast.Call):
                        spread = self._is_spread(self.graph.function(caller))
                        handed = own_pools.hand(self.planner, fanout, caller, node, edge.node, in_threads=not spread)
                        done = handed or done
                        done = done or self.planner.support.held.hand(self.planner, fanout, caller, node)
        if not done:
            raise Refused(
                "unsupported-shape",
                f"`{Graph.label(edge.callee)}` is handed over through a variable (line {edge.span.line})",
            )

    def held(self, caller: FunctionId, argument: ast.expr, call: ast.expr) -> list[ast.expr]:
        """The `partial` that the variable holds which is handed over, and which nothing else uses."""
        function = self.graph.function(caller)
        bindings = function.bindings.get(argument.id, []) if isinstance(argument, ast.Name) else []
        values = [b.value for b in bindings if isinstance(b.value, ast.Call) and last_name(b.value.func) == "partial"]
        if not isinstance(argument, ast.Name) or len(bindings) != 1 or not values:
            return []
        within = {id(n) for n in ast.walk(call)}
        loads = [n for n in ast.walk(function.node) if isinstance(n, ast.Name) and n.id == argument.id]
        is_used = any(isinstance(n.ctx, ast.Load) and id(n) not in within for n in loads)
        return [] if is_used else list(values)

    def _targets(self, caller: FunctionId, node: ast.Name | ast.Attribute | ast.Call) -> tuple[Fn, ...]:
        """The functions that the expression names and that make requests, or the `__call__` of the object."""
        values = self.program.eval(caller, node)
        names = [v.id.qualname for v in values if isinstance(v, Fn)] if not isinstance(node, ast.Call) else []
        if any(name.endswith(last_name(node)) for name in names) or self.planner.support.called(values):
            return self.planner.support.entered(caller, node)
        return ()

    def enter_lambda(self, fanout: Fanout, caller: FunctionId, node: ast.Lambda, yields: bool) -> bool:
        """Enter twins where the lambda hands on what they give, also in one branch of a condition."""
        qualname = self.graph.modules[caller.path].lambdas.get((node.lineno, node.col_offset))
        if qualname is None:
            return False
        scope = FunctionId(caller.path, qualname)
        converted = [c for c in ast.walk(node.body) if isinstance(c, ast.Call)]
        converted = [c for c in converted if self.planner.support.converts(scope, c) is not None]
        handed_on = {id(each) for each in _results(node.body)}
        targets = [self.planner.support.converts(scope, call) for call in converted]
        if yields and not all(
            isinstance(t, tuple) and id(c) in handed_on for c, t in zip(converted, targets, strict=True)
        ):
            self.planner.plan_body(fanout, self.graph.function(scope), [node.body], False)
            return True
        for call in converted:
            target = self.planner.support.converts(scope, call)
            if not isinstance(target, tuple) or id(call) not in handed_on:
                raise Refused(
                    "unsupported-shape",
                    f"the lambda in line {node.lineno} does more than call `{last_name(call.func)}`; give it a `def`",
                )
            twin = self.planner.enter(fanout, target)
            fanout.file(caller.path).calls[self.planner.place(caller.path, call)] = CallChange("name", twin)
            fanout.converted.add(id(call))
        return bool(converted)

    def _stand_ins(
        self, fanout: Fanout, function: FunctionFacts, table: tuple[tuple[re.Pattern[str], str], ...]
    ) -> set[str]:
        """Name the stand-ins for what the function calls; which ones there are."""
        path = function.id.path
        found: set[str] = set()
        for call in function.calls:
            for value in self.program.eval(function.id, call.node.func):
                name = _stand_in(value.path, table) if isinstance(value, Ext) else None
                if name is not None:
                    fanout.file(path).renames[self.planner.place(path, call.node.func)] = name
                    if name in {"gather_batch", "as_completed_batch"} and call.node.keywords:
                        fanout.file(path).stripped.add(self.planner.place(path, call.node))
                    found.add(name)
        return found

    # -- coroutines
    def gather(self, id: FunctionId, node: ast.expr) -> Fanout:
        """The fan-out of coroutines that the function makes and gathers."""
        function = self.graph.function(id)
        fanout = Fanout(id, node, is_async=True)
        if not function.is_async and id.qualname != MODULE and not self._runs_its_gathers(function):
            raise Refused(
                "unsupported-shape", f"`{Graph.label(id)}` hands its coroutines on; gather them where they are made"
            )
        if not self.gathers(fanout, function, is_outermost=True):
            raise Refused(
                "unsupported-shape", f"`{Graph.label(id)}` gathers its coroutines in no way that the rewrite knows"
            )
        self.planner.limits.unwrap(fanout, function)
        self.planner.calls_in(fanout, function)
        if fanout.is_blocking:
            self._check_blocking(fanout, function, node)
        for edge in self.edges(id):
            if self.makes_coroutines(edge):
                self.hand(fanout, id, edge)
        return fanout

    def makes_coroutines(self, edge: Edge) -> bool:
        """Whether the coroutine function, or a lambda around it, is handed to a mapping: `gather(*map(f, xs))`."""
        if edge.kind != "map":
            return False
        function = self.graph.function(edge.callee)
        body = function.node.body if isinstance(function.node, ast.Lambda) else None
        return function.is_async or (body is not None and any(map(partial(self._is_made, edge.callee), _results(body))))

    def _is_made(self, scope: FunctionId, node: ast.expr) -> bool:
        """Whether the expression is a call of a coroutine function that makes requests."""
        target = self.planner.support.converts(scope, node) if isinstance(node, ast.Call) else None
        return isinstance(target, tuple) and any(self.graph.function(each.id).is_async for each in target)

    def _runs_its_gathers(self, function: FunctionFacts) -> bool:
        """Whether the function, which is no coroutine, has a loop run what it gathers until that has ended."""
        run = [c.node.args[0] for c in function.calls if last_name(c.node.func) in _RUNS and c.node.args]
        gathers = [c.node for c in function.calls if "gather_batch" in self.stand_ins_of(function.id, c.node)]
        return bool(gathers) and all(any(call is each for each in run) for call in gathers)

    def stand_ins_of(self, scope: FunctionId, call: ast.Call) -> set[str]:
        """The stand-ins for what the call can call."""
        paths = [v.path for v in self.program.eval(scope, call.func) if isinstance(v, Ext)]
        return {name for path in paths for table in (_POOLS, _GATHERS) if (name := _stand_in(path, table))}

    def gathers(self, fanout: Fanout, function: FunctionFacts, *, is_outermost: bool = False) -> bool:
        """Plan the gathers, tasks and time limits of the coroutine; whether it gathers anything.

        `is_outermost`: whether no gather further out answers its requests.
        """
        path = function.id.path
        changes = fanout.file(path)
        tasks: list[ast.Call] = []
        for call in function.calls:
            paths = {v.path for v in self.program.eval(function.id, call.node.func) if isinstance(v, Ext)}
            name = last_name(call.node.func)
            if name in _TASKS and not any("TaskGroup" in p for p in paths):
                tasks.append(call.node)
            elif name in _TASKS and any(keyword.arg != "name" for keyword in call.node.keywords):
                raise Refused("unsupported-shape", f"the task of line {call.node.lineno} has a context of its own")
            elif paths & {"asyncio.wait", "asyncio.Queue"} or self._is_unread_thread(function, call.node):
                raise Refused(
                    "unsupported-shape",
                    f"`{name}` (line {call.node.lineno}) coordinates the calls; gather them instead",
                )
            elif name in {"cancel", "add_done_callback"} and isinstance(call.node.func, ast.Attribute):
                raise Refused(
                    "early-stop", f"`{ast.unparse(call.node.func)}` manages tasks by hand (line {call.node.lineno})"
                )
        stands = self._stand_ins(fanout, function, _GATHERS) | self.takers(fanout, function)
        asking = [task for task in tasks if self._makes_request(function, task)]
        if asking and not stands:
            started.check(self.planner, function, asking, is_outermost=is_outermost)
            changes.renames |= {self.planner.place(path, task.func): "batch_task" for task in asking}
            return True
        for task in asking:
            is_named = bool(task.keywords) and "get_name" in self.program.calls_by_name
            if started.is_only_gathered(function, task) and not is_named:
                changes.untasked.add(self.planner.place(path, task))
            else:
                changes.renames[self.planner.place(path, task.func)] = "batch_task"
        return bool(stands)

    def takers(self, fanout: Fanout, function: FunctionFacts) -> set[str]:
        """Plan the functions to which the coroutines are handed: `limited(semaphore, ask(text))`.

        What they gather with is replaced, and limits in them go. Returns the stand-ins.
        """
        found: set[str] = set()
        for call in function.calls:
            for value in self.program.eval(function.id, call.node.func):
                if not isinstance(value, Fn) or value.id in self.planner.support.reaching:
                    continue
                taker = self.graph.function(value.id)
                if not taker.is_async or taker.name in _STAND_INS or not self._is_handed_request(function, call.node):
                    continue
                stands = self._stand_ins(fanout, taker, _GATHERS)
                if self.planner.limits.unwrap(fanout, taker, is_taker=True) or stands:
                    self._check_taker(taker)
                found |= stands
        return found

    def _check_taker(self, taker: FunctionFacts) -> None:
        for edge in self.graph.edges_to(taker.id):
            if not self._is_handed_request(self.graph.function(edge.caller), edge.node):
                what = f"`{Graph.label(taker.id)}` runs other coroutines too ({edge.caller.path}:{edge.span.line})"
                raise Refused("unsupported-shape", what)

    def _is_handed_request(self, function: FunctionFacts, call: ast.expr) -> bool:
        arguments = [*call.args, *(k.value for k in call.keywords)] if isinstance(call, ast.Call) else []
        return self.planner.asks(function, arguments)

    def _is_unread_thread(self, function: FunctionFacts, call: ast.Call) -> bool:
        """Whether a thread is given a function that makes requests, in a way that hides which."""
        if last_name(call.func) not in THREADS or self.planner.support.threads.made(call) is not None:
            return False
        return any(e.node is call and e.kind == "call" for e in self.edges(function.id))

    def _check_blocking(self, fanout: Fanout, function: FunctionFacts, node: ast.expr) -> None:
        """Refuse coroutines that blocking calls have run one after the other, where their order matters."""
        trail = scopes.path_to(self.graph.modules[function.id.path].tree, node)
        statement = next(n for n in reversed(trail) if isinstance(n, ast.stmt))
        around = [g.target for n in trail if isinstance(n, Comprehension) for g in n.generators]
        own = {n.id for target in around for n in ast.walk(target) if isinstance(n, ast.Name)}
        planner = self.planner
        planner.reader.prints = True
        phases = Phases(planner.reader, planner.support.converts, planner.parallel)
        phases.expression(Frame(function, own, stable=set(own)), [node], statement, [])
        if not phases.has_request or planner.judged(fanout, phases):
            raise Refused(
                "order-of-effects",
                f"the coroutines block each other (line {node.lineno}), so that one ends before the next one starts",
            )

    def thread(self, fanout: Fanout, function: FunctionFacts, call: ast.Call, is_async: bool) -> None:
        """Plan what becomes of a call that has a thread make a request, or run a helper that makes some."""
        threads, path = self.planner.support.threads, function.id.path
        made, handed = threads.plain(call), threads.handed(call)
        name = last_name(call.func)
        if not is_async:
            raise Refused("unsupported-shape", f"`{name}` (line {call.lineno}) is no coroutine's; gather it instead")
        changes = fanout.file(path)
        where = self.planner.place(path, call)
        fanout.converted |= {id(made), id(handed), id(made.func)}
        what = self.planner.support.converts(function.id, call)
        if not isinstance(what, tuple):
            position = call.args.index(handed)
            self._check_dropped(path, call, made if isinstance(handed, ast.Lambda) else handed)
            changes.calls[where] = CallChange("made", argument=position)
            return
        twin = self.planner.enter(fanout, what)
        if isinstance(handed, ast.Lambda):
            changes.calls[self.planner.place(path, made)] = CallChange("name", twin)
        else:
            changes.references[self.planner.place(path, made.func)] = twin
        changes.calls[where] = CallChange("thread")

    def _check_dropped(self, path: str, call: ast.Call, kept: ast.expr) -> None:
        """Refuse where what goes with the thread is more than how the call gets there."""
        is_whole = isinstance(kept, ast.Call)
        if is_whole and kept is not call.args[-1] and not isinstance(call.args[-1], ast.Lambda):
            raise Refused("unsupported-shape", f"`{last_name(call.func)}` hands arguments on (line {call.lineno})")
        lines = self.graph.modules[path].lines
        outer, inner = self.planner.place(path, call), self.planner.place(path, kept)
        beside = [*lines[outer[0] - 1 : inner[0]], *(lines[inner[2] - 1 : outer[2]] if is_whole else [])]
        if any("#" in line for line in beside):
            raise Refused("unsupported-shape", f"a comment stands beside what the thread calls (line {call.lineno})")

    def _makes_request(self, function: FunctionFacts, call: ast.Call) -> bool:
        return self.planner.asks(function, call.args[:1])


def stands_for_pool_of(method: str) -> str | None:
    """The stand-in for the pool of which the path names a method: `concurrent.futures.ThreadPoolExecutor().map`."""
    return _stand_in(method.rpartition(".")[0].removesuffix("()"), _POOLS)


def _stand_in(path: str, table: tuple[tuple[re.Pattern[str], str], ...]) -> str | None:
    return next((name for pattern, name in table if pattern.match(path)), None)


def _is_bound(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def _handed_in(argument: ast.expr) -> Iterator[ast.AST]:
    """The nodes of what is handed over, without those that another call is given: `wrapped(ask)` is something else."""
    stack: list[ast.AST] = [argument]
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, ast.Attribute) and (not isinstance(node, ast.Call) or is_partial(node)):
            stack += children(node)


def _results(node: ast.expr) -> Iterator[ast.expr]:
    """The expressions whose value is the value of the expression."""
    if isinstance(node, ast.IfExp):
        yield from _results(node.body)
        yield from _results(node.orelse)
    elif isinstance(node, ast.BoolOp):
        yield from _results(node.values[-1])
    else:
        yield node
