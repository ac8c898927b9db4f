"""Routes that start a scheduled job before its time and go on without it: what comes anyway nobody waits for."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from batchlint.facts import CallFacts, FunctionFacts, FunctionId
from batchlint.graph import answers
from batchlint.graph.amounts import Amounts
from batchlint.graph.asides import handed_to
from batchlint.graph.links import Edge, Entry, Part
from batchlint.symbols import Program, last_name
from batchlint.trees import walk
from batchlint.values import Ext

_KEEPING = frozenset({"add", "add_done_callback"})
"""Methods that keep a task alive, or see how it ended, without waiting for it: `tasks.add(task)`."""


class SetOffs(Part):
    def __init__(
        self,
        program: Program,
        entries: Callable[[FunctionId], list[Entry]],
        edges_to: Callable[[FunctionId], list[Edge]],
    ) -> None:
        super().__init__(program)
        self._entries = entries
        self._edges_to = edges_to
        self._amounts = Amounts(program)
        self._routes: dict[FunctionId, bool] = {}
        self._known: dict[tuple[int, int], bool] = {}
        """By the identity of the edges, of which each is made once."""

    def is_one(self, edge: Edge, below: Sequence[Edge]) -> bool:
        """Whether a route starts by the call what a schedule runs, with nothing of the request's, and leaves it alone.

        One for jobs may as well run it itself, if the job gives nothing and the answer says no more than that it ran.
        How much of it, and for which day, may be the request's. `below`: the calls further down; the first of them
        starts the job where the route starts a function around it, or calls one that leaves the job alone.
        """
        if edge.kind not in {"call", "thread", "pool"} or not self._is_route(edge.caller):
            return False
        key = id(edge), id(below[0]) if below else 0
        if key not in self._known:
            self._known[key] = self._is_one(edge, below[:1])
        return self._known[key]

    def _is_one(self, edge: Edge, below: Sequence[Edge]) -> bool:
        function = self.function(edge.caller)
        is_left = (
            self._leaves(edge)
            or self._only_runs(edge)
            or (bool(below) and edge.kind == "call" and self._leaves(below[0]))
        )
        if not is_left or not any(map(self._is_scheduled, (edge.callee, *(each.callee for each in below)))):
            return False
        inner = [each.node for each in below if self.function(edge.callee).parent == edge.caller.qualname]
        given = (each for node in (edge.node, *inner) for each in handed_to(node))
        handed = {name for each in given if not self._amounts.is_one(function, each) for name in _variables(each)}
        handed -= {self.function(edge.callee).name}
        answered = {name for answer in function.returns for name in _variables(answer)}
        return handed.isdisjoint(answered) and _worked_out_from(function, handed).isdisjoint(function.parameter_names)

    def _is_route(self, id: FunctionId) -> bool:
        if id not in self._routes:
            self._routes[id] = {entry.kind.kind for entry in self._entries(id)} == {"web"}
        return self._routes[id]

    def _is_scheduled(self, id: FunctionId) -> bool:
        above = (each.caller for each in self._edges_to(id) if each.kind == "call")
        return any(entry.kind.kind == "schedule" for each in (id, *above) for entry in self._entries(each))

    def _leaves(self, edge: Edge) -> bool:
        """Whether the caller goes on without what it starts."""
        function = self.function(edge.caller)
        return any(_is_left(function, call) for call in self._starting(function, edge))

    def _only_runs(self, edge: Edge) -> bool:
        """Whether a route for jobs runs a job of a schedule's that gives nothing, and answers only that it did."""
        route = self.function(edge.caller)
        if edge.kind != "call" or not any(entry.kind.kind == "schedule" for entry in self._entries(edge.callee)):
            return False
        if any(not isinstance(each, ast.Constant) for each in self.function(edge.callee).returns):
            return False
        is_dropped = any(call.node is edge.node and call.is_dropped for call in route.calls)
        return is_dropped and self._is_for_jobs(route) and answers.are_constant(route)

    def _is_for_jobs(self, route: FunctionFacts) -> bool:
        """Whether the route's name or its path speaks of a job."""
        texts = [node.value for each in route.decorators for node in walk(each) if isinstance(node, ast.Constant)]
        said = re.findall(r"[a-z]+", " ".join([route.name, *map(str, texts)]).lower())
        return not self.program.registry.requests.jobs.isdisjoint(said)

    def _starting(self, function: FunctionFacts, edge: Edge) -> Iterator[CallFacts]:
        """The call that has the callee run beside the route: a thread's, a pool's, `asyncio.create_task(work())`."""
        table = self.program.registry.asides.starts
        for call in function.calls:
            if edge.kind in {"thread", "pool"}:
                if call.node is edge.node:
                    yield call
            elif last_name(call.node.func) in table.tails and call.node.args[:1] == [edge.node]:
                values = self.program.eval(function.id, call.node.func)
                if any(isinstance(value, Ext) and bool(table.find(value.path)) for value in values):
                    yield call


def _is_left(function: FunctionFacts, call: CallFacts) -> bool:
    """Whether nothing waits for what the call starts: it stands alone, or a name has it that is only kept."""
    statement = call.statement
    if isinstance(statement, ast.Expr):
        func = statement.value.func if isinstance(statement.value, ast.Call) else None
        is_started = isinstance(func, ast.Attribute) and func.attr == "start" and func.value is call.node
        return statement.value is call.node or is_started
    if not isinstance(statement, ast.Assign) or statement.value is not call.node:
        return False
    names = {target.id for target in statement.targets if isinstance(target, ast.Name)}
    if len(names) < len(statement.targets):
        return False
    read = [node for node in walk(function.node) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
    kept = {id(node) for each in function.calls for node in _only_kept(each.node)}
    kept |= {id(held) for held, _, _ in function.attributes}  # `thread.daemon = True`
    return all(id(node) in kept for node in read if node.id in names)


def _only_kept(call: ast.Call) -> Iterator[ast.expr]:
    """What the call starts, keeps or looks after without waiting for it."""
    func = call.func
    if isinstance(func, ast.Attribute) and func.attr in {*_KEEPING, "start"}:
        yield func.value
        yield from call.args if func.attr == "add" else ()


def _variables(node: ast.expr) -> Iterator[str]:
    return (each.id for each in walk(node) if isinstance(each, ast.Name))


def _worked_out_from(function: FunctionFacts, names: Iterable[str]) -> set[str]:
    """The names, and all that the function works them out from."""
    found: set[str] = set()
    level = set(names)
    while level:
        found |= level
        values = (binding.value for name in level for binding in function.bindings.get(name, ()))
        level = {name for value in values if value is not None for name in _variables(value)} - found
    return found
