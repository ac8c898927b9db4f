"""Schedules that programs make themselves: loops without an end that work and pause."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeGuard

from batchlint.entrypoints import Kind, intervals
from batchlint.facts import CallFacts, FunctionFacts, FunctionId
from batchlint.findings import Latency, Step
from batchlint.graph import slices
from batchlint.graph.daytimes import time_of_day
from batchlint.graph.durations import Duration, Durations
from batchlint.graph.links import Entry, Part, label, source
from batchlint.symbols import Program, last_name
from batchlint.trees import SCOPES, children, is_none, walk_own
from batchlint.values import Ext, Fn

PACED = Kind("sleeping loop", "schedule", None)
"""What a loop is that comes again after a known time."""
UNPACED = frozenset({"polling loop", "service loop"})
"""What those are called whose turns follow no clock."""
LOOPS = UNPACED | {PACED.framework}
"""What the program's own loops without an end are called among what starts code."""
_SHORTEST = 10.0
"""Seconds of sleep below which a loop looks out for something rather than wait for its next turn."""
_STOP = re.compile(r"stop|shut_?down|exit|quit|terminat|kill", re.IGNORECASE)
_TOLD = re.compile(
    r"(^|_)((stop|shut_?down|exit|quit|terminat|kill)(ped|ping|ed|ing|e)?(_(event|signal|token|requested|flag))?"
    r"|once|one_?shot|single_run)$",
    re.IGNORECASE,
)
"""Names in a condition under which the program is to end, or to take one turn only."""
_RUNNING = re.compile(r"(^|_)(running|keep_going)$", re.IGNORECASE)
_SIGNAL = re.compile(r"(stop|shut_?down|exit|quit|terminat\w*|kill)\w*_(event|signal|token)", re.IGNORECASE)
_SERVICE = re.compile(r"run|serve|work|consum|poll|loop|listen", re.IGNORECASE)
_COMES = re.compile(
    r"(get_?updates|(long_?)?poll(_\w+)?|recv\w*|receive\w*|listen(_\w+)?|accept|idle(_check)?|b[lr]pop"
    r"|(get|next|read|wait_for|fetch_next)_(message|update|event|request|command)s?)$",
    re.IGNORECASE,
)
"""Calls that give what others send, when they send it."""
_ENDS = frozenset({"KeyboardInterrupt", "SystemExit", "CancelledError", "GeneratorExit"})
"""Exceptions by which whoever runs a program ends it."""
_ASKING = frozenset({"is_set", "wait", "get", "remote"})
"""Methods that give the state of an event, or of an object in another process."""
_BLOCKS = (ast.stmt, ast.ExceptHandler, ast.match_case)
_RESTS = frozenset(
    ["sleep", "wait", "wait_for", "is_set", "is_alive", "run_pending", "join", "print", "flush", "debug", "info",
     "warning", "error", "exception", "time", "monotonic", "now", "today", "strftime", "isoformat"]
)  # fmt: skip
"""Calls of a loop that only keeps the program, or what else runs in it, alive."""


_CLOCKS = frozenset({"now", "utcnow", "time", "today"})
"""Calls that give what the clock shows."""


class _Pause(NamedTuple):
    length: ast.expr
    aside: bool
    """Whether some turns of the loop go without it, or it stands in a loop inside."""
    failed: bool = False
    """Whether it only comes where a turn has failed."""


