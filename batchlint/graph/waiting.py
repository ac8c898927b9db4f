"""Whether whoever enqueues a task waits for its result after all."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from batchlint.facts import MODULE, FunctionFacts, walk_own
from batchlint.graph.links import Edge, Part, source
from batchlint.symbols import Program


class Waiting(Part):
    def __init__(self, program: Program, is_test: Callable[[str], bool]) -> None:
        super().__init__(program)
        self._is_test = is_test

    def waits(self, edge: Edge) -> bool:
        """Whether the caller of a queue edge waits for the result after all: `.get()` on what enqueueing gave."""
        waits = self.program.registry.waits
        function = self.function(edge.caller)
        for call in function.calls:
            func = call.node.func
            if isinstance(func, ast.Attribute) and func.attr in waits:
                if func.value is edge.node:
                    return True
                if isinstance(func.value, ast.Name):
                    for binding in function.bindings.get(func.value.id, ()):
                        value = binding.value.value if isinstance(binding.value, ast.Await) else binding.value
                        if value is edge.node:
                            return True
        return self._is_polled(edge)

    def _is_polled(self, edge: Edge) -> bool:
        """Whether the enqueuing function answers with a state to ask for again, or looks at that state first."""
        polled = self.program.registry.polled
        called = [source(call.node.func).lower() for call in self.function(edge.callee).calls]
        if any(word in name for word in polled.pushes for name in called):
            return False
        lookups = (reference for name in polled.lookups for reference in self.program.calls_by_name.get(name, ()))
        has_lookup = any(not self._is_test(reference.caller.id.path) for reference in lookups)
        words = polled.words | polled.keys if has_lookup else polled.words
        function: FunctionFacts | None = self.function(edge.caller)
        while function is not None and function.id.qualname != MODULE:
            for expression in function.returns:
                for node in ast.walk(expression):
                    if isinstance(node, ast.Constant) and str(node.value).lower() in words:
                        return True
                    if isinstance(node, ast.keyword) and node.arg in words:
                        return True
                    if isinstance(node, ast.Attribute) and node.attr.lower() in polled.words:
                        return True
            looks = (node for test in self._branches(function) for node in ast.walk(test))
            if function.returns and any(isinstance(n, ast.Attribute) and n.attr in polled.attributes for n in looks):
                return True
            parent = function.parent
            function = self.program.modules_function(function.id.path, parent) if parent else None
        return False

    @staticmethod
    def _branches(function: FunctionFacts) -> Iterator[ast.expr]:
        for node in walk_own(function.node):
            if isinstance(node, ast.If | ast.IfExp):
                yield node.test
