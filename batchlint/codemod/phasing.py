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
from batchlint.codemod.blocks import Comprehension
from batchlint.codemod.changes import Fanout, Phased
from batchlint.codemod.phases import MANY, Phases, Step, lifted
from batchlint.codemod.refusals import Refused
from batchlint.codemod.steady import Steady, Unsteady
from batchlint.codemod.webhooks import command
from batchlint.entrypoints.manifests import schedules
from batchlint.facts import MODULE, FunctionId, is_main_test, module_name
from batchlint.graph import Graph, Reach
from batchlint.trees import children, walk

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_LONG = 7
"""Days after which a provider that forgets answers has kept them long enough for the next run of most schedules."""
_CATCH_ALL = frozenset({"BaseException", "SystemExit"})


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


class Phasing:
    """Decides for planned fan-outs whether their driver waits or leaves."""

    def __init__(self, planner: Planner, is_told: bool = False) -> None:
        """`is_told`: the provider's events run jobs again, so that they need not wait wherever they run."""
        self.is_told = is_told
        self.planner = planner
        self.graph = planner.graph
        self.steady = Steady(planner.graph, planner.support)

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
            barred = self._barred(fanout, reaches, host)
        except Unsteady as problem:
            if short is not None:
                what = f"{host.name} ends a run after {host.limit}, and the next one cannot go on: {problem}"
                raise Refused("short-lived", what) from None
            until = f"which {host.name} ends after {host.limit}" if host.minutes else "and no event ends that"
            fanout.notes.append(f"waits within the run, {until}: {problem}")
            return
        self._leave(fanout, reaches, host, barred)

    def _leave(self, fanout: Fanout, reaches: Sequence[Reach], host: Host, barred: list[ast.stmt]) -> None:
        path, turns = fanout.function.path, _turns(fanout.iteration)
        changes = fanout.file(path)
        for statement in barred:
            changes.barriers.setdefault(self.planner.place(path, statement), None)
        job = module_name(path).removeprefix("src.")
        if fanout.function.qualname != MODULE:
            job += f".{Graph.label(fanout.function)}"
        changes.phased[self.planner.place(path, fanout.node)] = Phased(job, host.wait)
        if host.how == "returns":
            for reach in reaches:
                entry = reach.edges[0].caller if reach.edges else fanout.function
                node = self.graph.function(entry).node
                fanout.file(entry.path).early.add(self.planner.place(entry.path, node))
        fanout.notes.append(
            f"in two phases, {host.ending}: one run submits the batch, and a later one that asks for the same finds it"
            f" at the provider (as `{job}`) and goes on; what is new by then is asked at the full price, and no run may"
            " start while another submits"
            + (f"; the {turns} requests that an item makes in turn take a run each" if turns > 1 else "")
        )
        if host is _TOLD:
            fanout.webhook[job] = command(
                self.graph, reaches[0].edges[0].caller if reaches[0].edges else fanout.function
            )

    # -- what is before the answers
    def _barred(self, fanout: Fanout, reaches: Sequence[Reach], host: Host) -> list[ast.stmt]:
        """Statements of the iteration that have to wait for all answers; Unsteady where the next run cannot go on."""
        phases = fanout.iteration
        if not isinstance(phases, Phases):
            raise Unsteady("the requests come from a pool or from coroutines; make them in a plain loop")
        if _turns(phases) == MANY:
            raise Unsteady("an item may make more than two requests in turn, each of which takes a run of its own")
        unnamed = fanout.providers - _hosts()[1]
        if unnamed:
            raise Unsteady(f"batches of {min(unnamed)} carry no name by which a run on another disk could find them")
        for reach in reaches:
            self._check_way(fanout, reach, host)
            self._check_often(reach, fanout.providers, _turns(phases))
        self._check_once(fanout)
        for id in sorted({fanout.function, *fanout.twins}):
            below = fanout.node if id == fanout.function and id not in fanout.twins else self.graph.function(id).node
            for node in walk(below):
                if isinstance(node, ast.Try):
                    self._check_try(id, node)
        passed = frozenset(fanout.converted)
        barred: list[ast.stmt] = []
        root = self.graph.function(fanout.function).node
        top = _turns(phases)
        for step in phases.steps:
            if step.ahead:
                self._check_early(step, passed)
            elif step.statement is not None and step.counts and (step.counts != {top} or top == MANY):
                if not self._has_effect(step, passed):
                    continue
                line = f"{step.frame.function.id.path}:{step.statement.lineno}"
                if step.frame is not phases.steps[0].frame or isinstance(fanout.node, Comprehension):
                    raise Unsteady(f"{line} has an effect for items with fewer requests, while others still wait")
                statement = lifted(phases, step.frame, step.statement)
                if not any(scopes.precedes(root, earlier, statement) for earlier in barred):
                    barred.append(statement)
        return barred

    def _check_early(self, step: Step, passed: frozenset[int]) -> None:
        scope = step.frame.function.id
        if step.statement is not None:
            self.steady.check(scope, _before_requests(step.statement, passed), passed)
        for access in step.accesses:
            if access.how != "read" and access.channel[0] in {"file", "sql", "call"}:
                where = f"{scope.path}:{access.line}"
                raise Unsteady(f"{access.name} is changed before a request ({where}), which each run would repeat")

    def _has_effect(self, step: Step, passed: frozenset[int]) -> bool:
        assert step.statement is not None
        try:
            self.steady.check(step.frame.function.id, [*_own_parts(step.statement)], passed)
        except Unsteady:
            return True
        return False

    def _check_way(self, fanout: Fanout, reach: Reach, host: Host) -> None:
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
        way.append((fanout.function, fanout.node))
        first = self.graph.function(way[0][0])
        for parameter in first.parameters if way[0][0].qualname != MODULE else ():
            if any(isinstance(n, ast.Name) and n.id == parameter.arg for n in walk(first.node)):
                raise Unsteady(f"`{Graph.label(first.id)}` reads `{parameter.arg}`, of which the next run gets another")
        for id, node in way:
            self._check_before(id, node, fanout)
        for path in dict.fromkeys(id.path for id, _ in way):
            if way[0][0] != (path, MODULE):
                self._check_import(path)

    def _check_often(self, reach: Reach, providers: set[str], turns: int) -> None:
        """Answers that are gone before the next run come would be bought again and again."""
        from batchlint.runtime.facts import FACTS  # reads all providers' data

        days = min(FACTS[provider]["kept_days"] for provider in providers)
        if days < _LONG and not (turns < days and schedules.is_daily(reach.entry.step.what)):
            where = f"{reach.entry.step.path}:{reach.entry.step.line}"
            raise Unsteady(f"the provider keeps answers for {days} days, and a later run may come too late ({where})")

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
        if isinstance(node, ast.For):
            self.steady.check(id, [node.iter], passed)
        elif isinstance(node, Comprehension):
            self.steady.check(id, [part for each in node.generators for part in [each.iter, *each.ifs]], passed)

    def _check_try(self, id: FunctionId, node: ast.Try) -> None:
        """What runs although the run ends early."""
        for handler in node.handlers:
            names = {n.id for n in walk(handler.type) if isinstance(n, ast.Name)} if handler.type else _CATCH_ALL
            if names & _CATCH_ALL:
                raise Unsteady(f"the `except` in {id.path}:{handler.lineno} would catch the end of the run")
        self.steady.check(id, node.finalbody)


def _turns(phases: Phases) -> int:
    """How many requests an item makes in turn, at most; MANY where that is not known."""
    return max((count for step in phases.steps for count in step.counts), default=0)


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