class Clocks(Part):
    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._durations = Durations(program)

    def entries(self, function: FunctionFacts) -> Iterator[Entry]:
        """A loop without an end that pauses for a known time: a schedule of the program's own.

        One that pauses for moments, or until there is something to do, looks out for something, which may be a message
        that somebody waits to be answered.
        """
        services: list[int] = []
        is_paced = False
        for loop, calls in self._endless(function):
            if all(last_name(call.node.func) in _RESTS for call in calls):
                continue
            works = self._works(function, calls)
            entry = self._paced(function, loop, works, calls)
            if entry is not None:
                is_paced = True
                yield entry
            elif works and _runs_until_told(loop):
                services.append(loop.lineno)
            elif (taken := self._taken(function, loop, calls)) is not None:
                what = f"endless loop in {label(function.id)} that takes what `{source(taken)[:40]}` gives"
                yield Entry(Kind("polling loop", "unknown", None), Step(function.id.path, loop.lineno, what))
        signals = {name for name in function.parameter_names if _SIGNAL.search(name)}
        if not services and not is_paced and signals and _SERVICE.search(function.name):
            services = [] if _ends_by_itself(function, signals) else [function.line]
        for line in services:
            what = f"{label(function.id)}, which runs until it is told to stop"
            yield Entry(Kind("service loop", "unknown", None), Step(function.id.path, line, what))

    @staticmethod
    def _endless(function: FunctionFacts) -> Iterable[tuple[ast.While, list[CallFacts]]]:
        """The outermost loops without an end, each with the calls in it."""
        found: dict[int, tuple[ast.While, list[CallFacts]]] = {}
        for call in function.calls:
            loop = next((each for each in call.loops if isinstance(each, ast.While) and _is_endless(each)), None)
            if loop is not None:
                found.setdefault(id(loop), (loop, []))[1].append(call)
        return found.values()

    def _taken(self, function: FunctionFacts, loop: ast.While, calls: Sequence[CallFacts]) -> ast.expr | None:
        """The call by which the loop waits for what others send, unless the data says what that makes of it."""
        if _waits_for_more(loop.test):
            return loop.test
        for call in calls:
            texts = (each.value for each in walk_own(call.node) if isinstance(each, ast.Constant))
            named = any(isinstance(text, str) and "getUpdates" in text for text in texts)
            if named or _COMES.match(last_name(call.node.func)):
                paths = [v.path for v in self.program.eval(function.id, call.node.func) if isinstance(v, Ext)]
                if not any(self.program.registry.calls.first(path) for path in paths):
                    return call.node.func
        return None

    def _works(self, function: FunctionFacts, calls: Sequence[CallFacts]) -> list[CallFacts]:
        """The loop's calls of the program's own functions, rather than those that keep it or a scheduler alive."""
        return [
            call
            for call in calls
            if any(isinstance(value, Fn) for value in self.program.eval(function.id, call.node.func))
        ]

    def _paced(
        self, function: FunctionFacts, loop: ast.While, works: Sequence[CallFacts], calls: Sequence[CallFacts]
    ) -> Entry | None:
        """What the loop is by the time between its turns: the pauses of every turn, else the shortest of some.

        Where it only works at a time of the day, it pauses for that.
        """
        daytime = time_of_day(function, loop, works)
        if daytime is not None:
            what = f"loop in {label(function.id)} that works if `{source(daytime)[:40]}`"
            return Entry(Kind("sleeping loop", "schedule", Latency.HOURS), Step(function.id.path, loop.lineno, what))
        pauses = [(function.id, pause) for pause in _pauses(loop, loop, False)] or list(
            self._inside(function, loop, works, calls)
        )
        pauses = [each for each in pauses if not each[1].failed] or pauses
        always = [each for each in pauses if not each[1].aside]
        lengths = [(self._durations.of(scope, pause.length), pause.length) for scope, pause in always or pauses]
        known = [length.seconds for length, _ in lengths if length.seconds is not None]
        seconds = sum(known) if always else min(known, default=0.0)
        length = Duration(seconds)
        said = f"{seconds:g} s"
        if len(known) < len(lengths) and (always or not known) and seconds < intervals.OFTEN * 60:
            length, node = min(lengths, key=lambda each: (each[0].seconds is not None, each[0].unit is None))
            said = f"`{source(node)[:40]}`"
        kind = kind_of(length) if lengths else None
        if kind is None or (kind.kind != "schedule" and not works):
            return None
        what = f"loop in {label(function.id)} that sleeps for {said}"
        return Entry(kind, Step(function.id.path, loop.lineno, what))

    def _inside(
        self, function: FunctionFacts, loop: ast.While, works: Sequence[CallFacts], calls: Sequence[CallFacts]
    ) -> Iterator[tuple[FunctionId, _Pause]]:
        """The pauses of the functions that a loop does nothing but call: `while True: one_round()`."""
        if any(call not in works and last_name(call.node.func) not in _RESTS for call in calls):
            return
        called = {v.id for call in works for v in self.program.eval(function.id, call.node.func) if isinstance(v, Fn)}
        for id in sorted(called):
            node = self.function(id).node
            for statement in node.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else ():
                yield from ((id, pause) for pause in _pauses(statement, loop, False))


def kind_of(duration: Duration) -> Kind | None:
    """What a pause of that length makes of what comes back after it; None where it does not tell."""
    if duration.seconds is not None:
        if duration.seconds < _SHORTEST:
            return Kind("polling loop", "unknown", None)
        return PACED.paced(duration.seconds / 60)
    if duration.unit is None:
        return None
    return Kind("sleeping loop", "schedule", Latency.HOURS if duration.unit == "hours" else None)


