"""Whether whoever enqueues a task waits for its result after all."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cached_property

from batchlint.facts import MODULE, FunctionFacts
from batchlint.graph.links import Edge, Part, source
from batchlint.graph.replies import Replies
from batchlint.symbols import Program, last_name
from batchlint.trees import walk, walk_own


class Waiting(Part):
    def __init__(self, program: Program, is_test: Callable[[str], bool], replies: Replies) -> None:
        super().__init__(program)
        self._is_test = is_test
        self._replies = replies

    def waits(self, edge: Edge) -> bool:
        """Whether the caller of a queue edge, or whoever wrote to it, waits for the result after all."""
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
        return self._replies.answers(edge) or self._is_polled(edge)

    def _is_polled(self, edge: Edge) -> bool:
        """Whether whoever enqueues answers with a state to ask for again, or looks at that state first.

        The enqueuing function is asked, the functions around it, and those that call it.
        """
        polled = self.program.registry.polled
        callee = self.function(edge.callee)
        text = self.program.modules[edge.callee.path].text
        if any(name in text for name in polled.watched) and any(
            isinstance(node, ast.Name | ast.Attribute) and last_name(node) in polled.watched
            for node in walk(callee.node)
        ):
            return True
        called = [source(call.node.func).lower() for call in callee.calls]
        if any(word in name for word in polled.pushes for name in called):
            return False
        function = self.function(edge.caller)
        callers = [self.function(caller) for caller, _, _ in self.program.callers.call_sites(function)]
        asked = [function, *self._around(function), *callers]
        return any(self._speaks_of_state(each) for each in asked if each.id.qualname != MODULE)

    def _around(self, function: FunctionFacts) -> Iterator[FunctionFacts]:
        outer = self.program.modules_function(function.id.path, function.parent) if function.parent else None
        if outer is not None:
            yield outer
            yield from self._around(outer)

    @cached_property
    def _words(self) -> frozenset[str]:
        """Words of an answer that is to be asked for again; ids only where something looks results up by their id."""
        polled = self.program.registry.polled
        lookups = (reference for name in polled.lookups for reference in self.program.calls_by_name.get(name, ()))
        has_lookup = any(not self._is_test(reference.caller.id.path) for reference in lookups)
        return polled.words | polled.keys if has_lookup else polled.words

    def _speaks_of_state(self, function: FunctionFacts) -> bool:
        polled = self.program.registry.polled
        for expression in function.returns:
            for node in walk(expression):
                if isinstance(node, ast.Constant) and str(node.value).lower() in self._words:
                    return True
                if isinstance(node, ast.keyword) and node.arg in self._words:
                    return True
                if isinstance(node, ast.Attribute) and node.attr.lower() in polled.words:
                    return True
        return bool(function.returns) and any(self._tests_state(test) for test in self._branches(function))

    def _tests_state(self, test: ast.expr) -> bool:
        """Whether a condition looks at a state: an attribute of that name, or a variable beside one of the words."""
        polled = self.program.registry.polled
        nodes = list(walk(test))
        if any(isinstance(node, ast.Attribute) and node.attr in polled.attributes for node in nodes):
            return True
        has_word = any(isinstance(node, ast.Constant) and str(node.value).lower() in polled.words for node in nodes)
        return has_word and any(isinstance(node, ast.Name) and node.id in polled.attributes for node in nodes)

    @staticmethod
    def _branches(function: FunctionFacts) -> Iterator[ast.expr]:
        for node in walk_own(function.node):
            if isinstance(node, ast.If | ast.IfExp):
                yield node.test
