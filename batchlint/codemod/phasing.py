"""Jobs that run where nothing can stay until a batch has ended: each run submits, or collects what one before it did.

The next run is the same program from its start. So all that comes before the answers must be steady, and the rest must
come after all of them.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from batchlint import datafiles
from batchlint.codemod import scopes
from batchlint.codemod.access import OUTSIDE
from batchlint.codemod.blocks import Comprehension
from batchlint.codemod.changes import Fanout, Phased
from batchlint.codemod.leaving import Leaving, leaving
from batchlint.codemod.phases import MANY, Barrier, Phases, Step, lifted
from batchlint.codemod.refusals import Refused
from batchlint.codemod.steady import Steady, Unsteady
from batchlint.codemod.turns import AGAIN, Turns
from batchlint.codemod.webhooks import command
from batchlint.entrypoints.manifests import schedules
from batchlint.facts import MODULE, FunctionId, is_main_test, module_name
from batchlint.graph import Graph, Reach
from batchlint.symbols import last_name
from batchlint.trees import children, walk

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_LONG = 7
"""Days after which a provider that forgets answers has kept them long enough for the next run of most schedules."""
_CATCH_ALL = frozenset({"BaseException", "SystemExit", "CancelledError"})
_DECORATORS = ("pools_in_phases", "gathers_in_phases")
_TOO_EARLY = "has an effect for items with fewer requests, while others still wait"


class Host(NamedTuple):
    """Where runs are short: `how` they leave is "exits", "returns", "answers" or "messages"; `wait` is in seconds."""

    name: str
    frameworks: list[str]
    minutes: int
    stays: bool
    wait: int
    how: str
    source: str

    @property
    def limit(self) -> str:
        hours, minutes = divmod(self.minutes, 60)
        return f"{hours} h" if hours and not minutes else f"{self.minutes} min"

    @property
    def ending(self) -> str:
        """Why a run does not wait, as a clause."""
        return (
            f"as {self.name} ends a run after {self.limit}" if self.minutes else "as an event tells of the batch's end"
        )


_TOLD = Host("", ["crontab"], 0, stays=True, wait=0, how="exits", source="")
"""Wherever the provider's events start the job again."""


@cache
def _hosts() -> tuple[dict[str, Host], frozenset[str]]:
    """The hosts by the names of their entry points, and the providers whose batches carry a name."""
    rows = datafiles.document("reruns", "hosts")
    hosts = [Host(**row) for row in rows["hosts"]]
    return {name: host for host in hosts for name in host.frameworks}, frozenset(rows["named_batches"])


class WayOut(NamedTuple):
    """How a driver leaves. `turns`: the requests of an item in turn, at most."""

    turns: int
    barriers: list[Barrier]
    decorator: str = ""
    """What its function gets, where the driver itself is no call that could say so."""