# -- pauses
def _pauses(node: ast.AST, loop: ast.While, aside: bool) -> Iterator[_Pause]:
    """The pauses in the loop, and whether each turn has them."""
    length = _length(node, loop) if isinstance(node, ast.Call) else None
    if length is not None:
        yield _Pause(length, aside)
        return
    if isinstance(node, ast.While) and node is not loop and (moment := _moment(node)) is not None:
        yield _Pause(moment, aside)
        return
    if isinstance(node, ast.For | ast.AsyncFor | ast.While) and node is not loop and (whole := _whole(node, loop)):
        yield _Pause(whole, aside)
        return
    for child in children(node):
        if not isinstance(child, SCOPES):
            found = _pauses(child, loop, aside or (node is not loop and _is_aside(node, child)))
            failed = isinstance(child, ast.ExceptHandler)
            yield from (each._replace(failed=each.failed or failed) for each in found)


def _whole(node: ast.For | ast.AsyncFor | ast.While, loop: ast.While) -> ast.expr | None:
    """The pause that a loop inside makes in slices, if it does nothing else but look whether it is to end."""
    calls = [each for statement in node.body for each in walk_own(statement) if isinstance(each, ast.Call)]
    if any(last_name(each.func) not in _RESTS and not _STOP.search(last_name(each.func)) for each in calls):
        return None
    parts = [pause for statement in node.body for pause in _pauses(statement, loop, False)]
    return slices.whole(node, parts[0].length) if len(parts) == 1 and not parts[0].aside else None


def _moment(loop: ast.While) -> ast.expr | None:
    """The moment until which a loop does nothing: `while now() < next_run: sleep(60)`."""
    calls = [each for statement in loop.body for each in walk_own(statement) if isinstance(each, ast.Call)]
    if not calls or any(last_name(each.func) not in _RESTS for each in calls):
        return None
    tests = loop.test.values if isinstance(loop.test, ast.BoolOp) and isinstance(loop.test.op, ast.And) else [loop.test]
    for test in tests:
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            is_later = isinstance(test.ops[0], ast.Gt | ast.GtE)
            early, late = (test.comparators[0], test.left) if is_later else (test.left, test.comparators[0])
            is_clock = isinstance(early, ast.Call) and last_name(early.func) in _CLOCKS
            if is_clock and isinstance(test.ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE):
                return late
    return None


def _is_aside(node: ast.AST, child: ast.AST) -> bool:
    """Whether the part of a statement or expression may be left out, or comes several times."""
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        return child is not node.test
    if isinstance(node, ast.For | ast.AsyncFor):
        return child is not node.iter
    return isinstance(child, ast.ExceptHandler | ast.match_case)


def _length(call: ast.Call, loop: ast.While) -> ast.expr | None:
    """How long the call pauses: `sleep(60)`, `stop.wait(60)`, `wait_for(stop.wait(), timeout=60)`."""
    name = last_name(call.func)
    if name == "sleep":
        return call.args[0] if call.args else None
    timeouts = [keyword.value for keyword in call.keywords if keyword.arg == "timeout"]
    if name == "wait_for" and call.args:
        awaited = call.args[0]
        given = [*timeouts, *call.args[1:2]]
        is_end = isinstance(awaited, ast.Call) and last_name(awaited.func) == "wait" and _is_end(awaited.func, loop)
        return given[0] if given and is_end else None
    given = [*timeouts, *call.args[:1]]
    return given[0] if name == "wait" and given and _is_end(call.func, loop) else None


def _is_end(func: ast.expr, loop: ast.While) -> bool:
    """Whether what is waited for is what ends the loop, rather than something to do."""
    if not isinstance(func, ast.Attribute):
        return False
    event = func.value
    same = (each for each in walk_own(loop.test) if isinstance(each, ast.Name | ast.Attribute))
    return _STOP.search(last_name(event)) is not None or any(ast.dump(each) == ast.dump(event) for each in same)


