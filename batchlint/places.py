"""Call sites with what is below and above them, and what is said of them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import NamedTuple

from batchlint import flow
from batchlint.facts import CallFacts, FunctionId, LoopNode
from batchlint.graph import Edge, Graph, ModelCall, Reach
from batchlint.symbols import last_name
from batchlint.values import Cls, Ext

RUNS = frozenset({"script", "schedule", "pipeline", "task_queue", "evaluation"})
"""Kinds of entry points that may come to a call more than once a run."""
_HOLDERS = ("typing.NamedTuple.", "pydantic.BaseModel.")
"""Bases whose constructor keeps what it is given."""


class Trait(NamedTuple):
    """Something about a call site that speaks for or against batching; `name` is a row of the factor table."""

    name: str
    reason: str
    path: str
    line: int


class Link(NamedTuple):
    """One call on the way from an entry point down to the model."""

    function: FunctionId
    node: ast.expr
    repeats: bool
    loops: tuple[LoopNode, ...]
    is_async: bool

    @classmethod
    def of(cls, graph: Graph, edge: Edge) -> Link:
        return cls(edge.caller, edge.node, edge.repeats, edge.loops, graph.function(edge.callee).is_async)


class Place(NamedTuple):
    """A call site with what is below and above it."""

    graph: Graph
    model: ModelCall
    edges: tuple[Edge, ...]
    reaches: tuple[Reach, ...]

    @property
    def node(self) -> ast.expr:
        return self.edges[0].node if self.edges else self.model.node

    def links(self) -> list[Link]:
        """The calls from the site down to the model call, which is the last."""
        model = self.model
        call = self.call(model.node)
        loops = call.loops if call else ()
        repeats = call is not None and self.graph.is_repeated(model.function, call)
        last = Link(model.function, model.node, repeats, loops, model.is_async)
        return [*(Link.of(self.graph, edge) for edge in self.edges), last]

    def call(self, node: ast.expr) -> CallFacts | None:
        """What stands around the call, if that is what the node is."""
        reference = self.graph.program.call_facts.get(id(node))
        return reference.call if reference else None


def line_of(loop: LoopNode) -> int:
    return loop.target.lineno if isinstance(loop, ast.comprehension) else loop.lineno


def end_of(loop: LoopNode) -> int:
    return getattr(loop, "end_lineno", None) or line_of(loop)


def only_holds(graph: Graph, caller: FunctionId, call: ast.Call) -> bool:
    """Whether the call only makes an object that holds what it is given: a dataclass, named tuple, model or chain."""
    called = graph.program.eval(caller, call.func)
    holders = graph.program.catalogue.holders
    if called and all(isinstance(value, Ext) and holders.find(value.path) for value in called):
        return True
    made = [found for value in called for found in graph.program.attribute(value, "__init__")]
    is_plain = all(isinstance(found, Ext) and found.path.startswith(_HOLDERS) for found in made)
    return bool(called) and is_plain and all(isinstance(value, Cls) for value in called)


def comes_back(place: Place, call: ast.expr) -> bool:
    """Whether the call gives the model's answer: what is kept further down nobody reads here."""
    links = place.links()
    below = links[[link.node for link in links].index(call) + 1 :]
    return all(_gives(place.graph, each) for each in below)


def _gives(graph: Graph, link: Link) -> bool:
    function, saving = graph.function(link.function), graph.program.registry.saving_methods
    return isinstance(link.node, ast.Call) and flow.gives_answer(function, link.node, saving)


def given_above(graph: Graph, way: Sequence[Link], name: str) -> ast.expr | None:
    """What the call above gives for the parameter."""
    function = graph.function(way[-1].function)
    call = way[-2].node if len(way) > 1 else None
    if not isinstance(call, ast.Call) or last_name(call.func) != function.name or name not in function.parameter_names:
        return None
    return graph.program.callers.argument(call, function, name)
