"""Routes by the paths under which they are requested, and which of them a timer may request: those that ask nothing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property

from batchlint.facts import MODULE, FunctionId
from batchlint.graph.amounts import AMOUNTS
from batchlint.graph.decorators import Decorators
from batchlint.graph.handovers import Handovers
from batchlint.graph.links import Part
from batchlint.symbols import Program, last_name
from batchlint.trees import walk

REQUESTED = "requested"
"""The framework of a schedule that requests a route."""
_PART = re.compile(r"\{(?P<name>\w+)(:\w+)?\}|<(\w+:)?(?P<named>\w+)>")
"""A part of a route's path that a request fills: `{schedule}`, `<str:schedule>`."""


class Routes(Part):
    def __init__(self, program: Program, decorators: Decorators, handovers: Handovers) -> None:
        super().__init__(program)
        self._decorators = decorators
        self._handovers = handovers

    def jobs(self, path: str) -> list[FunctionId]:
        """The route behind the path, if it takes nothing from whoever requests it, so that it is no question's.

        Its path has to speak of a job: a timer may also keep the answer warm that a page asks for.
        """
        wanted = _segments(path.partition("?")[0])
        if self.program.registry.requests.jobs.isdisjoint(re.findall(r"[a-z]+", path.lower())):
            return []
        for start in range(len(wanted)):
            rest = tuple(wanted[start:])
            found = self._by_path.get(rest) or self._filled(rest)
            if found:  # what stands before is a prefix that the router is given where it is mounted
                id, *others = sorted(found)
                return [id] if not others and self.asks_nothing(id, found[id]) else []
        return []

    def _filled(self, wanted: tuple[str, ...]) -> dict[FunctionId, frozenset[str]]:
        """The routes of which the path fills parts: `/jobs/daily` is one for `/jobs/{schedule}`."""
        found: dict[FunctionId, frozenset[str]] = {}
        for pattern, routes in self._by_path.items() if len(wanted) > 1 else ():
            names = [_PART.fullmatch(segment) for segment in pattern]
            if len(pattern) != len(wanted) or names[0] is not None or not any(names):
                continue
            if all(name or own == given for name, own, given in zip(names, pattern, wanted, strict=True)):
                parts = frozenset(each["name"] or each["named"] for each in names if each is not None)
                found |= dict.fromkeys(routes, parts)
        return found

    @cached_property
    def _by_path(self) -> dict[tuple[str, ...], dict[FunctionId, frozenset[str]]]:
        """By the segments of their paths the routes, each with the parameters that a path fills: here none."""
        found: dict[tuple[str, ...], dict[FunctionId, frozenset[str]]] = {}
        for path, id in self.all():
            if segments := _segments(path):
                found.setdefault(tuple(segments), {})[id] = frozenset()
        return found

    def all(self) -> Iterator[tuple[str, FunctionId]]:
        """The routes with their paths."""
        yield from self._decorated()
        yield from self._registered()

    def _decorated(self) -> Iterator[tuple[str, FunctionId]]:
        for function in self.program.functions.values():
            paths = [path for decorator in function.decorators if (path := _path_of(decorator, 0)) is not None]
            if paths and any(entry.kind.kind == "web" for entry in self._decorators.entries(function)):
                yield from ((path, function.id) for path in paths)

    def _registered(self) -> Iterator[tuple[str, FunctionId]]:
        """Routes that a call of the framework makes: `path("jobs/nightly/", views.nightly)`."""
        rows = self.program.registry.handovers
        for name in sorted(rows.tails):
            if not any(row.action == "register" and row.entry.kind == "web" for row in rows.by_last.get(name, ())):
                continue
            for reference in self.program.calls_by_name.get(name, ()):
                path = _path_of(reference.call.node, 0)
                for row in rows.by_last.get(name, ()) if path is not None else ():
                    functions = self._handovers.handed_functions(reference, row)
                    yield from ((path or "", function) for _, function in functions)

    def asks_nothing(self, id: FunctionId, filled: frozenset[str]) -> bool:
        """Whether the route takes nothing from whoever requests it but those parameters, amounts and switches."""
        function = self.function(id)
        table, body = self.program.registry.requests, FunctionId(function.id.path, MODULE)
        for parameter in function.parameters:
            given = [node for node in (parameter.annotation, function.default(parameter.arg)) if node is not None]
            parts = [each for node in given for each in walk(self.constant(body, node)[1])]
            names = {last_name(each) for each in (*given, *parts) if isinstance(each, ast.expr)}
            is_amount = len(given) > 1 and not AMOUNTS.isdisjoint(names)  # how many at most, not what
            if not is_amount and parameter.arg not in {"self", *table.names, *filled} and table.given.isdisjoint(names):
                return False
        read = (node for node in walk(function.node) if isinstance(node, ast.Attribute))
        sent = [each for each in read if each.attr in table.holding and last_name(each.value) in table.names]
        if not sent:
            return True
        chosen = {_identity(part) for node in walk(function.node) if _chooses(node) for part in walk(node)}
        return all(_identity(each) in chosen for each in sent)


def _path_of(node: ast.expr, position: int) -> str | None:
    """The route's path in a call that makes one."""
    if not isinstance(node, ast.Call):
        return None
    given = [*node.args[position : position + 1], *(k.value for k in node.keywords if k.arg in {"path", "rule"})]
    first = given[0] if given else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def _chooses(node: ast.AST) -> bool:
    """Whether what the node reads is an amount or one of a few words: `int(args["limit"])`, `args["dry"] == "true"`."""
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        return sum(not _is_constant(side) for side in sides) == 1
    if not isinstance(node, ast.Call):
        return False
    types = [keyword.value for keyword in node.keywords if keyword.arg == "type"]
    return not AMOUNTS.isdisjoint(map(last_name, (node.func, *types)))


def _is_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) or (
        isinstance(node, ast.Tuple | ast.List | ast.Set) and all(map(_is_constant, node.elts))
    )


def _segments(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]


_identity = id
