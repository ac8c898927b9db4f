"""Runnables of LangChain that are asked: a model, alone or in a chain of what asks nothing itself, and embeddings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from batchlint.codemod.refusals import Refused
from batchlint.datafiles import document
from batchlint.facts import MODULE, Binding, FunctionId
from batchlint.graph import ModelCall
from batchlint.patterns import PathTable, head_of
from batchlint.symbols import Program
from batchlint.trees import arguments
from batchlint.values import Elems, Ext, Fn, ordered

PACKAGES = {"langchain_openai": "openai", "langchain_anthropic": "anthropic"}
"""The backends of the runtime helper, by the package of the model."""
METHODS = (".invoke", ".ainvoke", ".embed_query", ".aembed_query")
_BASES = "langchain_core.language_models."
_MAX_DEPTH = 8


class Runnables:
    """Knows what they are made of."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._facts: dict[str, Any] = document("runtime", "runnables")["runnables"]
        self._models = PathTable((path, True) for path in self._facts["models"])
        self._beside = PathTable((path, True) for path in self._facts["beside"])

    def check(self, scope: FunctionId, call: ast.Call) -> None:
        """Refused where the helper cannot run what is asked twice, or it is more than one request."""
        if not isinstance(call.func, ast.Attribute):
            what = f"`{ast.unparse(call.func)}` holds the method of a runnable (line {call.lineno})"
            raise Refused("unsupported-shape", f"{what}; call the method by its name")
        asked = f"`{ast.unparse(call.func.value)}` (line {call.lineno})"
        values = ordered(self._program.eval(scope, call.func.value))
        mapped = [each for value in values if isinstance(value, Elems) for each in ordered(value.values)]
        for value in [*(value for value in values if not isinstance(value, Elems)), *mapped]:
            if not isinstance(value, Ext):
                what = f"`{self._program.functions[value.id].name}`" if isinstance(value, Fn) else "more than a model"
                raise Refused("unsupported-shape", f"{asked} runs {what}; call that before or behind the request")
            if not self._is_model(value) and not self._beside.find(value.path):
                raise Refused("unsupported-shape", f"{asked} runs `{value.path}`, of which the helper knows nothing")
        if self._asked(scope, call.func.value, 0) != 1:
            raise Refused("unsupported-shape", f"{asked} may ask a model more than once; ask it in several calls")
        if any(self._made_with("streaming")):
            raise Refused("streaming")
        if self._unheard:
            raise Refused("unsupported-shape", f"{asked} is run twice for a batch, which `{self._unheard}` may notice")

    def as_made(self, call: ModelCall) -> ModelCall:
        """The call, of the model that is given where an annotation only says that one is."""
        values = self._program.eval(call.function, call.node.func) if call.path.startswith(_BASES) else ()
        for value in ordered(values):
            api = self._program.catalogue.match(value.path) if isinstance(value, Ext) and backend(value.path) else None
            if api is not None and isinstance(value, Ext):
                return call._replace(path=value.path, provider=api.provider, endpoint=api.endpoint)
        return call

    def _is_model(self, value: Ext) -> bool:
        path = value.path
        while (step := path.rpartition("."))[2].removesuffix("()") in self._facts["methods"]:
            path = step[0]
        return bool(self._models.find(path))

    def _asked(self, scope: FunctionId, node: ast.expr, depth: int) -> int:
        """How many models the runnable asks, one after the other; 2 for a chain that is not all written down."""
        if isinstance(node, ast.BinOp):
            written = [side for side in (node.left, node.right) if not self._hands_on(scope, side)]
            return sum(self._asked(scope, side, depth) for side in written)
        if isinstance(node, ast.Dict):
            what = f"a chain has a mapping (line {node.lineno}) that is not known to hand on what it is given alone"
            raise Refused("unsupported-shape", f"{what}; write `RunnablePassthrough()` or `itemgetter` into the chain")
        values = self._program.eval(scope, node)
        if not any(isinstance(v, Elems) or (isinstance(v, Ext) and self._is_model(v)) for v in values):
            return 0
        made = self._made(scope, node) if depth < _MAX_DEPTH else []
        if made:
            return max(self._asked(at, each, depth + 1) for at, each in made)
        is_chain = any(
            isinstance(v, Elems) or (isinstance(v, Ext) and not self._is_model(v) and not v.path.startswith(_BASES))
            for v in values
        )
        return 2 if is_chain else 1

    def _hands_on(self, scope: FunctionId, node: ast.expr) -> bool:
        """Whether it is a mapping, written there, that fills a prompt with what the chain is given, or parts of it."""
        filled = [self._program.eval(scope, value) for value in node.values] if isinstance(node, ast.Dict) else []
        known = all(isinstance(v, Ext) and self._beside.find(v.path) for values in filled for v in values)
        return bool(filled) and all(filled) and known

    def _made(self, scope: FunctionId, node: ast.expr) -> list[tuple[FunctionId, ast.expr]]:
        """What gives the name, the attribute or the call its value, each with where that stands."""
        function = self._program.functions[scope]
        found: list[tuple[FunctionId, Binding]] = []
        if isinstance(node, ast.Name):
            owner = self._program.owner(function, node.id) or function
            if node.id in owner.parameter_names and node.id not in owner.bindings:
                return [(at, given) for at, _, given in self._program.callers.arguments(owner, node.id)]
            found = [(owner.id, binding) for binding in owner.bindings.get(node.id, ())]
        elif isinstance(node, ast.Attribute) and (klass := self._program.self_class(function, node.value)):
            for each in self._program.mro(klass)[0]:
                written = self._program.self_writes.get(each, {}).get(node.attr, ())
                found += [(method.id, binding) for method, binding in written]
        elif isinstance(node, ast.Call):
            called = [v.id for v in self._program.eval(scope, node.func) if isinstance(v, Fn)]
            return [(id, value) for id in called for value in self._program.functions[id].returns]
        return [made for at, binding in found for made in self._bound(at, binding)]

    def _bound(self, scope: FunctionId, binding: Binding) -> Iterator[tuple[FunctionId, ast.expr]]:
        if binding.how == "value" and binding.value is not None:
            yield scope, binding.value
        elif binding.how == "import" and binding.source is not None and binding.source.name:
            path = self._program.imported_path(binding.source, scope.path)
            if path is not None and path in self._program.modules:
                for given in self._program.modules[path].body.bindings.get(binding.source.name, ()):
                    yield from self._bound(FunctionId(path, MODULE), given)

    @cached_property
    def _unheard(self) -> str:
        """What would notice, anywhere in the program, that a chain is run twice, or keeps answers of models."""
        program, hearing = self._program, self._facts["hearing"]
        named = [*self._facts["caches"], *hearing["calls"]]
        for name in (*named, *(alias for each in named for alias in sorted(program.aliases.get(each, ())))):
            if program.calls_by_name.get(name):
                return str(name)
        for id in program.classes:
            if any(external.path.startswith(tuple(hearing["classes"])) for external in program.mro(id)[1]):
                return id.qualname
        for name, writes in program.attribute_writes.items():
            for function, base, _ in writes:
                if any(self._is_part(value) for value in program.eval(function.id, base)):
                    return f"{ast.unparse(base)}.{name}"
        for name in ("RunnablePassthrough", *sorted(program.aliases.get("RunnablePassthrough", ()))):
            for each in program.calls_by_name.get(name, ()):
                if arguments(each.call.node):  # a function that it calls
                    return ast.unparse(each.call.node)
        for each in program.calls_by_name.get("partial", ()):
            if any(self._is_part(v) for v in program.eval(each.caller.id, each.call.node.func)):
                given = arguments(each.call.node)
                if any(self._is_function(each.caller.id, node) for node in given):
                    return ast.unparse(each.call.node)
        return next(self._made_with("cache"), "")

    @staticmethod
    def _is_part(value: object) -> bool:
        return isinstance(value, Ext) and value.path.startswith("langchain")

    def _is_function(self, scope: FunctionId, node: ast.expr) -> bool:
        return isinstance(node, ast.Lambda) or any(isinstance(v, Fn) for v in self._program.eval(scope, node))

    def _made_with(self, option: str) -> Iterator[str]:
        """The models that the program makes with the option on, or with options among which it may be."""
        named = re.compile(rf"['\"]{option}['\"]")
        for model in sorted(self._models.makers):
            for each in self._program.calls_by_name.get(model, ()):
                for keyword in each.call.node.keywords:
                    is_among = keyword.arg is None and named.search(self._program.modules[each.caller.id.path].text)
                    if is_among or (keyword.arg == option and not _is_off(keyword.value)):
                        yield f"{model}({option}=...)"


def backend(path: str) -> str | None:
    """The backend that carries the call of the method, if it is a runnable's."""
    return PACKAGES.get(head_of(path)) if path.endswith(METHODS) else None


def _is_off(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not node.value