# -- loops without an end
def _is_endless(loop: ast.While) -> bool:
    if _runs_until_told(loop):
        return True
    is_open = isinstance(loop.test, ast.Constant) and bool(loop.test.value)
    if not is_open and not _is_unlimited(loop.test) and not _waits_for_more(loop.test):
        return False
    assigned = (node for each in loop.body for node in walk_own(each) if isinstance(node, ast.Assign))
    taken = {
        target.id
        for node in assigned
        if isinstance(node.value, ast.Call) and _COMES.match(last_name(node.value.func))
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return not any(_leaves(statement, False, taken) for statement in loop.body)


def _waits_for_more(test: ast.expr) -> bool:
    """Whether each turn begins when something has come: `while inbox.wait(timeout=60)`."""
    if not isinstance(test, ast.Call) or not last_name(test.func).startswith("wait"):
        return False
    return any(keyword.arg == "timeout" for keyword in test.keywords)


def _is_closed(test: ast.expr, taken: set[str]) -> bool:
    """Whether what others send has come to its end: where there is nothing yet, there is no None."""
    return _is_none(test) and isinstance(test.left, ast.Name) and test.left.id in taken


def _leaves(node: ast.AST, is_inner: bool, taken: set[str]) -> bool:
    """Whether the statement can end the loop, but for the end of the whole program, or of what it has `taken`."""
    if isinstance(node, SCOPES):
        return False
    if isinstance(node, ast.Return) or (isinstance(node, ast.Break) and not is_inner):
        return True
    if isinstance(node, ast.ExceptHandler) and node.type is not None and _named_in(node.type) & _ENDS:
        return False
    if isinstance(node, ast.If) and (
        _is_closed(node.test, taken) or any(_TOLD.search(name) for name in _named_in(node.test))
    ):
        return any(_leaves(each, is_inner, taken) for each in node.orelse)
    is_inner = is_inner or isinstance(node, ast.For | ast.AsyncFor | ast.While)
    return any(_leaves(child, is_inner, taken) for child in children(node) if isinstance(child, _BLOCKS))


def _named_in(node: ast.expr) -> set[str]:
    return {last_name(each) for each in walk_own(node) if isinstance(each, ast.Name | ast.Attribute)}


def _is_unlimited(test: ast.expr) -> bool:
    """Whether the loop only ends where a limit is given: `while limit is None or turns < limit`."""
    parts = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or) else []
    return any(map(_is_none, parts))


def _is_none(test: ast.expr) -> TypeGuard[ast.Compare]:
    """Whether the test is `... is None`."""
    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.Is):
        return False
    return is_none(test.comparators[0])


def _ends_by_itself(function: FunctionFacts, signals: set[str]) -> bool:
    """Whether the function only looks for the signal beside its own end: `while left and not stop_event.is_set()`."""
    handed = {node.id for call in function.calls for node in call.node.args if isinstance(node, ast.Name)}
    if not handed.isdisjoint(signals):
        return False
    loops = [node for node in walk_own(function.node) if isinstance(node, ast.For | ast.AsyncFor | ast.While)]
    asking = [loop for loop in loops if any(_reads(statement, signals) for statement in _parts(loop))]
    return bool(asking) and all(not isinstance(loop, ast.While) or _has_work(loop.test, signals) for loop in asking)


def _parts(loop: ast.For | ast.AsyncFor | ast.While) -> list[ast.AST]:
    return [*loop.body, *([loop.test] if isinstance(loop, ast.While) else [])]


def _has_work(test: ast.expr, signals: set[str]) -> bool:
    parts = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]
    return any(not isinstance(part, ast.Constant) and not _reads(part, signals) for part in parts)


def _reads(node: ast.AST, names: set[str]) -> bool:
    return any(isinstance(each, ast.Name) and each.id in names for each in walk_own(node))


def _asked(flag: ast.expr) -> ast.expr:
    """What is asked for its state: `stop` in `stop.is_set()` and `await stop.get.remote()`."""
    if isinstance(flag, ast.Await):
        return _asked(flag.value)
    method = flag.func if isinstance(flag, ast.Call) else None
    if not isinstance(method, ast.Attribute) or method.attr not in _ASKING:
        return flag
    is_remote = method.attr == "remote" and isinstance(method.value, ast.Attribute)
    return method.value.value if is_remote and isinstance(method.value, ast.Attribute) else method.value


def _runs_until_told(loop: ast.While) -> bool:
    """Whether the loop goes on until the process is to end: `while not self._stop.is_set()`, `while self._running`."""
    is_negated = isinstance(loop.test, ast.UnaryOp) and isinstance(loop.test.op, ast.Not)
    flag = _asked(loop.test.operand if isinstance(loop.test, ast.UnaryOp) else loop.test)
    if is_negated:
        return _STOP.search(last_name(flag)) is not None
    if isinstance(flag, ast.Call) or _RUNNING.search(last_name(flag)) is None:
        return False
    own = (node for statement in loop.body for node in walk_own(statement) if isinstance(node, ast.Assign))
    return last_name(flag) not in {last_name(target) for node in own for target in node.targets}
