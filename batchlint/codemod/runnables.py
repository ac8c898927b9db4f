"""Runnables of LangChain that are asked: a model, alone or in a chain of what asks nothing itself, and embeddings."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from batchlint.codemod.refusals import Refused
from batchlint.datafiles import document
from batchlint.facts import Binding, FunctionId
from batchlint.patterns import PathTable, head_of
from batchlint.symbols import Program
from batchlint.values import Ext, Fn, ordered

PACKAGES = {"langchain_openai": "openai", "langchain_anthropic": "anthropic"}
"""The backends of the runtime helper, by the package of the model."""
METHODS = (".invoke", ".ainvoke", ".embed_query", ".aembed_query")
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
        for value in ordered(self._program.eval(scope, call.func.value)):
            if not isinstance(value, Ext):
                what = f"`{self._program.functions[value.id].name}`" if isinstance(value, Fn) else "more than a model"
                raise Refused("unsupported-shape", f"{asked} runs {what}; call that before or behind the request")
            if not self._is_model(value) and not self._beside.find(value.path):
                raise Refused("unsupported-shape", f"{asked} runs `{value.path}`, of which the helper knows nothing")
        if self._asked(scope, call.func.value, 0) > 1:
            raise Refused("unsupported-shape", f"{asked} asks a model more than once; ask it in several calls")
        if any(self._made_with("streaming")):
            raise Refused("streaming")
        if self._kept:
            raise Refused("unsupported-shape", f"{asked} may be answered by `{self._kept}`, which no batch asks")

    def _is_model(self, value: Ext) -> bool:
        path = value.path
        while (step := path.rpartition("."))[2].removesuffix("()") in self._facts["methods"]:
            path = step[0]
        return bool(self._models.find(path))

    def _asked(self, scope: FunctionId, node: ast.expr, depth: int) -> int:
        """How many models the runnable asks, one after the other, as far as its parts are written down."""
        if isinstance(node, ast.BinOp):
            return self._asked(scope, node.left, depth) + self._asked(scope, node.right, depth)
        made = self._made(scope, node) if depth < _MAX_DEPTH else []
        if made:
            return max(self._asked(at, each, depth + 1) for at, each in made)
        return int(any(isinstance(v, Ext) and self._is_model(v) for v in self._program.eval(scope, node)))

    def _made(self, scope: FunctionId, node: ast.expr) -> list[tuple[FunctionId, ast.expr]]:
        """What gives the name, the attribute or the call its value, each with where that stands."""
        function = self._program.functions[scope]
        found: list[tuple[FunctionId, Binding]] = []
        if isinstance(node, ast.Name):
            scopes = self._program.scopes(function)
            found = next(([(s.id, b) for b in s.bindings[node.id]] for s in scopes if node.id in s.bindings), [])
        elif isinstance(node, ast.Attribute) and (owner := self._program.self_class(function, node.value)):
            for klass in self._program.mro(owner)[0]:
                written = self._program.self_writes.get(klass, {}).get(node.attr, ())
                found += [(each.id, binding) for each, binding in written]
        elif isinstance(node, ast.Call):
            called = [v.id for v in self._program.eval(scope, node.func) if isinstance(v, Fn)]
            return [(id, value) for id in called for value in self._program.functions[id].returns]
        return [(at, b.value) for at, b in found if b.how == "value" and b.value is not None]

    @cached_property
    def _kept(self) -> str:
        """What keeps answers of models, anywhere in the program."""
        callers = [name for name in self._facts["caches"] if self._program.calls_by_name.get(name)]
        return next(iter([*callers, *self._made_with("cache")]), "")

    def _made_with(self, option: str) -> Iterator[str]:
        """The models that the program makes with the option on."""
        for model in sorted(self._models.makers):
            for each in self._program.calls_by_name.get(model, ()):
                if any(k.arg == option and not _is_off(k.value) for k in each.call.node.keywords):
                    yield f"{model}({option}=...)"


def backend(path: str) -> str | None:
    """The backend that carries the call of the method, if it is a runnable's."""
    return PACKAGES.get(head_of(path)) if path.endswith(METHODS) else None


def _is_off(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not node.value
