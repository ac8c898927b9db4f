"""Every way in which project code starts a function."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from functools import cached_property

from batchlint.facts import MODULE, ClassId, FunctionFacts, FunctionId, Reference, Span
from batchlint.findings import Step
from batchlint.graph.bases import Bases
from batchlint.graph.callables import Callables
from batchlint.graph.casts import Casts
from batchlint.graph.decorators import Decorators
from batchlint.graph.handovers import Handovers
from batchlint.graph.implicit import Implicit
from batchlint.graph.links import Edge, Part, source
from batchlint.graph.parameters import Parameters, is_bound, is_variable
from batchlint.graph.rowsaves import RowSaves
from batchlint.symbols import PROPERTIES, CallRef, Program, appended, arguments, last_name
from batchlint.symbols.signatures import fitting
from batchlint.values import NOTHING, Ext, Fn, Inst, Mod, elements, ordered

_MAPPERS = frozenset(
    [
        "map", "imap", "starmap", "apply", "imap_unordered", "progress_apply", "thread_map", "process_map",
        "filter", "sorted", "max", "min", "nlargest", "nsmallest",
    ]
)  # fmt: skip
_LOOKING = frozenset(
    [f"builtins.{name}" for name in (
        "print", "str", "repr", "ascii", "format", "type", "isinstance", "issubclass", "id", "hash", "len", "bool",
        "callable", "hasattr", "getattr", "dir", "vars", "help",
    )] + ["asyncio.iscoroutinefunction"]
)  # fmt: skip
"""What only looks at the function that it is given; all of `inspect` too."""
_FANS = frozenset({"pool", "thread", "map"})
_SETTING_ASIDE = appended.FILLING | {"partial"}
_identity = id


class Edges(Part):
    def __init__(
        self,
        program: Program,
        decorators: Decorators,
        handovers: Handovers,
        parameters: Parameters,
        row_saves: RowSaves,
    ) -> None:
        super().__init__(program)
        self._row_saves = row_saves
        self._decorators = decorators
        self._handovers = handovers
        self._parameters = parameters
        self._callables = Callables(program)
        self._bases = Bases(program, self._callables)
        self._implicit = Implicit(program)
        self._casts = Casts(program)
        self._edges: dict[FunctionId, list[Edge]] = {}

    def to(self, id: FunctionId) -> list[Edge]:
        """Every way in which project code starts the function."""
        known = self._edges.get(id)
        if known is None:
            self._edges[id] = []
            unique: dict[tuple[FunctionId, Span, str], Edge] = {}
            for edge in self._find_edges(id):
                if edge.caller != id:
                    key = edge.caller, edge.span, edge.kind
                    unique[key] = _together(unique.get(key, edge), edge)
            edges = map(self._casts.as_cast, _calling(_queued(unique.values())))
            known = self._edges[id] = sorted(edges, key=lambda e: (e.caller, e.span))
        return known

    def _find_edges(self, id: FunctionId) -> Iterator[Edge]:
        program = self.program
        function = self.function(id)
        enqueueing = self.program.registry.calling_enqueues
        kind = "queue" if any(e.kind.framework in enqueueing for e in self._decorators.entries(function)) else "call"
        handing = self._handovers
        for caller, node, _ in program.callers.call_sites(function):
            if _identity(node) in handing.calls or _identity(node.func) in handing.enqueuing:
                continue
            if not self._is_handed(id, caller, node):
                yield self.edge(caller, id, node, kind, program.call_facts[_identity(node)].call)
        yield from self._handovers.edges.get(id, ())
        yield from self._indirect.get(id, ())
        yield from self._referenced(function)
        if function.owner is not None:
            yield from self._bases.edges(function)
            yield from self._row_saves.edges(function)
            yield from self._implicit.edges(function)

    def _is_handed(self, id: FunctionId, scope: FunctionId, node: ast.Call) -> bool:
        """Whether the call is of a parameter that happens to have the function's name: who hands it over runs it."""
        caller, name = self.function(scope), node.func
        if not isinstance(name, ast.Name) or name.id not in caller.parameter_names or name.id in caller.bindings:
            return False
        default = caller.default(name.id)
        outside = FunctionId(scope.path, caller.parent or MODULE)
        if default is not None and Fn(id) in self.program.eval(outside, default):
            return False
        is_wrapped = self.program.callers.wrapped(scope) == name.id
        return not is_wrapped and any(self.program.callers.arguments(caller, name.id))

    @cached_property
    def _indirect(self) -> dict[FunctionId, list[Edge]]:
        """Calls of variables, parameters, items and stored callables, by the function that they can be."""
        program = self.program
        names = program.function_names | {c.name for c in program.classes.values()}
        stored = {name for writes in program.self_writes.values() for name in writes}
        stored |= {name for klass in program.classes.values() for name in klass.bindings}
        in_modules = {
            name
            for module in program.modules.values()
            for name, bindings in module.body.bindings.items()
            if any(binding.how == "value" for binding in bindings)
        }

        def is_stored(id: FunctionId, func: ast.Attribute) -> bool:
            if func.attr in stored and func.attr not in names:
                return True
            if func.attr not in in_modules or self._callables.origin(program.functions[id], func) is not None:
                return False
            return any(isinstance(v, Mod) for v in program.eval(id, func.value))

        found: dict[FunctionId, list[Edge]] = {}
        for function in list(program.functions.values()):
            for call in function.calls:
                func = call.node.func
                if _identity(func) in self._handovers.enqueuing:
                    continue
                if isinstance(func, ast.Name):
                    if self._callables.origin(function, func) is not None:
                        continue
                    is_imported = func.id not in names and is_bound(program, function, func.id, {"import"})
                    if not is_imported and not is_variable(program, function, func.id):
                        continue
                elif isinstance(func, ast.Attribute) and not is_stored(function.id, func):
                    continue
                for reference, expression, fan, through in self._parameters.handed_from(
                    CallRef(function, call), func, 0
                ):
                    is_handed = reference.call is not call
                    is_own = is_handed and self._is_registered(function, func)
                    values = arguments.values(program, reference.caller.id, reference.call.node, expression)
                    # What is drawn from a collection that was handed over: of one function, that is once per item.
                    held = elements(values) if is_handed else NOTHING
                    for value in ordered(fitting(program, values | held, call.node)):
                        for target in self.callables(value):
                            edge = self.edge(reference.caller.id, target, reference.call.node, "call", reference.call)
                            if is_own:
                                edge = self.edge(function.id, target, call.node, "call", call)
                            elif is_handed:
                                often = held == {value} or self.repeats(function.id, call.loops)
                                how = fan if fan in _FANS else "callback"
                                calls = [*through, CallRef(function, call)]
                                inside = tuple(
                                    Step(at.id.path, each.node.lineno, source(each.node.func)) for at, each in calls
                                )
                                repeats = edge.repeats or often or fan is not None
                                edge = edge._replace(kind=how, repeats=repeats, inside=inside)
                            found.setdefault(target, []).append(edge)
        return found

    def _is_registered(self, function: FunctionFacts, func: ast.expr) -> bool:
        """Whether a framework starts the function, a closure that calls what the function around it was given."""
        if function.parent is None or not isinstance(func, ast.Name) or func.id in function.parameter_names:
            return False
        return any(self._decorators.entries(function)) or function.id in self._handovers.entries

    def _referenced(self, function: FunctionFacts) -> Iterator[Edge]:
        """Where the function is read without being called: a property, or an argument of something external."""
        program = self.program
        is_property = any(last_name(d) in PROPERTIES for d in function.decorators)
        for reference in program.callers.references(function.name):
            if is_property:
                yield from self._property_read(function, reference)
            elif reference.call is not None and _identity(reference.call) not in self._handovers.calls:
                if not program.callers.can_be(reference.function, reference.node, function):
                    continue
                called = program.eval(reference.function, reference.call.func)
                known = any(isinstance(v, Fn) for v in program.eval(reference.function, reference.node))
                outside = [v for v in called if isinstance(v, Ext)]
                if known and called and not outside:
                    continue  # project code that calls it shows as such
                if outside and all(v.path in _LOOKING or v.path.startswith("inspect.") for v in outside):
                    continue
                call = program.call_facts[_identity(reference.call)].call
                many = last_name(reference.call.func) in _MAPPERS
                yield self.edge(reference.function, function.id, reference.call, "callback", call, many)

    def _property_read(self, function: FunctionFacts, reference: Reference) -> Iterator[Edge]:
        node = reference.node
        if not isinstance(node, ast.Attribute) or function.owner is None:
            return
        owner = ClassId(function.id.path, function.owner)
        for value in self.program.eval(reference.function, node.value):
            if isinstance(value, Inst) and owner in self.program.mro(value.id)[0]:
                yield self.edge(reference.function, function.id, node, "call", None)
                return


def _together(one: Edge, other: Edge) -> Edge:
    """The other edge; with the places of both where the call hands over what is called in several."""
    if not one.inside or not other.inside:
        return other
    return other._replace(
        inside=tuple(dict.fromkeys((*one.inside, *other.inside))), repeats=one.repeats or other.repeats
    )


def _queued(edges: Collection[Edge]) -> Collection[Edge]:
    """The edges without what else becomes of a function that the same call has enqueued: it runs where no queue does.

    Who hands it over gets no answer either way.
    """
    queued = {(e.caller, e.span) for e in edges if e.kind == "queue"}
    return [e for e in edges if e.kind == "queue" or (e.caller, e.span) not in queued] if queued else edges


def _calling(edges: Collection[Edge]) -> Collection[Edge]:
    """The edges without those that only make a `partial` or fill a list, where their caller goes on to run it."""
    bound = [e for e in edges if isinstance(e.node, ast.Call) and last_name(e.node.func) in _SETTING_ASIDE]
    if not bound:
        return edges
    calling = {e.caller for e in edges if e not in bound}
    return [e for e in edges if e not in bound or e.caller not in calling]
