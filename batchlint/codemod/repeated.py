"""Items that a list which is written out holds more than once: `for word, shelf in [("sea", red), ("salt", red)]`."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from batchlint.codemod.access import OWN, Channel, Frame
from batchlint.symbols import last_name

if TYPE_CHECKING:
    from batchlint.codemod.paths import Paths
    from batchlint.facts import FunctionFacts

_OVER = frozenset({"tqdm", "track", "reversed", "sorted", "list", "tuple", "iter"})
Pair = tuple[str, ast.expr]


def repeated(paths: Paths, function: FunctionFacts, target: ast.expr, iterated: ast.expr) -> dict[str, set[Channel]]:
    """The targets of the loop that may be the same object for two items, with the variables that hold it."""
    pairs = [
        pair for element in _elements(paths, function, iterated) for pair in _pairs(_counted(target, iterated), element)
    ]
    counts = Counter((name, ast.dump(value)) for name, value in pairs)
    found: dict[str, set[Channel]] = {}
    around = Frame(function, set())
    for name, value in pairs:
        if counts[name, ast.dump(value)] > 1:
            found.setdefault(name, set()).update(paths.path(value, around))
    return found


def aliases(paths: Paths, function: FunctionFacts, target: ast.expr, iterated: ast.expr) -> dict[str, set[Channel]]:
    """What each target of the loop may be part of: of its own item, or of what others have too."""
    around = Frame(function, set())
    names = [n.id for n in ast.walk(target) if isinstance(n, ast.Name)]
    found = {name: {(*root, OWN) for root in paths.iterated(iterated, around)} for name in names}
    if isinstance(iterated, ast.List | ast.Tuple) and all(isinstance(e, ast.Tuple) for e in iterated.elts):
        found = {name: set() for name in names}
        for name, value in (pair for element in iterated.elts for pair in _pairs(target, element)):
            found[name] |= {(*path, OWN) for path in paths.path(value, around)}
    for name, channels in repeated(paths, function, target, iterated).items():
        found.setdefault(name, set()).update(channels)
    return found


def _counted(target: ast.expr, iterated: ast.expr) -> ast.expr:
    """The target without the number that `enumerate` gives."""
    is_counted = isinstance(iterated, ast.Call) and last_name(iterated.func) == "enumerate"
    return target.elts[1] if is_counted and isinstance(target, ast.Tuple) and len(target.elts) == 2 else target


def _elements(paths: Paths, function: FunctionFacts, node: ast.expr) -> Iterator[ast.expr]:
    """What the list holds, as far as it is written out."""
    if isinstance(node, ast.Call):
        name = last_name(node.func)
        if name in {*_OVER, "enumerate"} and node.args:
            yield from _elements(paths, function, node.args[0])
        elif name in {"items", "values"} and isinstance(node.func, ast.Attribute):
            table = _value(paths, function, node.func.value)
            if isinstance(table, ast.Dict):
                is_whole = name == "items"
                for key, value in zip(table.keys, table.values, strict=True):
                    yield ast.Tuple([key, value], ast.Load()) if is_whole and key is not None else value
        return
    value = _value(paths, function, node)
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mult) and isinstance(value.left, ast.List):
        yield from (*value.left.elts, *value.left.elts)
    elif isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        yield from _elements(paths, function, value.left)
        yield from _elements(paths, function, value.right)
    elif isinstance(value, ast.List | ast.Tuple):
        yield from value.elts


def _value(paths: Paths, function: FunctionFacts, node: ast.expr) -> ast.expr:
    """What the variable is bound to, if that is one thing."""
    owner = paths.program.owner(function, node.id) if isinstance(node, ast.Name) else None
    bindings = owner.bindings.get(node.id, ()) if owner is not None and isinstance(node, ast.Name) else ()
    only = bindings[0].value if len(bindings) == 1 and bindings[0].how == "value" else None
    return only if only is not None else node


def _pairs(target: ast.expr, element: ast.expr) -> Iterator[Pair]:
    """The names of the target with the variables that the element has in their places."""
    if isinstance(target, ast.Name) and isinstance(element, ast.Name | ast.Attribute):
        yield target.id, element
    elif isinstance(target, ast.Tuple | ast.List) and isinstance(element, ast.Tuple | ast.List):
        for each, part in zip(target.elts, element.elts, strict=False):
            yield from _pairs(each, part)
    elif isinstance(target, ast.Name) and isinstance(element, ast.Tuple | ast.List | ast.Dict):
        parts = element.values if isinstance(element, ast.Dict) else element.elts
        yield from ((target.id, part) for part in parts if isinstance(part, ast.Name | ast.Attribute))
