"""Methods that an external base class calls on objects of project classes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache, cached_property

from batchlint.facts import ClassId, FunctionFacts, ModuleFacts
from batchlint.findings import Latency
from batchlint.graph.callables import Callables
from batchlint.graph.links import Edge, Part
from batchlint.graph.parameters import is_variable
from batchlint.symbols import CallRef, Program
from batchlint.values import Elems, Ext, Fn, Inst, ordered

_COMMON_METHODS = frozenset(name for kind in (str, bytes, list, dict, set) for name in dir(kind))


class Bases(Part):
    def __init__(self, program: Program, callables: Callables) -> None:
        super().__init__(program)
        self._acting: dict[ClassId, list[str]] = {}
        self._callables = callables
        self._handed: dict[str, dict[ClassId, list[CallRef]]] = {}

    def edges(self, function: FunctionFacts) -> Iterator[Edge]:
        """Who runs a method through its external base class: callers of inherited methods, who hands objects over."""
        owner = ClassId(function.id.path, function.owner or "")
        if not self._acting_bases(owner) or (function.name.startswith("__") and function.name != "__call__"):
            return
        if self._is_for_events(owner):
            return
        for klass in (owner, *self.program.subclasses(owner)):
            # Whoever starts a server or a bot, or asks it how it is, does not run the methods of what it is handed.
            bases = [base for base in self._acting_bases(klass) if base not in self.program.registry.live_packages]
            families = dict.fromkeys(map(_family, bases))
            asked = [self._inherited_calls] if bases else []
            for calls in (*asked, *(self._calls_handing(family) for family in families)):
                for caller, call in calls.get(klass, ()):
                    yield self.edge(caller.id, function.id, call.node, "call", call)

    def _is_for_events(self, klass: ClassId) -> bool:
        """Whether the objects' methods are there for what somebody does: calls of what a window inherits run none."""
        return any(
            base.entry.latency is Latency.REALTIME and "*" in base.methods
            for external in self.program.mro(klass)[1]
            for base in self.program.registry.bases.find(external.path)
        )

    def _acting_bases(self, klass: ClassId) -> list[str]:
        """The packages of the external base classes that may call the methods of a subclass."""
        known = self._acting.get(klass)
        if known is None:
            inert = self.program.registry.inert_bases
            packages = [external.path.partition(".")[0] for external in self.program.mro(klass)[1]]
            known = self._acting[klass] = [package for package in packages if package not in inert]
        return known

    @cached_property
    def _inherited_calls(self) -> dict[ClassId, list[CallRef]]:
        """Calls of inherited methods on project objects, by the class."""
        found: dict[ClassId, list[CallRef]] = {}
        own = {function.name for function in self.program.functions.values()}
        for function in list(self.program.functions.values()):
            for call in function.calls:
                for klass in self._inherited_call(function, call.node, own):
                    found.setdefault(klass, []).append(CallRef(function, call))
        return found

    def _calls_handing(self, family: str) -> dict[ClassId, list[CallRef]]:
        """Calls that hand project objects to the package of their base, by the objects' class."""
        known = self._handed.get(family)
        if known is None:
            known = self._handed[family] = {}
            for module in self._importers.get(family, ()):
                for function in module.functions.values():
                    for call in function.calls:
                        for klass in self._handed_objects(function, call.node, family):
                            known.setdefault(klass, []).append(CallRef(function, call))
        return known

    @cached_property
    def _importers(self) -> dict[str, list[ModuleFacts]]:
        """The modules that import from the packages of a family."""
        found: dict[str, list[ModuleFacts]] = {}
        for module in self.modules.values():
            sources = {
                binding.source.module
                for function in module.functions.values()
                for bindings in function.bindings.values()
                for binding in bindings
                if binding.source is not None and not binding.source.level
            }
            for family in set(map(_family, sources)):
                found.setdefault(family, []).append(module)
        return found

    def _inherited_call(self, function: FunctionFacts, node: ast.Call, own: set[str]) -> Iterator[ClassId]:
        """Classes whose objects are called by a method that only their external base has."""
        func = node.func
        if isinstance(func, ast.Attribute):
            if func.attr in own or func.attr in _COMMON_METHODS:
                return
            receiver, attribute = func.value, func.attr
        elif (isinstance(func, ast.Name) and is_variable(self.program, function, func.id)) or isinstance(
            func, ast.Call | ast.Subscript
        ):
            receiver, attribute = func, "__call__"
        else:
            return
        if self._callables.origin(function, receiver) is not None:
            return
        for value in ordered(self.program.eval(function.id, receiver)):
            if isinstance(value, Inst) and self._acting_bases(value.id):
                members = self.program.attribute(value, attribute)
                if not any(isinstance(member, Fn) for member in members):
                    yield value.id

    def _handed_objects(self, function: FunctionFacts, node: ast.Call, family: str) -> Iterator[ClassId]:
        """Classes of the objects that are given to a callable of the package their base class comes from."""
        program = self.program
        arguments = [
            argument
            for argument in (*node.args, *(k.value for k in node.keywords))
            if isinstance(argument, ast.Name | ast.Call | ast.List | ast.Attribute)
        ]
        if not arguments:
            return
        origin = self._callables.origin(function, node.func)
        if origin is not None and _family(origin) != family:
            return
        if not any(isinstance(v, Ext) and _family(v.path) == family for v in program.eval(function.id, node.func)):
            return
        for argument in arguments:
            values = program.eval(function.id, argument)
            inner = {i for v in values if isinstance(v, Elems) for i in v.values}
            for value in {*values, *inner}:
                if isinstance(value, Inst) and family in map(_family, self._acting_bases(value.id)):
                    yield value.id


@cache
def _family(path: str) -> str:
    """`langchain_core.runnables.X` -> `langchain`: packages of one project call each other's methods."""
    return re.split(r"[._]", path, maxsplit=1)[0]
