"""Containers of Dependency Injector, written out: each provider as the method that makes what it provides.

`client = providers.Factory(Client, model=config.model)` becomes `def client(self): return Client(model=config.model)`,
and a provider among the arguments the call of it, as the library does it:
https://python-dependency-injector.ets-labs.org/providers/factory.html; 2026-11-30
"""

from __future__ import annotations

import ast

PACKAGE = "dependency_injector"
_CONTAINERS = frozenset({"DeclarativeContainer", "DynamicContainer"})
_CALLING = frozenset(
    {"Factory", "Singleton", "ThreadSafeSingleton", "ThreadLocalSingleton", "ContextLocalSingleton", "Resource"}
)
"""Providers that make what they are given first with the rest; one that only calls it is no maker."""
_PROVIDERS = _CALLING | {"Selector", "List", "Dict", "Object", "Container", "FactoryAggregate", "Aggregate"}
"""All that are written out."""


def written_out(tree: ast.Module) -> ast.Module:
    """The module with its containers written out; it is changed in place."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and any(_last(base) in _CONTAINERS for base in node.bases):
            provided = {name for name, _ in filter(None, map(_provider, node.body))}
            node.body = [_method(statement, provided) for statement in node.body]
    return tree


def _provider(statement: ast.stmt) -> tuple[str, ast.Call] | None:
    """The name and the provider that a statement of a container's body gives it."""
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    if isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
    if len(targets) != 1 or not isinstance(targets[0], ast.Name) or not _is_provider(value):
        return None
    return targets[0].id, value  # type: ignore[return-value]


def _is_provider(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Call) and _last(node.func) in _PROVIDERS


def _method(statement: ast.stmt, provided: set[str]) -> ast.stmt:
    found = _provider(statement)
    made = _made(found[1], provided) if found is not None else None
    if found is None or made is None:
        return statement
    name, provider = found
    if _last(provider.func) == "Container":  # what it holds is asked of it: `storage.files()`
        held = ast.Assign([ast.Name(name, ast.Store())], made)
        return ast.fix_missing_locations(ast.copy_location(held, statement))
    own = ast.arguments([], [ast.arg("self")], None, [], [], None, [])
    method = ast.FunctionDef(name, own, [ast.Return(made)], [])
    return ast.fix_missing_locations(ast.copy_location(method, statement))


def _made(provider: ast.Call, provided: set[str]) -> ast.expr | None:
    """What the provider gives; None where that is not to be seen."""
    given = [_given(each, provided) for each in provider.args]
    named = [ast.keyword(each.arg, _given(each.value, provided)) for each in provider.keywords]
    made: ast.expr | None = None
    match _last(provider.func):
        case "List":
            made = ast.List(given, ast.Load())
        case "Dict":
            made = ast.Dict([ast.Constant(each.arg) for each in named], [each.value for each in named])
        case "Object":
            made = given[0] if given else None
        case "Container":
            made = ast.Call(provider.args[0], [], []) if provider.args else None
        case "Selector" | "Aggregate" | "FactoryAggregate":
            values = [each.value for each in named]
            made = ast.BoolOp(ast.Or(), values) if len(values) > 1 else next(iter(values), None)
        case _:
            made = ast.Call(provider.args[0], given[1:], named) if provider.args else None
    return ast.fix_missing_locations(ast.copy_location(made, provider)) if made is not None else None


def _given(node: ast.expr, provided: set[str]) -> ast.expr:
    """What the library gives for an argument: of a provider what that makes, of `name.provider` itself."""
    if isinstance(node, ast.Call):
        return (_made(node, provided) or node) if _is_provider(node) else node
    if isinstance(node, ast.Starred):
        return node
    held = node.value if isinstance(node, ast.Attribute) else None
    if isinstance(node, ast.Attribute) and node.attr == "provider" and held is not None:
        return _asked(held, provided)
    asked = _asked(node, provided)
    return asked if asked is node else ast.copy_location(ast.Call(asked, [], []), node)


def _asked(node: ast.expr, provided: set[str]) -> ast.expr:
    """The method that stands for the provider that the node names, the container's own or one of another in it."""
    if isinstance(node, ast.Name) and node.id in provided:
        return ast.copy_location(ast.Attribute(ast.Name("self", ast.Load()), node.id, ast.Load()), node)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in provided:
        return ast.copy_location(ast.Attribute(_asked(node.value, provided), node.attr, ast.Load()), node)
    return node


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