class Phasing:
    """Decides for planned fan-outs whether their driver waits or leaves."""

    def __init__(self, planner: Planner, is_told: bool = False) -> None:
        """`is_told`: the provider's events run jobs again, so that they need not wait wherever they run."""
        self.is_told = is_told
        self.planner = planner
        self.graph = planner.graph
        self.steady = Steady(planner.graph, planner.support)
        self.turns = Turns(planner)

    def decide(self, fanout: Fanout) -> None:
        """Let the driver leave where its runs are short; Refused where it would have to and cannot."""
        # A script of the same code is somebody's trial, which may as well leave.
        ways = [r for r in self.graph.reaches(fanout.function) if r.entry.kind.kind not in {"test", "example"}]
        reaches = [r for r in ways if r.entry.kind.kind != "script"] or (ways if self.is_told else [])
        named, _ = _hosts()
        found = [named.get(reach.entry.kind.framework) for reach in reaches]
        hosts = [host for host in found if host is not None]
        short = next((host for host in hosts if not host.stays), None)
        if short is None and (not hosts or None in found):
            if not self.is_told:
                return
            hosts = [_TOLD]
        host = short or hosts[0]
        try:
            way_out = self._way_out(fanout, reaches, host)
        except Unsteady as problem:
            if short is not None:
                what = f"{host.name} ends a run after {host.limit}, and the next one cannot go on: {problem}"
                raise Refused("short-lived", what) from None
            until = f"which {host.name} ends after {host.limit}" if host.minutes else "and no event ends that"
            fanout.notes.append(f"waits within the run, {until}: {problem}")
            return
        self._leave(fanout, reaches, host, way_out)

    def _leave(self, fanout: Fanout, reaches: Sequence[Reach], host: Host, way_out: WayOut) -> None:
        path, function = fanout.function.path, self.graph.function(fanout.function)
        changes = fanout.file(path)
        for barrier in way_out.barriers:
            self.planner.bar(fanout, barrier)
        loop = changes.loops.get(self.planner.place(path, fanout.node))
        if loop is not None and loop.is_async and way_out.barriers:
            loop.is_ordered = True
        job = module_name(path).removeprefix("src.")
        if fanout.function.qualname != MODULE:
            job += f".{Graph.label(fanout.function)}"
        phased = Phased(job, host.wait, way_out.turns > 1, way_out.decorator)
        if way_out.decorator:
            changes.leaving[self.planner.place(path, function.node)] = phased
        else:
            changes.phased[self.planner.place(path, fanout.node)] = phased
        if host.how == "returns":
            for reach in reaches:
                entry = reach.edges[0].caller if reach.edges else fanout.function
                node = self.graph.function(entry).node
                fanout.file(entry.path).early.add(self.planner.place(entry.path, node))
        which = f"the {way_out.turns} requests" if way_out.turns < AGAIN else "requests"
        fanout.notes.append(
            f"in two phases, {host.ending}: one run submits the batch, and a later one that asks for the same finds it"
            f" at the provider (as `{job}`) and goes on; what is new by then is asked at the full price, and no run may"
            " start while another submits"
            + (f"; {which} that an item makes in turn take a run each" if way_out.turns > 1 else "")
        )
        if host is _TOLD:
            fanout.webhook[job] = command(
                self.graph, reaches[0].edges[0].caller if reaches[0].edges else fanout.function
            )

    # -- what is before the answers
    def _way_out(self, fanout: Fanout, reaches: Sequence[Reach], host: Host) -> WayOut:
        """How the driver leaves; Unsteady where the next run cannot go on."""
        unnamed = fanout.providers - _hosts()[1]
        if unnamed:
            raise Unsteady(f"batches of {min(unnamed)} carry no name by which a run on another disk could find them")
        of_loop = isinstance(fanout.iteration, Phases)
        given = None if of_loop else leaving(self.planner, fanout)
        items = [fanout.iteration] if given is None else given.items
        turns = self.turns.most(fanout, items)
        decorator = "" if of_loop and not fanout.is_async else _DECORATORS[fanout.is_async]
        if decorator and (fanout.function in fanout.twins or self.graph.function(fanout.function).yields):
            raise Unsteady(f"`{Graph.label(fanout.function)}` is more than a function that gives its answers back")
        if decorator and fanout.function.qualname == MODULE:
            raise Unsteady("the requests come from coroutines outside of any function; give them one")
        for reach in reaches:
            self._check_way(fanout, reach, host, given)
            self._check_often(reach, fanout.providers, turns)
        self._check_once(fanout)
        for id in sorted({fanout.function, *fanout.twins}):
            below = fanout.node if id == fanout.function and id not in fanout.twins else self.graph.function(id).node
            for node in walk(below):
                if isinstance(node, ast.Try):
                    self._check_try(id, node)
        passed = frozenset(fanout.converted)
        for step in (step for each in items for step in each.steps if step.ahead):
            self._check_early(step, passed)
        if not decorator:
            return WayOut(turns, self._barriers(fanout, items[0], turns, passed))
        for each in items:
            self._check_late(each, turns, passed)
        in_order = self._barriers(fanout, items[0], turns, passed) if of_loop and turns > 1 else []
        return WayOut(turns, in_order, decorator)

    def _barriers(self, fanout: Fanout, phases: Phases, turns: int, passed: frozenset[int]) -> list[Barrier]:
        """What of a loop's items has to wait for all answers, as items get behind their last one at different times."""
        barriers: list[Barrier] = []
        late = [step for step in phases.steps if not step.ahead and step.counts and step.statement is not None]
        for step in late:
            clashes = turns > 1 and any(any(step.clashes(other)) for other in late)
            if step.statement is None or (turns == 1 and step.counts == {1}):
                continue
            if not clashes and not self._has_effect(step, passed):
                continue
            scope, line = step.frame.function, step.statement.lineno
            is_own = step.frame is phases.steps[0].frame
            if (is_own and isinstance(fanout.node, Comprehension)) or isinstance(scope.node, ast.Lambda):
                raise Unsteady(f"{scope.id.path}:{line} {_TOO_EARLY}")
            if self.planner.decorated.is_within(step.frame):
                raise Unsteady(f"{scope.id.path}:{line} has an effect in a call for which others wait")
            try:
                asks = phases.asks(step.statement, step.frame)
            except Refused as refused:
                raise Unsteady(refused.refusal.detail) from None
            place = step.statement if asks else lifted(phases, step.frame, step.statement)
            waited = [b.statement for b in barriers if b.frame is step.frame]
            waited += [n for n in walk(scope.node) if isinstance(n, ast.stmt) and self._waits(fanout, scope.id.path, n)]
            if not any(each is place or scopes.precedes(scope.node, each, place) for each in waited):
                barriers.append(Barrier(step.frame, place, None, asks))
        return barriers

    def _waits(self, fanout: Fanout, path: str, statement: ast.stmt) -> bool:
        """Whether the item waits for its turn there already."""
        changes, where = fanout.file(path), self.planner.place(path, statement)
        return where in changes.hoisted or changes.barriers.get(where, "") is None

    def _check_late(self, phases: Phases, turns: int, passed: frozenset[int]) -> None:
        """Effects within an item of a pool or a coroutine, which have no order that could keep them back."""
        for step in phases.steps:
            is_last = turns == 1 and step.counts == {1} and not phases.suspends
            if step.ahead or not step.counts or step.statement is None or is_last:
                continue
            if self._has_effect(step, passed):
                raise Unsteady(f"{step.frame.function.id.path}:{step.statement.lineno} {_TOO_EARLY}")
        if turns > 1 and phases.suspends:
            raise Unsteady("coroutines that ask in turn wait for something else too")

    def _check_early(self, step: Step, passed: frozenset[int]) -> None:
        scope = step.frame.function.id
        if step.statement is not None:
            self.steady.check(scope, _before_requests(step.statement, passed), passed)
        for access in step.accesses:
            if access.how != "read" and access.channel[0] in OUTSIDE | {"call"}:
                where = f"{scope.path}:{access.line}"
                raise Unsteady(f"{access.name} is changed before a request ({where}), which each run would repeat")

    def _has_effect(self, step: Step, passed: frozenset[int]) -> bool:
        assert step.statement is not None
        try:
            self.steady.check(step.frame.function.id, [*_own_parts(step.statement)], passed)
        except Unsteady:
            return True
        return False

    def _check_way(self, fanout: Fanout, reach: Reach, host: Host, given: Leaving | None) -> None:
        """All that runs from the entry point down to the fan-out."""
        entry = reach.entry
        where = f"{entry.step.path}:{entry.step.line}"
        way_in = reach.edges[0].caller if reach.edges else fanout.function
        if host is _TOLD and way_in.qualname != MODULE:
            raise Unsteady(f"a process that goes on starts it ({where}), and no command of its own")
        is_by_hand = host is _TOLD and entry.step.path == way_in.path
        if entry.kind.framework not in host.frameworks and not is_by_hand:
            raise Unsteady(f"it is started elsewhere too ({where})")
        if host.how == "messages":
            raise Unsteady(f"a worker takes each message once ({where})")
        if host.how == "answers":
            raise Unsteady(f"it wants an HTTP answer from each run ({where})")
        if entry.kind.kind not in ({"schedule", "script"} if host is _TOLD else {"schedule"}):
            raise Unsteady(f"what starts it ({where}) is there once, and not again for the next run")
        if entry.before is not None:
            at = f"{entry.before.path}:{entry.before.line}"
            raise Unsteady(f"{entry.before.what} ({at}) may give the next run something else")
        if entry.after is not None:
            at = f"{entry.after.path}:{entry.after.line}"
            raise Unsteady(f"{entry.after.what} ({at}) would go on without the answers")
        way: list[tuple[FunctionId, ast.AST]] = [(edge.caller, edge.node) for edge in reach.edges]
        if any(edge.kind != "call" for edge in reach.edges):
            raise Unsteady("it is started in a thread or handed over on the way")
        if given is None:
            way.append((fanout.function, fanout.node))
        start = way[0][0] if way else fanout.function
        first = self.graph.function(start)
        for parameter in first.parameters if start.qualname != MODULE else ():
            if any(isinstance(n, ast.Name) and n.id == parameter.arg for n in walk(first.node)):
                raise Unsteady(f"`{Graph.label(first.id)}` reads `{parameter.arg}`, of which the next run gets another")
        for id, node in way:
            self._check_before(id, node, fanout)
        if given is not None:
            self._check_until(fanout.function, given)
        for path in dict.fromkeys([*(id.path for id, _ in way), fanout.function.path]):
            if start != (path, MODULE):
                self._check_import(path)

    def _check_often(self, reach: Reach, providers: set[str], turns: int) -> None:
        """Answers that are gone before the next run come would be bought again and again."""
        from batchlint.runtime.facts import FACTS  # reads all providers' data

        days = min(FACTS[provider]["kept_days"] for provider in providers)
        if days < _LONG and not (turns < days and schedules.is_daily(reach.entry.step.what)):
            where = f"{reach.entry.step.path}:{reach.entry.step.line}"
            raise Unsteady(f"the provider keeps answers for {days} days, and a later run may come too late ({where})")
        if turns >= MANY and not schedules.is_daily(reach.entry.step.what):
            raise Unsteady("an item makes more than two requests in turn, each of which would take a run of many days")

    def _check_once(self, fanout: Fanout) -> None:
        """A second batch would come after the effects of the first, which the next run would then repeat."""
        reaches = self.graph.reaches(fanout.function)
        known = {builtin_id(edge.node) for reach in reaches for edge in reach.edges}
        for id in {fanout.function, *(edge.callee for reach in reaches for edge in reach.edges)}:
            for edge in self.graph.edges_to(id):
                if builtin_id(edge.node) not in known and not self.graph.is_test(edge.caller.path):
                    raise Unsteady(f"{edge.caller.path}:{edge.span.line} comes here too, perhaps in the same run")

    def _check_import(self, path: str) -> None:
        body = self.graph.modules[path].tree.body
        tests = [node for node in body if isinstance(node, ast.If) and is_main_test(node.test)]
        self.steady.check(FunctionId(path, MODULE), [node for node in body if node not in tests])

    def _check_before(self, id: FunctionId, node: ast.AST, fanout: Fanout) -> None:
        root = self.graph.function(id).node
        way = [*scopes.path_to(root, node), node]
        if len(way) == 1:
            raise Unsteady(f"the way through {id.path} cannot be followed")
        passed = frozenset({builtin_id(node), *fanout.converted})
        for parent, child in itertools.pairwise(way):
            if isinstance(parent, ast.For | ast.AsyncFor | ast.While | Comprehension):
                line = f"{id.path}:{getattr(parent, 'lineno', 1)}"
                raise Unsteady(f"one run would come here several times ({line})")
            if isinstance(parent, ast.Try):
                self._check_try(id, parent)
            self.steady.check(id, _preceding(parent, child), passed)
        if isinstance(node, ast.For | ast.AsyncFor):
            self.steady.check(id, [node.iter], passed)
        elif isinstance(node, Comprehension):
            self.steady.check(id, [part for each in node.generators for part in [each.iter, *each.ifs]], passed)

    def _check_until(self, id: FunctionId, given: Leaving) -> None:
        """All in the function in front of what waits for the answers, and what that evaluates first."""
        way = [*scopes.path_to(self.graph.function(id).node, given.waits), given.waits]
        for parent, child in itertools.pairwise(way):
            is_loop = isinstance(parent, ast.For | ast.AsyncFor | ast.While | Comprehension)
            if is_loop and any(each is given.start for each in walk(parent)) and not _is_drawn(parent, given.start):
                raise Unsteady(f"one run would come here several times ({id.path}:{getattr(parent, 'lineno', 1)})")
            if isinstance(parent, ast.Try):
                self._check_try(id, parent)
            before = list(_preceding(parent, child))
            if isinstance(parent, Comprehension):
                before = [part for each in parent.generators for part in [each.iter, *each.ifs]]
            self.steady.check(id, before, given.passed)
        self.steady.check(id, children(given.waits), given.passed)

    def _check_try(self, id: FunctionId, node: ast.Try) -> None:
        """What runs although the run ends early."""
        for handler in node.handlers:
            names = (
                {last_name(n) for n in walk(handler.type) if isinstance(n, ast.Name | ast.Attribute)}
                if handler.type
                else _CATCH_ALL
            )
            if names & _CATCH_ALL:
                raise Unsteady(f"the `except` in {id.path}:{handler.lineno} would catch the end of the run")
        self.steady.check(id, node.finalbody)


