"""What items do for each other's sake: limits on how many run at once and on how long one takes, locks, signals."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from batchlint.codemod import one_by_one
from batchlint.codemod.blocks import awaits
from batchlint.codemod.changes import Fanout
from batchlint.codemod.own_limits import LOCKS, SEMAPHORES, OwnLimits
from batchlint.codemod.paths import function_body
from batchlint.codemod.refusals import Refused
from batchlint.facts import FunctionFacts
from batchlint.symbols import last_name
from batchlint.values import Ext

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_SIGNALS = re.compile(
    r"(asyncio\.(locks\.)?|threading\.|multiprocessing\.(.*\.)?|anyio\.)(Event|Condition|Barrier)\(\)$"
)
_TIMES = re.compile(
    r"(asyncio\.(timeouts\.)?timeout(_at)?|async_timeout\.timeout(_at)?|anyio\.(fail|move_on)_after)\(\)$"
)

_ENTERING = frozenset({"enter_context", "enter_async_context"})
_BLOCKS = ("body", "orelse", "finalbody")


class Limits:
    """Plans that they go."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner
        self.program = planner.graph.program
        self.own = OwnLimits(self.program)

    def unwrap(
        self,
        fanout: Fanout,
        function: FunctionFacts,
        nodes: Iterable[ast.AST] | None = None,
        *,
        is_taker: bool = False,
    ) -> bool:
        """Take them from around the requests: a parked coroutine would keep its place for ever, or run out of time.

        `nodes`: where in the function to look. `is_taker`: whether what it awaits was handed to it. Returns whether
        there are any.
        """
        path = function.id.path
        found = []
        for node in (inner for each in nodes or [function.node] for inner in ast.walk(each)):
            if isinstance(node, ast.AsyncWith | ast.With):
                is_one = self._is_limit(fanout, function, node, is_taker)
            elif isinstance(node, ast.Call):
                self._enter(fanout, function, node, is_taker)
                is_one = self._is_timed_call(fanout, function, node, is_taker)
            else:
                continue
            found += [node] if is_one else []
        fanout.file(path).unwrapped |= {self.planner.place(path, node) for node in found}
        return bool(found)

    def _is_limit(
        self, fanout: Fanout, function: FunctionFacts, node: ast.With | ast.AsyncWith, is_taker: bool
    ) -> bool:
        asks = is_taker or self.planner.asks(function, node.body)
        if not asks and not function.is_async:
            return False
        shown = f"`{ast.unparse(node.items[0])}` (line {node.lineno})"
        taken = [self.own.taken(function, item.context_expr) for item in node.items]
        if asks and any(each.locks for each in taken):
            raise Refused("unsupported-shape", f"{shown} is held while a request is made, by one item at a time")
        places = [place for each in taken for place in each.places]
        is_time = asks and any(_matches(_TIMES, self._paths(function, item.context_expr)) for item in node.items)
        is_plain = len(node.items) == 1 and not node.items[0].optional_vars
        if is_time and not is_plain:
            raise Refused("unsupported-shape", f"{shown} measures a request, which takes as long as its batch")
        if asks and any(one_by_one.has_one_place(self.planner, place) for place in places):
            one_by_one.check(self.planner, function, node.body)
        is_plain &= not places or all(each.is_all for each in taken)
        if places and asks and not is_plain:
            raise Refused("unsupported-shape", f"{shown} limits how many requests run, and does more")
        if is_time:
            self._note(fanout, node.lineno)
        awaits = function.is_async and not self._stays(function, node.body)
        return is_plain and (is_time or (bool(places) and (asks or awaits)))

    def _enter(self, fanout: Fanout, function: FunctionFacts, node: ast.Call, is_taker: bool) -> None:
        """Plan that a limit goes which an exit stack holds: `await stack.enter_async_context(self.places)`."""
        if last_name(node.func) not in _ENTERING or len(node.args) != 1:
            return
        path, body, taken = function.id.path, function_body(function), self.own.taken(function, node.args[0])
        if not (taken.places or taken.locks) or not (is_taker or self.planner.asks(function, body)):
            return
        shown = f"`{ast.unparse(node)}` (line {node.lineno})"
        if taken.locks:
            raise Refused("unsupported-shape", f"{shown} is held while a request is made, by one item at a time")
        if any(one_by_one.has_one_place(self.planner, place) for place in taken.places):
            one_by_one.check(self.planner, function, body)
        statement = next((s for s in _beside_others(body) if _does_only(s, node)), None)
        if statement is None or not taken.is_all or self.planner.pacing.has_comment(path, statement):
            raise Refused("unsupported-shape", f"{shown} limits how many requests run; use it by `with`")
        fanout.file(path).dropped.add(self.planner.place(path, statement))
        stack = _stack_of(function, node)
        if stack is not None:
            fanout.file(path).unwrapped.add(self.planner.place(path, stack))

    def _stays(self, function: FunctionFacts, body: list[ast.stmt]) -> bool:
        """Whether a request is made there that no batch carries: it needs its limit as before."""
        support = self.planner.support
        calls = [n for statement in body for n in ast.walk(statement) if isinstance(n, ast.Call)]
        return any(support.model(c) and support.converts(function.id, c) is None for c in calls)

    def _is_timed_call(self, fanout: Fanout, function: FunctionFacts, node: ast.Call, is_taker: bool) -> bool:
        if isinstance(node.func, ast.Attribute) and node.func.attr == "acquire":
            paths = self._paths(function, node.func.value)
            if _matches(SEMAPHORES, paths) or _matches(LOCKS, paths):
                what = f"`{ast.unparse(node.func)}` (line {node.lineno}) limits what runs at once; use it by `with`"
                raise Refused("unsupported-shape", what)
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("wait", "wait_for"):
            self._check_signal(function, node, node.func)
        if not node.args or "asyncio.wait_for" not in self._paths(function, node.func):
            return False
        if not is_taker and not self.planner.asks(function, node.args[:1]):
            return False
        self._note(fanout, node.lineno)
        return True

    def check_awaits(self, function: FunctionFacts) -> None:
        """Refused where a time limit lies around an `await` of what the function has started before."""
        for call in (each.node for each in function.calls):
            is_timed = "asyncio.wait_for" in self._paths(function, call.func)
            if is_timed and not self.planner.asks(function, call.args[:1]):
                what = (
                    f"`{ast.unparse(call)}` (line {call.lineno}) measures a request, which takes as long as its batch"
                )
                raise Refused("unsupported-shape", what)
        for node in ast.walk(function.node):
            if isinstance(node, ast.AsyncWith) and awaits(node.body):
                timed = [i for i in node.items if _matches(_TIMES, self._paths(function, i.context_expr))]
                if timed and not self.planner.asks(function, node.body):
                    what = f"`{ast.unparse(timed[0])}` (line {node.lineno}) measures requests"
                    raise Refused("unsupported-shape", f"{what}, which take as long as their batch")

    def _check_signal(self, function: FunctionFacts, node: ast.Call, called: ast.Attribute) -> None:
        """Refused where an item waits until another one says so, which may be waiting for its answer."""
        if not _matches(_SIGNALS, self._paths(function, called.value)):
            return
        is_pause = called.attr == "wait" and (node.args or node.keywords)  # of which the end is known
        if is_pause and ast.unparse(called.value) not in self._signalled(function):
            return
        what = f"`{ast.unparse(called)}` (line {node.lineno}) waits for what another item does"
        raise Refused("dependent-iterations", what)

    def _signalled(self, function: FunctionFacts) -> set[str]:
        """What the file sends signals by."""
        functions = self.program.modules[function.id.path].functions.values()
        called = [c.node.func for each in functions for c in each.calls if isinstance(c.node.func, ast.Attribute)]
        return {ast.unparse(each.value) for each in called if each.attr in ("set", "notify", "notify_all")}

    @staticmethod
    def _note(fanout: Fanout, line: int) -> None:
        note = f"the time limit in line {line} is gone: a batch takes longer"
        fanout.notes += [note] if note not in fanout.notes else []

    def _paths(self, function: FunctionFacts, node: ast.expr) -> set[str]:
        return {v.path for v in self.program.eval(function.id, node) if isinstance(v, Ext)}


