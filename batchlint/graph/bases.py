"""Methods that an external base class calls on objects of project classes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property

from batchlint.facts import ClassId, FunctionFacts, ModuleFacts
from batchlint.graph.links import Edge, Part
from batchlint.graph.parameters import is_variable
from batchlint.symbols import CallRef
from batchlint.values import Elems, Ext, Fn, Inst

_COMMON_METHODS = frozenset(name for kind in (str, bytes, list, dict, set) for name in dir(kind))


class Bases(Part):
    def edges(self, function: FunctionFacts) -> Iterator[Edge]:
        """Who runs a method through its external base class: callers of inherited methods, who hands objects over."""
        program = self.program
        owner = ClassId(function.id.path, function.owner or "")
        if not self._acting_bases(owner) or (function.name.startswith("__") and function.name != "__call__"):
            return
        for klass in (owner, *program.subclasses(owner)):
            for caller, call in self._base_calls.get(klass, ()):
                yield self.edge(caller.id, function.id, call.node, "call", call)

    def _acting_bases(self, klass: ClassId) -> list[str]:
        """The packages of the external base classes that may call the methods of a subclass."""
        inert = self.program.registry.inert_bases
        packages = [external.path.partition(".")[0] for external in self.program.mro(klass)[1]]
        return [package for package in packages if package not in inert]

    @cached_property
    def _base_calls(self) -> dict[ClassId, list[CallRef]]:
        """Calls of inherited methods on project objects, and calls that hand such objects to their base's package."""
        program = self.program
        found: dict[ClassId, list[CallRef]] = {}
        acting = {klass: self._acting_bases(klass) for klass in program.classes}
        families = {_family(package) for packages in acting.values() for package in packages}
        if not families:
            return found
        own = {function.name for function in program.functions.values()}
        for module in self.modules.values():
            imported = families & self._imported_families(module)
            for function in module.functions.values():
                for call in function.calls:
                    for klass in self._inherited_call(function, call.node, own):
                        found.setdefault(klass, []).append(CallRef(function, call))
                    if imported:
                        for klass in self._handed_objects(function, call.node, imported):
                            found.setdefault(klass, []).append(CallRef(function, call))
        return found

    @staticmethod
    def _imported_families(module: ModuleFacts) -> set[str]:
        return {
            _family(binding.source.module)
            for function in module.functions.values()
            for bindings in function.bindings.values()
            for binding in bindings
            if binding.source is not None and not binding.source.level
        }

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
        for value in self.program.eval(function.id, receiver):
            if isinstance(value, Inst) and self._acting_bases(value.id):
                members = self.program.attribute(value, attribute)
                if not any(isinstance(member, Fn) for member in members):
                    yield value.id

    def _handed_objects(self, function: FunctionFacts, node: ast.Call, imported: set[str]) -> Iterator[ClassId]:
        """Classes of the objects that are given to a callable of the package their base class comes from."""
        program = self.program
        families = {_family(v.path) for v in program.eval(function.id, node.func) if isinstance(v, Ext)} & imported
        for argument in [*node.args, *[k.value for k in node.keywords]]:
            if not families or not isinstance(argument, ast.Name | ast.Call | ast.List | ast.Attribute):
                continue
            values = program.eval(function.id, argument)
            inner = {i for v in values if isinstance(v, Elems) for i in v.values}
            for value in {*values, *inner}:
                if isinstance(value, Inst) and families & set(map(_family, self._acting_bases(value.id))):
                    yield value.id


def _family(path: str) -> str:
    """`langchain_core.runnables.X` -> `langchain`: packages of one project call each other's methods."""
    return re.split(r"[._]", path, maxsplit=1)[0]
