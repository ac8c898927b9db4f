"""What a function's argument must be for the call in question: an object with the method, or the SDK's own method."""

from __future__ import annotations

import ast
from typing import NamedTuple, TypeGuard

from batchlint.facts import ClassId, FunctionFacts, FunctionId
from batchlint.graph.links import Edge, Part
from batchlint.symbols import last_name
from batchlint.values import Cls, Ext, Fn, Inst


class Taken(NamedTuple):
    """A parameter, and the classes of which its object must be one; none where it must be what asks a model."""

    parameter: str
    classes: frozenset[ClassId] = frozenset()


Objects = frozenset[Taken]


class GivenObjects(Part):
    """Holds what callers give against what leads down the way."""

    def start(self, id: FunctionId, node: ast.expr) -> Objects:
        """What the function's parameters must be for the model call `node` in it to be one."""
        func = node.func if isinstance(node, ast.Call) else node
        return frozenset({Taken(func.id)}) if _is_fixed(func, self.function(id)) else frozenset()

    def above(self, edge: Edge, objects: Objects) -> Objects | None:
        """What the caller's parameters must be where the callee's are `objects`; None if it gives other objects."""
        call = edge.node
        if edge.kind != "call" or not isinstance(call, ast.Call):
            return frozenset()
        caller, callee = self.function(edge.caller), self.function(edge.callee)
        found = set(self._asked(caller, callee, call))
        for parameter, classes in objects:
            given = self._argument(call, callee, parameter)
            if given is None:
                continue
            made = self._made(caller, given) if classes else None
            if (made is not None and made.isdisjoint(classes)) or (not classes and self._asks_nothing(caller, given)):
                return None
            if _is_fixed(given, caller):
                found.add(Taken(given.id, classes))
        return frozenset(found)

    def _argument(self, call: ast.Call, callee: FunctionFacts, parameter: str) -> ast.expr | None:
        """The expression that the call gives for the parameter, where no `*rest` stands before it."""
        found = self.program.callers.argument(call, callee, parameter)
        until = call.args[: call.args.index(found) + 1] if found in call.args else []
        return None if any(isinstance(each, ast.Starred) for each in until) else found

    def _asked(self, caller: FunctionFacts, callee: FunctionFacts, call: ast.Call) -> list[Taken]:
        """The parameter on which the method is called, where objects of other classes have another one of its name."""
        func = call.func
        if callee.owner is None or not isinstance(func, ast.Attribute) or func.attr != callee.name:
            return []
        if not _is_fixed(func.value, caller) or self.program.self_class(caller, func.value) is not None:
            return []
        values = self.program.eval(caller.id, func.value)
        if not all(isinstance(value, Inst) for value in values):
            return []
        family = {each for value in values if isinstance(value, Inst) for each in self._family(value)}
        owner = ClassId(callee.id.path, callee.owner)
        running = {each: self._definition(each, callee.name) for each in family}
        if not any(other not in (owner, None) for other in running.values()):
            return []
        return [Taken(func.value.id, frozenset(each for each, other in running.items() if other == owner))]

    def _family(self, value: Inst) -> set[ClassId]:
        return {value.id} if value.exact else {value.id, *self.program.subclasses(value.id)}

    def _definition(self, klass: ClassId, name: str) -> ClassId | None:
        """The class whose method objects of the very class run; None where it is abstract."""
        found = self.program.callers.first_definition(self.program.mro(klass)[0], name)
        facts = self.program.modules_function(found.path, f"{found.qualname}.{name}") if found is not None else None
        is_abstract = facts is not None and any(last_name(each) == "abstractmethod" for each in facts.decorators)
        return None if is_abstract else found

    def _asks_nothing(self, caller: FunctionFacts, node: ast.expr) -> bool:
        """Whether the expression is a function or a library's method, and none by which a model is asked."""
        if not isinstance(node, ast.Attribute | ast.Lambda):
            return False
        catalogue, values = self.program.catalogue, self.program.eval(caller.id, node)
        return bool(values) and all(
            isinstance(value, Fn) or (isinstance(value, Ext) and catalogue.match(value.path) is None)
            for value in values
        )

    def _made(self, function: FunctionFacts, node: ast.expr, depth: int = 0) -> frozenset[ClassId] | None:
        """The classes of which an object is made, there or where its name is bound; None if that is open."""
        if isinstance(node, ast.Call):
            classes = self.program.eval(function.id, node.func)
            if not classes or not all(isinstance(value, Cls) for value in classes):
                return None
            return frozenset(value.id for value in classes if isinstance(value, Cls))
        if not isinstance(node, ast.Name) or depth > 2 or node.id in function.parameter_names:
            return None
        body = self.modules[function.id.path].body
        scope = function if node.id in function.bindings else body
        bindings = scope.bindings.get(node.id, ())
        made = [
            self._made(scope, each.value, depth + 1) if each.how == "value" and each.value is not None else None
            for each in bindings
        ]
        known = [each for each in made if each is not None]
        return frozenset().union(*known) if known and len(known) == len(made) else None


def _is_fixed(node: ast.expr, function: FunctionFacts) -> TypeGuard[ast.Name]:
    """Whether the expression is a parameter of the function that is given no other value in it."""
    return isinstance(node, ast.Name) and node.id in function.parameter_names and node.id not in function.bindings