def _beside_others(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of all blocks in which more than one stands."""
    blocks = [body]
    for node in (inner for statement in body for inner in ast.walk(statement)):
        blocks += [block for name in _BLOCKS if isinstance(block := getattr(node, name, None), list)]
    yield from (statement for block in blocks if len(block) > 1 for statement in block)


def _stack_of(function: FunctionFacts, call: ast.Call) -> ast.With | ast.AsyncWith | None:
    """The `with` of the exit stack that the call enters, where nothing else uses the stack."""
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    if not isinstance(owner, ast.Name):
        return None
    nodes = list(ast.walk(function.node))
    blocks = [n for n in nodes if isinstance(n, ast.With | ast.AsyncWith) and len(n.items) == 1]
    names = [n for n in nodes if isinstance(n, ast.Name) and n.id == owner.id]
    stacks = [each for each in blocks if each.items[0].optional_vars in names]
    return stacks[0] if len(stacks) == 1 and len(names) == 2 else None


def _does_only(statement: ast.stmt, call: ast.Call) -> bool:
    """Whether the statement is the call, whose value nothing takes."""
    value = statement.value if isinstance(statement, ast.Expr) else None
    return value is call or (isinstance(value, ast.Await) and value.value is call)


def _matches(pattern: re.Pattern[str], paths: set[str]) -> bool:
    return any(map(pattern.match, paths))
