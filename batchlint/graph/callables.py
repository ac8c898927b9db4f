"""What names show without being worked out: most calls are of functions and classes that no SDK has."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence, Set
from functools import cached_property

from batchlint.facts import Binding, FunctionFacts, ModuleFacts
from batchlint.symbols import Program, last_name

_DISPLAYS = (ast.List, ast.ListComp, ast.Tuple, ast.Dict, ast.DictComp, ast.Set, ast.SetComp, ast.Constant)

_BUILTINS = frozenset(
    {"list", "dict", "set", "frozenset", "tuple", "str", "bytes", "int", "float", "bool", "defaultdict"}
)


class Callables:
    """Asked for one program; `methods` are the names that the callables of SDKs have there."""

    def __init__(self, program: Program, methods: Set[str] = frozenset()) -> None:
        self._program = program
        self._methods = methods
        self._known: dict[tuple[str, str], bool] = {}
        self._origins: dict[tuple[str, str], str | None] = {}

    def is_plain(self, function: FunctionFacts, name: str) -> bool:
        """Whether the name, as seen in the function, is a callable of the project, or an import that no SDK has."""
        for scope in self._program.around(function):
            if name in scope.parameter_names or name == scope.rest:
                return False
            if name in scope.bindings:
                return all(self._is_other(scope.id.path, binding) for binding in scope.bindings[name])
        return self._is_plain_in(self._program.modules[function.id.path], name)

    def _is_plain_in(self, module: ModuleFacts, name: str) -> bool:
        key = (module.path, name)
        known = self._known.get(key)
        if known is None:
            self._known[key] = False  # until it is known: imports can go round in circles
            bindings = module.body.bindings.get(name)
            if bindings is not None:
                known = all(self._is_other(module.path, binding) for binding in bindings)
            else:
                known = name not in self._methods and not module.stars and "__getattr__" not in module.functions
            self._known[key] = known
        return known

    def _is_other(self, path: str, binding: Binding) -> bool:
        """Whether the binding gives its name something that is no SDK's."""
        if binding.how in {"function", "class"}:
            return True
        source = binding.source
        if source is None or not source.name:
            return False
        stem = self._program.import_stem(source, path)
        if stem is None:
            return source.name not in self._methods
        target = self._program.index.stems.get(stem)
        module = self._program.modules.get(target) if target is not None else None
        return module is not None and source.name in module.body.bindings and self._is_plain_in(module, source.name)

    def origin(self, function: FunctionFacts, node: ast.expr) -> str | None:
        """The module from outside that a name, or an attribute of it, is imported from; None where that is not plain.

        Empty for a function of the project itself.
        """
        found = self._origin_of_root(function, node)
        return found if found or isinstance(node, ast.Name) else None

    def _origin_of_root(self, function: FunctionFacts, node: ast.expr) -> str | None:
        while isinstance(node, ast.Attribute):
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        name = node.id
        for scope in self._program.around(function):
            if name in scope.parameter_names or name == scope.rest:
                return None
            if name in scope.bindings:
                return self._origin_of(scope.id.path, scope.bindings[name])
        key = (function.id.path, name)
        if key not in self._origins:
            bindings = self._program.modules[function.id.path].body.bindings.get(name, ())
            self._origins[key] = self._origin_of(function.id.path, bindings)
        return self._origins[key]

    def _origin_of(self, path: str, bindings: Sequence[Binding]) -> str | None:
        if len(bindings) != 1:
            return None
        how, source = bindings[0].how, bindings[0].source
        if how == "function":
            return ""
        if source is None or self._program.import_stem(source, path) is not None:
            return None
        return source.module

    def is_display(self, function: FunctionFacts, node: ast.expr) -> bool:
        """Whether the node only ever holds what is written out, a list, a text: a variable, or an own attribute."""
        if isinstance(node, ast.Attribute):
            is_own = self._program.self_class(function, node.value) is not None
            return is_own and node.attr in self._displayed
        if not isinstance(node, ast.Name):
            return False
        for scope in self._program.scopes(function):
            if node.id in scope.parameter_names or node.id == scope.rest:
                return any(p.arg == node.id and _names_display(p.annotation) for p in scope.parameters)
            bindings = scope.bindings.get(node.id)
            if bindings is not None:
                return _are_displays(bindings)
        return False

    @cached_property
    def _displayed(self) -> set[str]:
        """Names of attributes that nothing in the program gives another value than one that is written out."""
        held: dict[str, list[Binding]] = {}
        for klass in self._program.classes.values():
            for name, bindings in klass.bindings.items():
                held.setdefault(name, []).extend(bindings)
        for writes in self._program.self_writes.values():
            for name, written in writes.items():
                held.setdefault(name, []).extend(binding for _, binding in written)
        return {
            n for n, bindings in held.items() if n not in self._program.attribute_writes and _are_displays(bindings)
        }


def _are_displays(bindings: Iterable[Binding]) -> bool:
    """Whether the bindings give lists, mappings and texts that are written out, or say that these are such."""
    return all(
        _names_display(binding.value)
        if binding.how == "annotation"
        else binding.how == "value" and isinstance(binding.value, _DISPLAYS)
        for binding in bindings
    )


def _names_display(annotation: ast.expr | None) -> bool:
    """Whether an annotation names a builtin container or text: `list[str]`, `dict`."""
    node = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return isinstance(node, ast.Name | ast.Attribute) and last_name(node).lower() in _BUILTINS
