"""Settings that a whole run has: names of modules that no function gives another value."""

from __future__ import annotations

import ast

from batchlint.facts import FunctionFacts, FunctionId
from batchlint.graph.links import Part


class ModuleSettings(Part):
    """Tells whether two functions look at the same setting."""

    def named(self, function: FunctionFacts, node: ast.expr) -> str | None:
        """The setting that the expression is, by a name that all files share: `USE_LOCAL`, `config.USE_LOCAL`."""
        if isinstance(node, ast.Attribute):
            return self._of_module(function, node)
        if not isinstance(node, ast.Name) or self._is_local(function, node.id):
            return None
        module = self.modules[function.id.path]
        bindings = module.body.bindings.get(node.id, ())
        source = bindings[0].source if len(bindings) == 1 else None
        if source is not None:
            stem = self.program.import_stem(source, function.id.path)
            path = self.program.index.stems.get(stem) if stem is not None else None
            return self._own(path, source.name) if path is not None and source.name is not None else None
        return self._own(module.path, node.id)

    def _of_module(self, function: FunctionFacts, node: ast.Attribute) -> str | None:
        """What the module of the project holds under that name."""
        if not isinstance(node.value, ast.Name) or self._is_local(function, node.value.id):
            return None
        bindings = self.modules[function.id.path].body.bindings.get(node.value.id, ())
        source = bindings[0].source if len(bindings) == 1 else None
        if source is None or source.name is not None:
            return None
        stem = self.program.import_stem(source, function.id.path)
        path = self.program.index.stems.get(stem) if stem is not None else None
        return self._own(path, node.attr) if path is not None else None

    def _own(self, path: str, name: str) -> str | None:
        """The module's own name, if it is a value that only the module itself sets."""
        module = self.modules.get(path)
        bindings = module.body.bindings.get(name, ()) if module is not None else ()
        if module is None or [binding.how for binding in bindings if binding.how != "annotation"] != ["value"]:
            return None
        is_set_later = any(name in function.outer for function in module.functions.values())
        return None if is_set_later else f"{path}:{name}"

    def _is_local(self, function: FunctionFacts, name: str) -> bool:
        """Whether the name is a variable of the function or of one around it."""
        while not isinstance(function.node, ast.Module):
            if name in function.bindings or name in function.parameter_names or name == function.rest:
                return True
            if function.parent is None:
                return False
            function = self.function(FunctionId(function.id.path, function.parent))
        return False
