"""How many requests an item makes in turn, each of which takes a run of a job that leaves."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from batchlint.codemod import scopes
from batchlint.codemod.blocks import Comprehension
from batchlint.codemod.changes import Fanout
from batchlint.codemod.paths import function_body
from batchlint.codemod.phases import Phases
from batchlint.codemod.steady import Unsteady
from batchlint.facts import FunctionFacts
from batchlint.symbols import last_name

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

MOST = 5
"""So many runs are worth waiting for: a job of each night has its answers within a week."""
AGAIN = MOST + 1
"""Stands for requests that errors make more of."""
_LOOPS = ast.For | ast.AsyncFor | ast.While


class Turns:
    """Counts them."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner

    def most(self, fanout: Fanout, items: Sequence[Phases]) -> int:
        """The requests in turn at most; AGAIN where errors make more. Unsteady where there may be too many."""
        parallel = {each for phases in items for each in phases.parallel}
        asks_again = partial(self._asks_again, parallel, repeats=any(map(_repeats, items)))
        again = False
        for id in sorted(fanout.twins):
            function = self.planner.graph.function(id)
            again |= self.planner.decorated.is_retried(function)
            again |= asks_again(function, function.node, function_body(function))
        if isinstance(fanout.iteration, Phases):
            function, node = self.planner.graph.function(fanout.function), fanout.node
            parallel.add(id_of(node))
            again |= asks_again(function, node, [node])
        top = max(map(_longest, items), default=1)
        if top > MOST and not again:
            raise Unsteady(f"an item makes more than {MOST} requests in turn, each of which takes a run of its own")
        return AGAIN if again else max(top, 1)

    def _asks_again(
        self, parallel: set[int], function: FunctionFacts, root: ast.AST, body: Iterable[ast.AST], *, repeats: bool
    ) -> bool:
        """Whether a loop tries requests again; Unsteady for one that makes another request in each pass.

        `repeats`: whether any request of an item can come again; a loop may also end with the request.
        """
        found = False
        for call in self.planner.converted(function, list(body)):  # type: ignore[arg-type]
            way = scopes.path_to(root, call)
            for position, parent in enumerate(way):
                if id_of(parent) in parallel:
                    continue
                is_turns = isinstance(parent, Comprehension) and function.is_async and self._is_awaited(call)
                if not is_turns and not (repeats and isinstance(parent, _LOOPS)):
                    continue
                found = True
                if is_turns or not _tries_again(parent, way[position + 1 :]):
                    line = f"{function.id.path}:{getattr(parent, 'lineno', 1)}"
                    raise Unsteady(f"an item makes a request in each turn of a loop ({line}), and each takes a run")
        return found

    def _is_awaited(self, call: ast.Call) -> bool:
        reference = self.planner.program.call_facts.get(id_of(call))
        return reference is None or reference.call.awaited


def _tries_again(loop: ast.AST, way: list[ast.AST]) -> bool:
    """Whether another pass follows an error only, or there are a few passes at most."""
    if isinstance(loop, ast.For) and isinstance(loop.iter, ast.Call) and last_name(loop.iter.func) == "range":
        end = loop.iter.args[-1] if len(loop.iter.args) == 1 else None
        if isinstance(end, ast.Constant) and isinstance(end.value, int) and end.value <= MOST:
            return True
    guard = next((node for node in way if isinstance(node, ast.Try)), None)
    return guard is not None and _leaves(guard.orelse or guard.body)


def _leaves(block: list[ast.stmt]) -> bool:
    return bool(block) and isinstance(block[-1], ast.Return | ast.Break)


def _repeats(phases: Phases) -> bool:
    """Whether a request can lie behind itself."""
    for index, step in enumerate(phases.steps):
        pending = list(step.next) if step.request is not None else []
        seen = set(pending)
        while pending:
            behind = pending.pop()
            pending += phases.steps[behind].next - seen
            seen |= phases.steps[behind].next
        if index in seen:
            return True
    return False


def _longest(phases: Phases) -> int:
    """The requests behind each step, as far as they matter."""
    most = [0, *[-1] * (len(phases.steps) - 1)]
    pending = [0]
    while pending:
        index = pending.pop()
        step = phases.steps[index]
        behind = min(most[index] + (step.request is not None), AGAIN)
        for following in step.next:
            if most[following] < behind:
                most[following] = behind
                pending.append(following)
    return max(min(behind + (step.request is not None), AGAIN) for behind, step in zip(most, phases.steps, strict=True))


id_of = id
