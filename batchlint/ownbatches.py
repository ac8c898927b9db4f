"""Requests that are made one by one only while there are few: from a number of items on, the code makes a batch."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from batchlint import flow
from batchlint.callsites import Described
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.graph import Graph, relevant
from batchlint.places import Trait
from batchlint.trees import arguments, length_of, stands_in, walk, walk_own
from batchlint.values import Ext, Fn

_DEEP = 2
"""How many calls below the branch the batch may be made."""
_ORDERS = (ast.Gt, ast.GtE, ast.Lt, ast.LtE)
_MAX_NAMES = 3
_Place = tuple[FunctionId, ast.expr]


def marked(graph: Graph, sites: Sequence[Described]) -> list[Described]:
    """The sites, those that stand beside a batch of their own with the trait `own_batch`."""
    if not any(".batches." in module.text for module in graph.program.modules.values()):
        return list(sites)
    beside = _Beside(graph)
    found = ((site, beside.trait(site)) for site in sites)
    return [site._replace(traits=(*site.traits, trait)) if trait is not None else site for site, trait in found]


class _Beside:
    """Asked site by site; what several of them ask is worked out once."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._known: dict[tuple[FunctionId, int], Trait | None] = {}
        self._submitting: dict[FunctionId, bool] = {}

    def trait(self, site: Described) -> Trait | None:
        """What says that there is a batch beside the site, on the way down from it or on all ways to it."""
        model = site.model
        down = self._first([*((edge.caller, edge.node) for edge in site.edges), (model.function, model.node)])
        if down is not None:
            return down
        ways = [self._first((edge.caller, edge.node) for edge in reach.edges) for reach in relevant(site.reaches)]
        return ways[0] if ways and None not in ways else None

    def _first(self, places: Iterable[_Place]) -> Trait | None:
        return next((found for id, node in places if (found := self._at(id, node)) is not None), None)

    def _at(self, id: FunctionId, node: ast.expr) -> Trait | None:
        key = (id, node.lineno * 10_000 + node.col_offset)
        if key not in self._known:
            function = self._graph.function(id)
            tests = (each for each in walk_own(function.node) if isinstance(each, ast.If))
            line = next((each.lineno for each in tests if self._is_beside(function, each, node)), None)
            reason = "where there are more, the same code makes a batch of them"
            self._known[key] = Trait("own_batch", reason, id.path, line) if line is not None else None
        return self._known[key]

    def _is_beside(self, function: FunctionFacts, test: ast.If, node: ast.expr) -> bool:
        """Whether the test's number of items decides between the node and a batch."""
        for batch, other in ((test.body, test.orelse), (test.orelse, test.body)):
            leaves = any(isinstance(each, ast.Return) for statement in batch for each in walk_own(statement))
            is_other = any(stands_in(node, statement) for statement in other)
            is_rest = not other and leaves and node.lineno > (test.end_lineno or test.lineno)
            if (is_other or is_rest) and self._counts(function, test.test) and self._submits(function.id, batch):
                return True
        return False

    def _submits(self, id: FunctionId, statements: Sequence[ast.AST], deep: int = _DEEP) -> bool:
        """Whether the statements make a batch, or what they call does."""
        calls = (each for statement in statements for each in walk_own(statement) if isinstance(each, ast.Call))
        values = [value for call in calls for value in self._graph.program.eval(id, call.func)]
        catalogue = self._graph.program.catalogue
        if any(isinstance(value, Ext) and catalogue.is_submission(value.path) for value in values):
            return True
        below = dict.fromkeys(value.id for value in values if isinstance(value, Fn))
        return deep > 0 and any(self._makes_batch(each, deep - 1) for each in below)

    def _makes_batch(self, id: FunctionId, deep: int) -> bool:
        if id not in self._submitting:
            self._submitting[id] = False  # where it comes back to itself
            self._submitting[id] = self._submits(id, flow.body(self._graph.function(id)), deep)
        return self._submitting[id]

    def _counts(self, function: FunctionFacts, test: ast.expr, names: int = _MAX_NAMES) -> bool:
        """Whether it is a number of items that decides the test."""
        if isinstance(test, ast.BoolOp):
            decides = all if isinstance(test.op, ast.And) else any
            return decides(self._counts(function, value, names) for value in test.values)
        if isinstance(test, ast.UnaryOp):
            return self._counts(function, test.operand, names)
        if isinstance(test, ast.Name) and names:
            return any(self._counts(function, value, names - 1) for value in _bound(function, test.id))
        if isinstance(test, ast.Compare):
            sides = [test.left, *test.comparators]
            return isinstance(test.ops[0], _ORDERS) and any(_is_amount(function, each) for each in sides)
        return isinstance(test, ast.Call) and self._asks_by_amount(function, test)

    def _asks_by_amount(self, function: FunctionFacts, call: ast.Call) -> bool:
        """Whether the call asks a function that compares the number of items that it is given."""
        given = [each for each in arguments(call) if _is_amount(function, each)]
        values = self._graph.program.eval(function.id, call.func) if given else ()
        for callee in (self._graph.function(value.id) for value in values if isinstance(value, Fn)):
            names = {flow.parameter_of(callee, call, each) for each in given}
            if any(_orders(answer, names) for answer in callee.returns):
                return True
        return False


def _bound(function: FunctionFacts, name: str) -> Iterator[ast.expr]:
    for binding in function.bindings.get(name, ()):
        if binding.how == "value" and binding.value is not None:
            yield binding.value


def _is_amount(function: FunctionFacts, node: ast.expr) -> bool:
    """Whether it is how many items there are: `len(rows)`, or a name for that."""
    if isinstance(node, ast.Name):
        return any(length_of(value) is not None for value in _bound(function, node.id))
    return length_of(node) is not None


def _orders(answer: ast.expr, names: set[str | None]) -> bool:
    """Whether the answer is whether one of the parameters is more, or less, than something."""
    compared = (each for each in walk(answer) if isinstance(each, ast.Compare) and isinstance(each.ops[0], _ORDERS))
    return any(names & flow.all_read([each]) for each in compared)
