"""Decorators that put the function into a table and leave it as it is: `HANDLERS[name] = function`.

They may note something on it: `function.when = when`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from batchlint.codemod import scopes
from batchlint.codemod.paths import function_body
from batchlint.facts import MODULE, FunctionFacts, FunctionId
from batchlint.graph import Graph
from batchlint.trees import walk
from batchlint.values import Fn

_OF_TABLES = frozenset({"get", "keys", "values", "items"})
"""What tables have too."""
Table = tuple[str, str]
"""The path of the file in which a table is, and its name."""


class Entry(NamedTuple):
    """A function that is put into the table, and the decorator that does it."""

    function: FunctionFacts
    decorator: ast.expr

    @property
    def name(self) -> ast.expr:
        """What names the decorator."""
        return self.decorator.func if isinstance(self.decorator, ast.Call) else self.decorator


class _Stores(NamedTuple):
    """What a decorator does with the function: the places of tables into which it puts it, and what it notes on it."""

    places: dict[str, list[ast.Subscript]]
    attributes: frozenset[str]


class Registry(NamedTuple):
    """What one decorator puts into its table. `stores`: the places of the table into which it does. `attributes`:
    those that it sets on the function.
    """

    stores: frozenset[int]
    attributes: frozenset[str]
    entries: tuple[Entry, ...]
    is_known: bool
    """Whether it does nothing else anywhere."""


class Registries:
    """Finds them."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.program = graph.program

    @cached_property
    def by_table(self) -> dict[Table, list[Registry]]:
        """By table, what decorators put into it."""
        found: dict[Table, list[Registry]] = {}
        for function in self.program.functions.values():
            stores = _stores(function)
            if stores is None:
                continue
            outer = self._decorator(function)
            tables = {(function.id.path, name) for name in stores.places}
            if outer is None or len(tables) != 1:
                continue
            found.setdefault(tables.pop(), []).append(self._registry(outer, function, stores))
        return found

    def attributes(self, tables: Iterable[Table]) -> frozenset[str]:
        """What decorators note on the functions that they put into the tables."""
        registries = (registry for table in tables for registry in self.by_table.get(table, ()))
        return frozenset().union(*(registry.attributes for registry in registries))

    def is_store(self, table: Table, node: ast.AST) -> bool:
        """Whether a decorator puts its functions there."""
        return any(id(node) in each.stores for each in self.by_table.get(table, ()))

    def _decorator(self, inner: FunctionFacts) -> FunctionFacts | None:
        """The function that is the decorator, or is called to make it."""
        if inner.parent is None:
            return inner if inner.owner is None else None
        outer = self.program.functions[FunctionId(inner.id.path, inner.parent)]
        named = [value for value in outer.returns if isinstance(value, ast.Name) and value.id == inner.name]
        is_plain = outer.parent is None and outer.owner is None and not outer.decorators
        return outer if is_plain and len(outer.returns) == len(named) == 1 else None

    def _registry(self, outer: FunctionFacts, inner: FunctionFacts, stores: _Stores) -> Registry:
        entries = []
        for function in self.program.functions.values():
            scope = FunctionId(function.id.path, function.parent or MODULE)
            for decorator in function.decorators:
                if isinstance(decorator, ast.Call) is (outer is inner):
                    continue
                entry = Entry(function, decorator)
                if any(isinstance(v, Fn) and v.id == outer.id for v in self.program.eval(scope, entry.name)):
                    entries.append(entry)
        names = {id(node) for entry in entries for node in walk(entry.name)}
        is_known = all(e.function.parent is None and e.function.owner is None for e in entries)
        is_known = is_known and not self._is_named_elsewhere(outer, names)
        places = frozenset(id(node) for each in stores.places.values() for node in each)
        return Registry(places, stores.attributes, tuple(entries), is_known)

    def _is_named_elsewhere(self, outer: FunctionFacts, names: set[int]) -> bool:
        """Whether the decorator is used as something else."""
        for module in self.graph.modules.values():
            for node in walk(module.tree) if outer.name in module.text else ():
                name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
                if name == outer.name and id(node) not in names:
                    return True
        return False


def _stores(function: FunctionFacts) -> _Stores | None:
    """Where the function puts its one parameter into tables, if it does no more with it than to note things on it."""
    if isinstance(function.node, ast.Lambda) or function.is_async or len(function.parameters) != 1:
        return None
    given, places, attributes = function.parameters[0].arg, dict[str, list[ast.Subscript]](), set[str]()
    body = [s for s in function_body(function) if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    if len(body) < 2 or not (isinstance(body[-1], ast.Return) and _is_name(body[-1].value, given)):
        return None
    for statement in body[:-1]:
        if not isinstance(statement, ast.Assign):
            return None
        is_stored = _is_name(statement.value, given)
        if not is_stored and given in scopes.read(statement.value):
            return None
        for target in statement.targets:
            if isinstance(target, ast.Attribute) and _is_name(target.value, given) and not is_stored:
                if target.attr.startswith("__") or target.attr in _OF_TABLES:
                    return None
                attributes.add(target.attr)
                continue
            if not is_stored or not isinstance(target, ast.Subscript) or not isinstance(target.value, ast.Name):
                return None
            if given in scopes.read(target.slice):
                return None  # by a name that the twin may not have
            places.setdefault(target.value.id, []).append(target)
    return _Stores(places, frozenset(attributes)) if places else None


def _is_name(node: ast.expr | None, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