def _is_drawn(loop: ast.AST, node: ast.AST) -> bool:
    """Whether the node is in what the loop or comprehension goes over, which is evaluated once."""
    over = loop.generators[0].iter if isinstance(loop, Comprehension) else getattr(loop, "iter", None)
    return over is not None and any(each is node for each in walk(over))


def _preceding(parent: ast.AST, child: ast.AST) -> Iterator[ast.AST]:
    """What of the parent runs before the child: the statements in front of it, or its other expressions."""
    for name in ("body", "orelse", "finalbody", "handlers"):
        block = getattr(parent, name, None)
        if isinstance(block, list) and child in block:
            yield from _head(parent)
            if name != "body" and isinstance(parent, ast.Try):
                yield from parent.body
            yield from block[: block.index(child)]
            return
    for each in children(parent):
        if each is child:
            return
        yield each


def _head(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions of a compound statement in front of its blocks."""
    if isinstance(node, ast.If | ast.While):
        yield node.test
    elif isinstance(node, ast.For | ast.AsyncFor):
        yield node.iter
    elif isinstance(node, ast.With | ast.AsyncWith):
        yield from (item.context_expr for item in node.items)
    elif isinstance(node, ast.Match):
        yield node.subject


def _own_parts(statement: ast.stmt) -> Iterator[ast.AST]:
    """The statement without the blocks in it."""
    heads = list(_head(statement))
    if heads or hasattr(statement, "body"):
        yield from heads
    else:
        yield statement


def _before_requests(statement: ast.stmt, passed: frozenset[int]) -> Iterator[ast.AST]:
    """What a statement evaluates before its requests: their arguments, and what does not hold a request."""
    pending: list[ast.AST] = list(_own_parts(statement))
    while pending:
        node = pending.pop()
        if not any(builtin_id(each) in passed for each in walk(node)):
            yield node
        elif builtin_id(node) not in passed and isinstance(node, ast.Call):
            pending += [*node.args, *(k.value for k in node.keywords)]
        else:
            pending += children(node)


builtin_id = id
