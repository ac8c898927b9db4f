"""Several implementations of one method, of which a call enters one or the other: all get the same form."""

from __future__ import annotations

import ast

from batchlint.facts import ClassId, FunctionFacts, FunctionId
from batchlint.graph import Graph
from batchlint.symbols import Program, last_name
from batchlint.values import Fn


class Families:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.program = graph.program
        self._defining: dict[str, list[ClassId]] = {}
        for id in self.program.classes:
            for name in self.program.classes[id].bindings:
                if self._method(id, name) in self.program.functions:
                    self._defining.setdefault(name, []).append(id)

    @staticmethod
    def _method(klass: ClassId, name: str) -> FunctionId:
        return FunctionId(klass.path, f"{klass.qualname}.{name}")

    def of(self, targets: set[Fn], name: str) -> tuple[Fn, ...]:
        """All implementations of the method: the targets, and what their class hierarchies define beside them.

        Empty where the targets are not methods of that name.
        """
        if not all(self._is_method(t, name) for t in targets):
            return ()
        roots = {
            c for t in targets if t.owner for c in self.program.mro(t.owner)[0] if c in self._defining.get(name, ())
        }
        found = {t.id: t for t in targets}
        for klass in self._defining.get(name, ()):
            if roots & set(self.program.mro(klass)[0]):
                id = self._method(klass, name)
                found.setdefault(id, Fn(id, klass))
        return tuple(found[id] for id in sorted(found))

    def _is_method(self, target: Fn, name: str) -> bool:
        """Whether an object has the function as its method of that name: its class, or one above that, defines it."""
        classes = self.program.mro(target.owner)[0] if target.owner is not None else []
        return any(self._method(klass, name) == target.id for klass in classes)


def is_stub(program: Program, function: FunctionFacts) -> bool:
    """Whether the method only says what others implement."""
    if isinstance(function.node, ast.Lambda | ast.Module):
        return False
    rest = [s for s in function.node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    owner = ClassId(function.id.path, function.owner) if function.owner else None
    is_protocol = owner is not None and any(e.path.endswith(".Protocol") for e in program.mro(owner)[1])
    if is_protocol or any(last_name(d) == "abstractmethod" for d in function.decorators):
        return all(isinstance(s, ast.Pass | ast.Raise) for s in rest)
    return len(rest) == 1 and isinstance(rest[0], ast.Raise)
