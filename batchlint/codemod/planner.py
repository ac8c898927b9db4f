"""From a call site to the fan-outs that put its requests side by side, and from each to changes or a refusal."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator, Mapping, Set

from batchlint.codemod import (
    caught,
    connections,
    drawn,
    emptied,
    handed_on,
    lazily,
    numbered,
    own_files,
    paging,
    pooled,
    redrawn,
    releasing,
    running_sources,
    scopes,
    submitting,
    tripping,
    unshared,
)
from batchlint.codemod.access import Access, Channel, Frame
from batchlint.codemod.blocks import Comprehension, Loop, awaits, opened_in, opens, own_exits, own_loops, reads_in_try
from batchlint.codemod.callbacks import CALLED
from batchlint.codemod.changes import CallChange, Counter, Fanout, LoopChange, Place
from batchlint.codemod.chunked import Chunked
from batchlint.codemod.comprehensions import Comprehensions
from batchlint.codemod.distinct import distinct, may_be_negative
from batchlint.codemod.families import is_stub
from batchlint.codemod.handing import Handing
from batchlint.codemod.held import HELD
from batchlint.codemod.limits import Limits
from batchlint.codemod.mappings import Mappings
from batchlint.codemod.naming import noun
from batchlint.codemod.pacing import Pacing
from batchlint.codemod.paths import function_body
from batchlint.codemod.phases import Barrier, Phases
from batchlint.codemod.reader import Reader
from batchlint.codemod.reflection import runs_text
from batchlint.codemod.refusals import UNFIT, Refused
from batchlint.codemod.running import Running
from batchlint.codemod.steady_tests import steady_tests
from batchlint.codemod.support import MAPPED, SUBMITTED, Support, Target
from batchlint.codemod.swapped import Swapped
from batchlint.codemod.wrappers import Wrappers
from batchlint.codemod.yielding import Yielding, own_yields
from batchlint.facts import MODULE, FunctionFacts, FunctionId
from batchlint.graph import Graph
from batchlint.loops import is_item_loop
from batchlint.symbols.names import CLOCKS
from batchlint.trees import walk_outside_lambdas, walk_own
from batchlint.values import Ext, Fn


class Planner:
    """Plans fan-outs of one program; each is planned once."""

    def __init__(self, graph: Graph, unsafe: bool) -> None:
        self.graph = graph
        self.program = graph.program
        self.unsafe = unsafe
        self.support = Support(graph)
        self.reader = Reader(graph, self.support.threads, self.support.callbacks)
        self.decorated = self.reader.decorated
        self._used: dict[str, set[str]] = {}
        self.parallel: set[ast.AST] = set()
        self.comprehensions = Comprehensions(self)
        self.handing = Handing(self)
        self.mappings = Mappings(self)
        self.wrappers = Wrappers(self)
        self.yielding = Yielding(self)
        self.running = Running(self)
        self.pacing = Pacing(self)
        self.limits = Limits(self)
        self.chunked = Chunked(self)
        self.swapped = Swapped(self)
        self.reader.swapped = self.swapped

    # -- places
    def place(self, path: str, node: ast.AST) -> Place:
        assert isinstance(node, ast.expr | ast.stmt)
        span = self.graph.modules[path].span(node)
        return span.line, span.column - 1, span.end_line, span.end_column - 1

    def fresh(self, path: str, wanted: str) -> str:
        """A name that nothing in the file uses."""
        used = self._used.get(path)
        if used is None:
            tree = self.graph.modules[path].tree
            used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} | {
                n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)
            }
            used |= {f.name for f in self.graph.modules[path].functions.values()}
            imports = (n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom))
            used |= {a.asname or a.name for n in imports for a in n.names}
            self._used[path] = used
        names = itertools.chain([wanted], (f"{wanted}_{number}" for number in itertools.count(2)))
        name = next(each for each in names if each not in used)
        used.add(name)
        return name

    def taken(self) -> dict[str, set[str]]:
        """The names that `fresh` has given out so far, by file."""
        return {path: set(names) for path, names in self._used.items()}

    def give_back(self, names: dict[str, set[str]]) -> None:
        """Forget what `fresh` has given out since `names` were taken."""
        self._used = names

    # -- loops
    def loop(self, function: FunctionFacts, loop: Loop) -> Fanout:
        """The fan-out of a `for` statement; Refused where it cannot be one."""
        runner = self.running.runner(function, loop.body)
        fanout = Fanout(function.id, loop, is_async=awaits([loop]) or runner is not None)
        self.split(fanout, function, loop, nested=False, runner=runner)
        return fanout

    def split(
        self,
        fanout: Fanout,
        function: FunctionFacts,
        loop: Loop,
        *,
        nested: bool,
        stands: ast.While | ast.For | None = None,
        drawing: list[Access] | None = None,
        counter: Counter | None = None,
        runner: str | None = None,
        is_worker: bool = False,
        state: frozenset[str] = frozenset(),
        beside: Set[str] = frozenset(),
        aliases: Mapping[str, set[Channel]] | None = None,
    ) -> None:
        """Plan the loop as a part of the fan-out. `stands`: the loop in the code for which `loop` does, with what it
        touches to draw an item, and what it counts. `runner`: what runs the coroutine of each item. `is_worker`:
        whether several such loops share the items, so that these end in any order. `state`: what drawing binds anew;
        `beside`: what it reads, and `aliases`: what its items are, where a `for` loop draws more than its own.
        """
        node = stands or loop
        self._check_body(function, loop, may_stop=not nested)
        emptied.check_around(self.reader, function, node)
        caught.check(function.node, node)
        scope, path = function.node, function.id.path
        targets = [n.id for n in ast.walk(loop.target) if isinstance(n, ast.Name)]
        if any(isinstance(n, ast.Attribute | ast.Subscript) for n in ast.walk(loop.target)):
            raise Refused(
                "unsupported-shape", "the loop assigns to an attribute or item in its head; assign it in the body"
            )
        paging.check(self, fanout, function, loop, targets)
        assigned = scopes.bound(loop.body)
        later = self.reader.exposure.after(scope, node) | self.reader.exposure.exposed(node.orelse)
        if isinstance(stands, ast.For):
            later = (later | beside) - state
        elif counter is not None and stands is not None:
            later = (later | scopes.read(stands.test)) - {counter.name}
        elif stands is not None:
            later |= scopes.read(stands.test) | self.reader.exposure.exposed(
                [s for s in stands.body if s not in loop.body]
            )
            later -= state
        shared = self.read_elsewhere(function, node)
        declared = scopes.declared(x for s in loop.body for x in ast.walk(s))
        left_behind = sorted(set(targets) & (later | (shared if function.id.qualname != MODULE else set())))
        is_plain = not (nested or fanout.is_async or stands or runner or is_worker or own_yields(loop))
        if left_behind and not (is_plain and not set(left_behind) & (assigned | shared) and _ends_well(scope, loop)):
            raise _used_after(left_behind[0])
        if set(targets) & shared:
            raise Refused("unsupported-shape", "the loop's variable is read by a function; hand it over as an argument")
        steady = steady_tests(self.program, function, loop.body)
        exposed = self.reader.exposure.exposed(loop.body, targets, steady)
        carried = (assigned - set(targets)) & (exposed | later | shared | declared | function.outer)
        handed = (
            self._handed_on(function, loop, carried - later - shared - declared - function.outer) if is_plain else {}
        )
        carried -= set(handed.values())
        numbering = None
        is_drawn = (
            isinstance(stands, ast.While)
            and drawing is not None
            and counter is None
            and not (fanout.is_async or is_worker)
        )
        if (is_plain or is_drawn) and not (left_behind or handed):
            counts = carried & scopes.bound_beside(scope, node) - shared - declared - function.outer
            counts -= scopes.read(stands.test) if isinstance(stands, ast.While) else set()
            counts -= later if counts & later and scopes.is_in_try(scope, node) else set()
            numbering = numbered.numbering(self, function, loop, counts, may_end=is_plain)
        numbers = {numbering.name} if numbering is not None else set()
        carried -= numbers
        unbound = carried - declared - function.outer - scopes.bound_beside(scope, node)
        others = unbound & exposed
        left = f"`{min(others)}` may be what another item left in it (bind it at the top of the loop)" if others else ""
        if left and (fanout.is_async or nested or reads_in_try(loop.body, others)):
            raise Refused("dependent-iterations", left)
        if unbound and nested and function.id.qualname != MODULE:
            what = f"`{min(unbound)}` is read after the loop, and bound in it alone; bind it before the loop"
            raise Refused("unsupported-shape", what)
        own = (assigned - carried) | {*targets, *numbers}
        self.check_kept(function, loop.body, own)
        frame = self.frame(function, loop, targets, own)
        handed_on.alias(frame, set(handed.values()))
        for name, channels in (aliases or {}).items():
            frame.aliases.setdefault(name, set()).update(channels)
        inner = self.nested(fanout, function, loop.body)
        self.reader.prints = fanout.is_async and not is_worker
        phases = Phases(self.reader, self.support.converts, inner | self.parallel, is_async=fanout.is_async)
        phases.untimely = self.pacing.untimely(function, loop.body)
        if fanout.is_async and not nested and not is_worker:
            phases.lost = _lost(function, node)
        if drawing is None:
            drawing = self.drawn_by(function, loop)
            drawing += redrawn.redrawn(self.reader, frame, loop.target, loop.iter, assigned)
        phases.build(frame, loop.body, drawing)
        if not phases.has_request:
            raise Refused("no-fan-out")
        stop = self._exits(fanout, function, loop, phases, nested)
        if stop and left_behind:
            raise _used_after(left_behind[0])
        if stop and handed:
            raise Refused("unsupported-shape", f"`{min(handed.values())}` is handed on by a loop that ends early")
        phases.suspends |= fanout.is_async and bool(own_yields(loop))  # what is yielded before an error counts
        can_keep = fanout.is_async and not (nested or is_worker or own_yields(loop))

        def hoisted() -> Phases:
            again = Phases(self.reader, self.support.converts, inner | self.parallel, is_async=fanout.is_async)
            again.hoists, again.lost, again.untimely = True, phases.lost, phases.untimely
            again.build(frame, loop.body, drawing)
            again.suspends |= phases.suspends
            return again

        try:
            barriers, is_kept, phases = self._judged_loop(fanout, phases, can_keep, hoisted)
        except Refused as refused:
            raise Refused("dependent-iterations", left) if left else refused from None
        for moved, statement in phases.moved:
            fanout.file(moved.function.id.path).moved.add(self.place(moved.function.id.path, statement))
        if is_worker:
            barriers = [b for b in barriers if b.key is not None]
        if fanout.is_async and any(nested or (b.key is not None and phases.suspends) for b in barriers):
            raise Refused("order-of-effects", "items of a coroutine's loop would end in another order")
        changes = fanout.file(path)
        for barrier in barriers:
            self.bar(fanout, barrier)
        numbered.keep_heads(self, changes, path, loop, numbering, barriers)
        if not nested and runner is None and not own_yields(loop):
            fanout.iteration = phases
        outer = [*sorted(carried - {*targets} - declared), *([stop] if stop else [])]
        direct = scopes.bound(loop.body, without=inner)  # what a nested loop binds is declared in its own function
        named = [n for n in outer if n in direct or n == stop]
        unread = (scopes.unread(loop.body) & direct) - {*outer, *targets}
        is_module = function.id.qualname == MODULE
        shared_names = set(outer) if is_module else scopes.declared_global(function.node)
        change = LoopChange(
            name=self.fresh(path, f"handle_{noun(targets, loop.iter)}"),
            parameters=list(dict.fromkeys([*handed.values(), *numbers, *targets])),
            handed=handed,
            outer=[n for n in named if n not in shared_names],
            shared=[*(n for n in named if n in shared_names), *(sorted(unread) if is_module else ())],
            unset=[] if is_module else sorted(unbound - shared_names),
            nested=nested,
            stop=stop,
            is_async=fanout.is_async,
            counter=counter,
            numbering=numbering,
            runner=runner,
            is_ordered=fanout.is_async and (bool(barriers) or is_kept),
            kept={name: self.fresh(path, f"each_{name}") for name in left_behind},
            taken=len(stands.body) - len(loop.body) if stands is not None and is_worker else 0,
        )
        if runner is not None:
            self.running.plan(fanout, function, loop.body)
        changes.loops[self.place(path, node)] = change
        if not nested:
            self.yielding.plan(fanout, function, loop, change)
        self.limits.unwrap(fanout, function, loop.body)
        if fanout.is_async:
            self.handing.takers(fanout, function)
        self.plan_body(fanout, function, loop.body, fanout.is_async)
        self.handing.note_beside(fanout, function, loop.body)
        self.pacing.plan(fanout, function, loop.body)
        self.pacing.note(fanout, function, loop.body)

    def drawn_by(self, function: FunctionFacts, loop: Loop) -> list[Access]:
        """What drawing an item of the loop touches; Refused where that may depend on the items before."""
        lazily.check_body(self.reader, function, loop)
        running_sources.check(self.reader, function, loop)
        drawing = drawn.drawing(self.reader, loop.iter, Frame(function, set()))
        return unshared.without(drawing, function, loop.lineno)

    def judged(self, fanout: Fanout, phases: Phases) -> list[Barrier]:
        """Where items have to wait, with what only `--unsafe-fixes` allows noted; Refused for what it does not."""
        barriers = phases.judge(self.unsafe)
        pooled.check(self.program, phases)
        fanout.notes += [f"allowed by --unsafe-fixes: {text}" for text in dict.fromkeys(phases.allowed)]
        held = [
            node.lineno for function, node in phases.open_blocks() if not releasing.plan(self, fanout, function, node)
        ]
        fanout.notes += [
            f"each item keeps its file open (line {line}) until its answer is there, and a process may have so many"
            for line in sorted(held)
        ]
        return barriers

    def _judged_loop(
        self, fanout: Fanout, phases: Phases, can_keep: bool, hoisted: Callable[[], Phases]
    ) -> tuple[list[Barrier], bool, Phases]:
        """`judged`, whether a driver of coroutines has to keep what they print for their turns, and the steps.

        `hoisted`: lays the iteration out with the answers in front of what their statements read before.
        """
        try:
            return *self._judged_with_output(fanout, phases, can_keep), phases
        except Refused as refused:
            if not phases.hoistable:
                raise
            try:
                again = hoisted()
                return *self._judged_with_output(fanout, again, can_keep), again
            except Refused:
                raise refused from None

    def _judged_with_output(self, fanout: Fanout, phases: Phases, can_keep: bool) -> tuple[list[Barrier], bool]:
        try:
            return self.judged(fanout, phases), False
        except Refused:
            if not can_keep or not phases.keep_output():
                raise
        return self.judged(fanout, phases), True

    def check_ends(self, phases: Phases) -> None:
        """Refuse what an answer ends from anywhere."""
        for end, index in phases.ends:
            if phases.steps[index].counts != {0}:
                raise Refused("early-stop", f"`{ast.unparse(end.node)}` ends the loop ({end.place})")
        tripping.check(self.reader, phases)

    def check_kept(self, function: FunctionFacts, nodes: list[ast.stmt] | list[ast.expr], own: set[str]) -> None:
        """Refuse functions that outlive the iteration: they would see their own item, and not the last one."""
        kept = scopes.kept(nodes) & own
        if kept:
            done = self.support.callbacks.consumed(function.id, nodes) | self.chunked.handed()
            done |= self.support.threads.awaited(nodes)
            kept = scopes.kept(nodes, done) & own
        if kept:
            raise Refused(
                "unsupported-shape",
                f"a function made in the loop reads `{min(kept)}`, which changes with each item;"
                " hand it over as an argument",
            )

    def bar(self, fanout: Fanout, barrier: Barrier) -> None:
        """Plan the wait for the item's turn."""
        path = barrier.frame.function.id.path
        if isinstance(barrier.frame.function.node, ast.Lambda):
            raise Refused(
                "order-of-effects", f"{Graph.label(barrier.frame.function.id)} has an effect; give it a `def`"
            )
        if self.decorated.is_within(barrier.frame):
            what = f"line {barrier.statement.lineno} has an effect in a call for which others wait, as it is cached"
            raise Refused("order-of-effects", what)
        if fanout.is_async and not barrier.frame.function.is_async and barrier.frame.function.id != fanout.function:
            what = f"{path}:{barrier.statement.lineno} has an effect in a call that keeps its coroutine waiting"
            raise Refused("order-of-effects", what)
        changes = fanout.file(path)
        where = self.place(path, barrier.statement)
        if fanout.is_async:
            changes.ordered.add(where)
        if barrier.inside:
            changes.hoisted.add(where)
        else:
            changes.barriers.setdefault(where, barrier.key)

    def _check_body(self, function: FunctionFacts, loop: Loop, *, may_stop: bool = False) -> None:
        if loop.orelse and not may_stop and any(own_exits(loop.body, ast.Break)):
            raise Refused("early-stop", "the loop has an `else` for when nothing stopped it")
        if function.owner is None and isinstance(function.node, ast.Lambda):
            raise Refused("unsupported-shape", "a loop in a lambda")
        self.yielding.check(function, loop)
        for statement in loop.body:
            for node in ast.walk(statement):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                    continue
                if node.func.id in {"run_batch", "gather_batch", "submit_or_collect"}:
                    raise Refused("unsupported-shape", f"the loop makes batches already (line {node.lineno})")
                if node.func.id == "super" and not node.args:
                    what = "`super()` without arguments only works in the method itself; call it in a method of its own"
                    raise Refused("unsupported-shape", f"{what} (line {node.lineno})")
                if node.func.id in {"locals", "vars"} or runs_text(node):
                    raise Refused(
                        "unknown-effects", f"`{node.func.id}` reaches the variables of the loop (line {node.lineno})"
                    )

    def _handed_on(self, function: FunctionFacts, loop: Loop, carried: set[str]) -> dict[str, str]:
        """Each target with the variable in which the next item finds it."""
        if not isinstance(loop.target, ast.Name) or not _ends_well(function.node, loop):
            return {}
        before = scopes.bound_beside(function.node, loop)
        found = handed_on.handed_on(loop.body, {loop.target.id})
        return {target: name for target, name in found.items() if name in carried & before}

    def read_elsewhere(self, function: FunctionFacts, loop: ast.stmt | None = None) -> set[str]:
        """Names of a scope that functions in it (all, for a module) read or change, but for those in the loop."""
        inside = {id(node) for node in ast.walk(loop)} if loop is not None else set()
        found: set[str] = set()
        pending: list[ast.AST] = [function.node]
        kind = ast.Global if function.id.qualname == MODULE else ast.Nonlocal
        while pending:
            node = pending.pop()
            is_nested = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            if is_nested and node is not function.node:  # with what stands in it
                found |= scopes.read(node) | scopes.declared(ast.walk(node), kind) if id(node) not in inside else set()
            else:
                pending += ast.iter_child_nodes(node)
        return found

    def frame(self, function: FunctionFacts, loop: Loop, targets: list[str], local: set[str]) -> Frame:
        frame = Frame(function, set(local))
        frame.targets = distinct(self.program, function, loop.target, loop.iter) - scopes.bound(loop.body)
        frame.tokens = own_files.told_by(self.program, function, loop)
        frame.items = self.reader.linked.of(function, [(loop.target, loop.iter)])
        frame.aliases |= self.reader.repeated.aliases(function, loop.target, loop.iter)
        self.reader.alias_statements(frame, loop.body)
        if not (isinstance(loop.iter, ast.Call) and may_be_negative(loop.iter)):
            frame.stable |= set(targets) - scopes.bound(loop.body)
        return frame

    def _exits(self, fanout: Fanout, function: FunctionFacts, loop: Loop, phases: Phases, nested: bool) -> str | None:
        """Plan the `continue`, `break` and `return` of the body; the flag that stops the drawing, if one is needed."""
        path = function.id.path
        changes = fanout.file(path)
        stop: str | None = None
        self.check_ends(phases)
        for leave, what, index in phases.leaves:
            step = phases.steps[index]
            if what == "return":
                raise Refused("early-stop", f"the function returns from within the loop (line {leave.lineno})")
            if step.counts != {0}:
                raise Refused("early-stop", f"the loop ends early (line {leave.lineno})")
            if self._asks_the_clock(function, loop, leave):
                raise Refused("early-stop", f"the clock ends the loop (line {leave.lineno})")
            if self._asks_the_answers(loop, leave, phases):
                raise Refused("early-stop", f"what came of answers ends the loop (line {leave.lineno})")
            if nested or fanout.is_async:
                which = "an inner loop" if nested else "a coroutine's loop"
                raise Refused("unsupported-shape", f"{which} ends early (line {leave.lineno})")
            stop = stop or self.fresh(path, "stopped")
            changes.exits[self.place(path, leave)] = stop
        for leave_node in own_exits(loop.body):
            changes.exits.setdefault(self.place(path, leave_node), "")
        return stop

    def _asks_the_clock(self, function: FunctionFacts, loop: Loop, leave: ast.stmt) -> bool:
        """Whether what leads to the exit has to do with how long the answers took."""
        tests = _tests(loop, leave)
        names = {name for test in tests for name in scopes.read(test)}
        bound = [n.value for n in ast.walk(loop) if isinstance(n, ast.Assign) and names & scopes.bound([n])]
        calls = [n for node in [*tests, *bound] for n in ast.walk(node) if isinstance(n, ast.Call)]
        paths = [v.path for c in calls for v in self.program.eval(function.id, c.func) if isinstance(v, Ext)]
        return any(CLOCKS.match(path) for path in paths)

    def _asks_the_answers(self, loop: Loop, leave: ast.stmt, phases: Phases) -> bool:
        """Whether what leads to the exit reads what is changed after an answer."""
        frame = phases.steps[0].frame
        read = [access for test in _tests(loop, leave) for access in self.reader.of(test, frame)]
        return tripping.comes_of_answers(phases, read)

    # -- what stands below
    def inner(self, fanout: Fanout, function: FunctionFacts, loop: Loop) -> set[ast.AST]:
        """Loops in the loop that join its rounds; Refused for bodies that cannot become a function."""
        self._check_body(function, loop)
        return self.nested(fanout, function, loop.body) | self.parallel

    def nested(self, fanout: Fanout, function: FunctionFacts, body: list[ast.stmt]) -> set[ast.AST]:
        """Nested loops that can join the same rounds."""
        found: set[ast.AST] = set()
        for loop in own_loops(body):
            if not is_item_loop(loop) or not self._asks_itself(function, loop.body):
                continue
            is_async = fanout.is_async and function.is_async
            trial, names = Fanout(function.id, loop, is_async=is_async, twins=set(fanout.twins)), self.taken()
            try:
                self.split(trial, function, loop, nested=True)
            except Refused as refused:
                if refused.refusal.name in {"unsupported-shape", *UNFIT}:
                    raise
                self.give_back(names)
                continue
            fanout.merge(trial)
            found.add(loop)
        return found

    def asks(self, function: FunctionFacts, nodes: list[ast.stmt] | list[ast.expr]) -> bool:
        """Whether a call in the nodes becomes a request, or enters what makes one."""
        return next(self.converted(function, nodes), None) is not None

    def _asks_itself(self, function: FunctionFacts, nodes: list[ast.stmt] | list[ast.expr]) -> bool:
        """Whether one of the calls does so where it stands, and does not have a pool do it."""
        return any(self.support.converts(function.id, c) != SUBMITTED for c in self.converted(function, nodes))

    def converted(self, function: FunctionFacts, nodes: list[ast.stmt] | list[ast.expr]) -> Iterator[ast.Call]:
        """Those calls; a lambda's are those of whoever calls it."""
        for node in nodes:
            for child in walk_outside_lambdas(node):
                if isinstance(child, ast.Call) and self.support.converts(function.id, child) is not None:
                    yield child

    def plan_body(
        self,
        fanout: Fanout,
        function: FunctionFacts,
        nodes: list[ast.stmt] | list[ast.expr],
        is_async: bool,
        *,
        is_around: bool = False,
    ) -> None:
        """Plan the calls of the statements, the comprehensions around them, and the twins below them.

        `is_async`: whether the statements are a coroutine's, and not a generator's. `is_around`: whether they start
        what asks, so that what they ask themselves has its own fan-out.
        """
        submitting.check(self.graph, function, nodes)
        path = function.id.path
        changes = fanout.file(path)
        for node in nodes if not is_async else ():
            for comprehension in [n for n in ast.walk(node) if isinstance(n, Comprehension)]:
                if self._asks_itself(function, self.comprehensions.asking(function, comprehension)):
                    where = self.place(path, comprehension)
                    if where not in changes.comprehensions:
                        self.comprehensions.plan(fanout, function, comprehension, nested=True)
        opened = set(map(id, opened_in(nodes))) if is_async else set()
        for call in self.converted(function, nodes):
            where = self.place(path, call)
            if where in changes.calls:
                continue
            what = self.support.converts(function.id, call)
            if is_around and self._blocks(call, what):
                continue
            fanout.converted.add(id(call))
            model = self.support.model(call) if what == "request" else None  # none of a method that was handed over
            if model is not None:
                fanout.providers.add(self.support.check_request(function.id, call))
                fanout.parts |= connections.parts(model.path)
            if self.support.threads.made(call) is not None:
                self.handing.thread(fanout, function, call, is_async)
            elif what == "request":
                if not is_async and model is not None and model.is_async:
                    made = f"`{Graph.label(function.id)}` hands on a coroutine (line {call.lineno})"
                    raise Refused("unsupported-shape", f"{made}; make it a coroutine function, which awaits it")
                is_blocking = is_async and self.support.blocks(call)
                if is_blocking:
                    self._wait(fanout, function, call)
                is_opened = id(call) in opened
                asked = "blocking" if is_blocking else "opened" if is_opened else "await"
                changes.calls[where] = CallChange(asked if is_async else "request")
            elif isinstance(what, tuple):
                if len({self._is_async(target) for target in what}) > 1 or (not is_async and self._is_async(what[0])):
                    called = f"`{Graph.label(what[0].id)}` (line {call.lineno})"
                    raise Refused("unsupported-shape", f"a call of {called} mixes coroutines with blocking calls")
                how = "enter" if not is_async else "steps" if self._blocks(call, what) else "name"
                if how == "steps":
                    self._wait(fanout, function, call)
                changes.calls[where] = CallChange(how, self.enter(fanout, what))
                fanout.notes += self.support.fakes.notes(function.id, call)
                self.support.callbacks.plan(self, fanout, function, call)
            elif what in {MAPPED, SUBMITTED}:
                self.chunked.plan(fanout, function, call)
            elif what == HELD:
                self.support.held.plan(self, fanout, function, call, is_async)
            elif what == CALLED and not is_async:  # what a coroutine is handed makes coroutines
                changes.calls[where] = CallChange("called")

    @staticmethod
    def _wait(fanout: Fanout, function: FunctionFacts, call: ast.Call) -> None:
        """Note a call that keeps its coroutine waiting and becomes an `await`, where one can stand."""
        fanout.is_blocking = True
        if any(isinstance(node, ast.GeneratorExp) for node in scopes.path_to(function.node, call)):
            what = f"a generator expression of a coroutine asks (line {call.lineno})"
            raise Refused("unsupported-shape", f"{what}; make a list of it")

    def _is_async(self, target: Fn) -> bool:
        return self.program.functions[target.id].is_async

    def _blocks(self, call: ast.Call, what: Target) -> bool:
        """Whether the call has its coroutine wait without giving others a turn."""
        if isinstance(what, tuple):
            return self.support.threads.made(call) is None and not all(self._is_async(target) for target in what)
        return self.support.blocks(call)

    def calls_in(self, fanout: Fanout, function: FunctionFacts) -> None:
        """Plan all calls of a function, and what stands below them; of one that gathers, the coroutines."""
        self.plan_body(fanout, function, function_body(function), fanout.is_async, is_around=fanout.is_async)

    def enter(self, fanout: Fanout, targets: tuple[Fn, ...]) -> FunctionId:
        """Plan the twins of which a call enters one; the function that stands for them all."""
        if len(targets) > 1:
            fanout.families.append(frozenset(t.id for t in targets))
        for target in targets:
            if not self.program.functions[target.id].is_async or target.id in self.support.reaching:
                self._twin(fanout, target.id)
        return targets[0].id

    def _twin(self, fanout: Fanout, id: FunctionId) -> None:
        """Plan the function's form that makes its requests through the driver."""
        if id in fanout.twins:
            return
        fanout.twins.add(id)
        function = self.program.functions[id]
        if is_stub(self.program, function):
            fanout.file(id.path).stubs.add(self.place(id.path, function.node))
        self.yielding.as_list(fanout, function)
        carried = self.wrappers.of(function)
        registering = [d for d in function.decorators if builtin_id(d) in fanout.converted]
        replaced = self.decorated.plan(self, fanout, function)
        self.support.check_twin(function, [*(w.decorator for w in carried), *replaced, *registering])
        if not function.is_async:
            self.wrappers.plan(fanout, carried, function.id.path)
        body = function_body(function)
        self.limits.unwrap(fanout, function)
        if not function.is_async:
            self.parallel |= self.nested(fanout, function, body)
        else:
            self.handing.gathers(fanout, function)
            if isinstance(fanout.node, ast.expr):
                self._loops_in(fanout, function, body)
        for node in (n for statement in body for n in walk_own(statement) if isinstance(n, ast.With)):
            releasing.plan(self, fanout, function, node)
        self.plan_body(fanout, function, body, function.is_async)
        self.swapped.plan(fanout, function)
        self.pacing.note(fanout, function, body)

    def _loops_in(self, fanout: Fanout, function: FunctionFacts, body: list[ast.stmt]) -> None:
        """Plan the loops of a gathered coroutine whose iterations can ask side by side."""
        for loop in own_loops(body):
            if not isinstance(loop, ast.For | ast.AsyncFor) or not self.asks(function, loop.body):
                continue
            trial, names = Fanout(function.id, loop, is_async=True, twins=set(fanout.twins)), self.taken()
            try:
                self.split(trial, function, loop, nested=False)
            except Refused:  # one after the other, as before
                self.give_back(names)
                continue
            fanout.merge(trial)
            self.parallel.add(loop)


