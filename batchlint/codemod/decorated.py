"""Decorators of helpers for which the twin has another one: caches, retries, and limits, which go."""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from batchlint.codemod.access import Frame
from batchlint.codemod.changes import Fanout
from batchlint.codemod.refusals import Refused
from batchlint.datafiles import document
from batchlint.facts import MODULE, FunctionFacts, FunctionId
from batchlint.graph import Graph
from batchlint.patterns import PathTable
from batchlint.symbols import last_name
from batchlint.values import Ext

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

CACHE, RETRY, LIMIT = "cache", "retry", "limit"
"""What a decorator is for."""


class Kind(NamedTuple):
    """A row of data/runtime/decorators.yaml."""

    kind: str
    stand_in: str | None
    coroutines: bool
    unfit: frozenset[str]
    attributes: frozenset[str]
    is_policy: bool
    """Whether it is a decorator that was made elsewhere and has a name: the stand-in is given it."""


class Known(NamedTuple):
    """A decorator as it stands, its name, and what is on record of it."""

    decorator: ast.expr
    name: ast.expr
    kind: Kind


class Decorated:
    """Finds the decorators of one program that are on record."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._known: dict[FunctionId, list[Known]] = {}

    def of(self, function: FunctionFacts) -> list[Known]:
        """The decorators of the function that are on record, outermost first."""
        if function.id not in self._known:
            self._known[function.id] = self._find(function) if function.decorators else []
        return self._known[function.id]

    def is_cached(self, function: FunctionFacts) -> bool:
        """Whether a decorator keeps the function's answers."""
        return not function.is_async and any(each.kind.kind == CACHE for each in self.of(function))

    def is_retried(self, function: FunctionFacts) -> bool:
        """Whether a decorator makes the requests of the function again."""
        return any(each.kind.kind == RETRY for each in self.of(function))

    def is_within(self, frame: Frame | None) -> bool:
        """Whether what happens in the frame happens in a cached call, for which others may wait."""
        while frame is not None:
            if self.is_cached(frame.function):
                return True
            frame = frame.caller
        return False

    def _find(self, function: FunctionFacts) -> list[Known]:
        scope = FunctionId(function.id.path, function.parent or MODULE)
        found = []
        for decorator in function.decorators:
            name = decorator.func if isinstance(decorator, ast.Call) else decorator
            paths = sorted(v.path for v in self.graph.program.eval(scope, name) if isinstance(v, Ext))
            kind = next((kind for path in paths if (kind := _kinds().first(path)) is not None), None)
            if kind is not None:
                found.append(Known(decorator, name, kind))
        return found

    def plan(self, planner: Planner, fanout: Fanout, function: FunctionFacts) -> list[ast.expr]:
        """Plan what the twin has instead; the decorators that this settles. Refused where nothing can stand in."""
        changes, settled = fanout.file(function.id.path), []
        for known in self.of(function):
            decorator, name, kind = known
            if function.is_async:
                settled += [decorator] if kind.coroutines else []
            elif kind.kind == LIMIT:
                self._check_limit(function)
                changes.undecorated.add(planner.place(function.id.path, decorator))
                settled.append(decorator)
            elif kind.stand_in is not None:
                self._check(fanout, function, known)
                changes.renames[planner.place(function.id.path, name)] = kind.stand_in
                changes.policies |= {planner.place(function.id.path, name)} if kind.is_policy else set()
                settled.append(decorator)
        return settled

    def _check(self, fanout: Fanout, function: FunctionFacts, known: Known) -> None:
        decorator, name, kind = known
        label, shown = Graph.label(function.id), ast.unparse(name)
        if kind.kind == CACHE and fanout.is_async:
            what = f"`{label}` is cached and runs in threads, which cannot wait for each other"
            raise Refused("unsupported-shape", what)
        if kind.kind == RETRY and not isinstance(decorator, ast.Call) and not kind.is_policy:
            raise Refused("unsupported-shape", f"`{label}` is retried for ever by a bare `@{shown}`")
        given = {keyword.arg or "**" for keyword in decorator.keywords} if isinstance(decorator, ast.Call) else set()
        if unfit := given & {*kind.unfit, "**"}:
            raise Refused("unsupported-shape", f"`@{shown}` of `{label}` is told `{min(unfit)}`")
        for path, module in self.graph.modules.items():
            for node in ast.walk(module.tree) if kind.attributes else ():
                if not isinstance(node, ast.Attribute) or node.attr not in kind.attributes:
                    continue
                if last_name(node.value) == function.name:
                    what = "looks into the cache of" if kind.kind == CACHE else "looks into the attempts of"
                    raise Refused("unsupported-shape", f"`{ast.unparse(node)}` ({path}:{node.lineno}) {what} `{label}`")

    def _check_limit(self, function: FunctionFacts) -> None:
        """Refused where a limit raises an error instead of waiting: code may handle that."""
        names = {last_name(each.name) for each in self.of(function) if each.kind.kind == LIMIT}
        if "sleep_and_retry" not in names:
            what = f"`@{min(names)}` of `{Graph.label(function.id)}` raises an error at its limit; have it wait"
            raise Refused("unsupported-shape", what)


@cache
def _kinds() -> PathTable[Kind]:
    return PathTable((row["path"], _kind(row)) for row in document("runtime", "decorators")["decorators"])


def _kind(row: dict[str, Any]) -> Kind:
    unfit, attributes = (frozenset(row.get(key, ())) for key in ("unfit", "attributes"))
    is_policy = row["path"].endswith("()")
    return Kind(row["kind"], row.get("stand_in"), row.get("coroutines", False), unfit, attributes, is_policy)
