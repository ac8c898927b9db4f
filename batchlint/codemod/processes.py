"""What a function may not do where it runs in another process and its stand-in does not: change what others read."""

from __future__ import annotations

import ast

from batchlint.codemod import scopes
from batchlint.codemod.effects import MUTATORS
from batchlint.codemod.refusals import Refused
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.graph import Edge, Graph
from batchlint.values import Fn


class Processes:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.program = graph.program

    def check(self, edge: Edge) -> None:
        """Refused where the function changes a global variable that code outside of the worker reads."""
        below = self.below(edge.callee)
        for id in sorted(below):
            function = self.graph.function(id)
            module = self.graph.modules[id.path]
            for name, line in self._changed(function):
                others = [f for f in module.functions.values() if f.id not in below]
                if any(self._reads(f, name) for f in others) or any(
                    name in scopes.read(s)
                    for s in module.tree.body
                    if not isinstance(s, ast.FunctionDef | ast.ClassDef)
                ):
                    raise Refused(
                        "unsupported-shape",
                        f"`{Graph.label(id)}` changes `{name}` (line {line}) in another process, where it is lost;"
                        " return the value instead",
                    )

    def below(self, id: FunctionId) -> set[FunctionId]:
        """The function and all that it enters, directly or through others."""
        found, pending = {id}, [id]
        while pending:
            current = pending.pop()
            for call in self.graph.function(current).calls:
                for value in self.program.eval(current, call.node.func):
                    if isinstance(value, Fn) and value.id not in found:
                        found.add(value.id)
                        pending.append(value.id)
        return found

    def _changed(self, function: FunctionFacts) -> list[tuple[str, int]]:
        """Global variables that the function assigns, or changes by a method or an item."""
        found: list[tuple[str, int]] = []
        bindings = self.graph.modules[function.id.path].body.bindings
        shared = {name for name, ways in bindings.items() if any(b.how == "value" for b in ways)}
        own = (function.parameter_names | set(function.bindings)) - function.outer
        for node in ast.walk(function.node):
            base: ast.expr | None = None
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in function.outer:
                base = node
            elif isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
                base = node.value
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
                base = node.func.value
            while isinstance(base, ast.Attribute | ast.Subscript):
                base = base.value
            if isinstance(base, ast.Name) and base.id in shared - own:
                found.append((base.id, base.lineno))
        return found

    @staticmethod
    def _reads(function: FunctionFacts, name: str) -> bool:
        return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(function.node))