builtin_id = id


def _lost(function: FunctionFacts, loop: ast.stmt) -> set[Channel]:
    """The variables that are gone when an error ends the loop: the function's own, unless it handles the error."""
    around = scopes.path_to(function.node, loop)
    if function.id.qualname == MODULE or any(isinstance(each, ast.Try | ast.TryStar | ast.With) for each in around):
        return set()
    own = {name for name, bindings in function.bindings.items() if all(b.how == "value" for b in bindings)}
    own -= function.outer | set(function.parameter_names)
    return {("v", function.id.path, function.id.qualname, name) for name in own}


def _used_after(name: str) -> Refused:
    what = f"`{name}` is used after the loop; keep its last value in a variable of its own"
    return Refused("unsupported-shape", what)


def _ends_well(scope: ast.AST, loop: ast.stmt) -> bool:
    """Whether what follows the loop comes when all items have been drawn, and not after an error in one of them."""
    around = scopes.path_to(scope, loop)
    return not any(
        isinstance(each, ast.Try | ast.TryStar | ast.ClassDef | ast.AsyncWith)
        or (isinstance(each, ast.With) and any(not opens(item.context_expr) for item in each.items))
        for each in around
    )


def _tests(loop: Loop, leave: ast.stmt) -> list[ast.expr]:
    """The conditions under which the statement leaves the loop."""
    return [node.test for node in scopes.path_to(loop, leave) if isinstance(node, ast.If | ast.While)]
