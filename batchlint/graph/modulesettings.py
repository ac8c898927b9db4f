"""Settings that a whole run has: names of modules that no function gives another value."""

from __future__ import annotations

import ast

from batchlint.facts import MODULE, FunctionFacts
from batchlint.graph.links import Part


class ModuleSettings(Part):
    """Tells whether two functions look at the same setting."""

    def named(self, function: FunctionFacts, node: ast.expr) -> str | None:
        """The setting that the expression is, by a name that all files share: `USE_LOCAL`, `config.USE_LOCAL`."""
        of_module = isinstance(node, ast.Attribute)
        held = node.value if isinstance(node, ast.Attribute) else node
        if not isinstance(held, ast.Name) or self._is_local(function, held.id):
            return None
        bindings = self.modules[function.id.path].body.bindings.get(held.id, ())
        source = bindings[0].source if len(bindings) == 1 else None
        if source is None:
            return None if of_module else self._own(function.id.path, held.id)
        path = self.program.imported_path(source, function.id.path)
        name = node.attr if isinstance(node, ast.Attribute) else source.name
        if path is None or name is None or (of_module and source.name is not None):
            return None
        return self._own(path, name)

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
        return any(
            name in each.bindings or name in each.parameter_names or name == each.rest
            for each in self.program.around(function)
            if each.id.qualname != MODULE
        )
