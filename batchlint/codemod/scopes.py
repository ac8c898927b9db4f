"""Which names statements bind and read: what has to outlive a loop body that becomes a function."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Sequence, Set
from typing import get_args

from batchlint.trees import children, parents_in, walk, walk_own

_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
_COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_BINDING = frozenset(
    [
        *_DEFINITIONS, *_LOOPS, *get_args(_COMPREHENSIONS), ast.Lambda, ast.Name, ast.ExceptHandler,
        ast.Import, ast.ImportFrom, ast.MatchAs, ast.MatchStar, ast.MatchMapping,
    ]
)  # fmt: skip
"""Kinds of nodes that say something of what is bound, beside what stands in them."""
_READING = frozenset([*get_args(_SCOPES), *get_args(_COMPREHENSIONS), ast.Name]) - {ast.ClassDef}
"""The same for what is read."""


def bound(nodes: Iterable[ast.AST], *, loops: bool = True, without: Set[ast.AST] = frozenset()) -> set[str]:
    """The names that the statements bind in their own scope; what loops bind is left out unless `loops`, as are the
    nodes in `without`.
    """
    found: set[str] = set()
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if node in without:
            continue
        if node.__class__ not in _BINDING:
            stack += children(node)
            continue
        if not loops and isinstance(node, _LOOPS):
            continue
        if isinstance(node, _DEFINITIONS):
            found.add(node.name)
            continue
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, _COMPREHENSIONS):
            found |= {n.target.id for n in walk(node) if isinstance(n, ast.NamedExpr)}
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            found.add(node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.MatchAs | ast.MatchStar) and node.name:
            found.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            found.add(node.rest)
        stack.extend(children(node))
    return found


def in_head(node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp | ast.Lambda) -> set[str]:
    """The names that a comprehension draws, or a lambda is given."""
    if isinstance(node, ast.Lambda):
        return {each.arg for each in walk(node.args) if isinstance(each, ast.arg)}
    return {n.id for each in node.generators for n in walk(each.target) if isinstance(n, ast.Name)}


def read(node: ast.AST) -> set[str]:
    """The names that `node` reads, those of nested functions and comprehensions from outside included."""
    found: set[str] = set()
    stack: list[tuple[ast.AST, frozenset[str]]] = [(node, frozenset())]
    while stack:
        current, hidden = stack.pop()
        if current.__class__ not in _READING:
            stack += [(child, hidden) for child in children(current)]
            continue
        if isinstance(current, ast.Name):
            if isinstance(current.ctx, ast.Load | ast.Del) and current.id not in hidden:
                found.add(current.id)
            continue
        if isinstance(current, _COMPREHENSIONS):
            own = in_head(current)
            stack.append((current.generators[0].iter, hidden))
            hidden |= own
        elif isinstance(current, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            body = current.body if isinstance(current.body, list) else [current.body]
            args = current.args
            outer = [*args.defaults, *(d for d in args.kw_defaults if d), *getattr(current, "decorator_list", [])]
            stack += [(each, hidden) for each in outer]
            own = {a.arg for a in walk(args) if isinstance(a, ast.arg)} | bound(body)
            own -= declared(s for b in body for s in walk(b))
            stack += [(each, hidden | own) for each in body]
            continue
        stack += [(child, hidden) for child in children(current)]
    return found


_CONSUMERS = frozenset(
    {
        "sorted",
        "max",
        "min",
        "sort",
        "sum",
        "any",
        "all",
        "list",
        "tuple",
        "set",
        "sub",
        "reduce",
        "nlargest",
        "nsmallest",
    }
)


def kept(nodes: Iterable[ast.AST], consumed: Set[int] = frozenset()) -> set[str]:
    """The outer names that functions read which are made in `nodes` and may be called after them.

    A function that is only handed to a consumer such as `sorted`, or bound to a name that is only called, is done with
    at once, as are those in `consumed` (by identity, or by that of a use); any other sees at its call what its names
    have become by then.
    """
    trees = list(nodes)
    parents = parents_in(trees)
    called = {id(n.func) for tree in trees for n in walk(tree) if isinstance(n, ast.Call)} | consumed
    used = [n for tree in trees for n in walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]
    found: set[str] = set()
    for node in (n for tree in trees for n in walk(tree)):
        if not isinstance(node, ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef) or id(node) in consumed:
            continue
        parent = parents.get(id(node))
        if isinstance(parent, ast.keyword):
            parent = parents.get(id(parent))
        name = ""
        if isinstance(parent, ast.Call):
            name = parent.func.id if isinstance(parent.func, ast.Name) else getattr(parent.func, "attr", "")
        if name in _CONSUMERS:
            continue
        if not isinstance(node, ast.Lambda):
            bound_to: str | None = node.name
        else:
            targets = parent.targets if isinstance(parent, ast.Assign) else []
            bound_to = targets[0].id if len(targets) == 1 and isinstance(targets[0], ast.Name) else None
        if bound_to is None or any(n.id == bound_to and id(n) not in called for n in used):
            found |= read(node)
    return found


def declared(nodes: Iterable[ast.AST], *kinds: type[ast.Global | ast.Nonlocal]) -> set[str]:
    """The names that statements among the nodes say are further out: `global` and `nonlocal`, or those of one kind."""
    return {name for n in nodes if isinstance(n, kinds or (ast.Global, ast.Nonlocal)) for name in n.names}


def _path(root: ast.AST, wanted: ast.AST) -> Iterator[ast.AST]:
    """The nodes from `root` down to the parent of `wanted`."""
    trail: list[ast.AST] = []

    def search(node: ast.AST) -> bool:
        for child in children(node):
            if child is wanted or search(child):
                trail.append(node)
                return True
        return False

    search(root)
    yield from reversed(trail)


def declared_global(function: ast.AST) -> set[str]:
    """The names that the function itself says are global variables."""
    return declared(walk_own(function), ast.Global)


def unread(nodes: Sequence[ast.AST]) -> set[str]:
    """The names to which the nodes assign what none of them reads: linters tell of such ones in a function."""
    names: set[str] = set()
    for node in (own for root in nodes for own in walk_own(root)):
        if isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        target = node.optional_vars if isinstance(node, ast.withitem) else getattr(node, "target", None)
        if isinstance(node, ast.AnnAssign | ast.NamedExpr | ast.withitem) and isinstance(target, ast.Name):
            names.add(target.id)
    return names.difference(*(read(node) for node in nodes))


def bound_beside(scope: ast.AST, inner: ast.stmt) -> set[str]:
    """The names that the function `scope` binds without its loops, except for those around `inner`."""
    around = [*path_to(scope, inner)]
    args = getattr(scope, "args", None)
    found = {a.arg for a in walk(args) if isinstance(a, ast.arg)} if args is not None else set()
    for parent in around:
        beside = [child for child in children(parent) if child is not inner and child not in around]
        found |= bound(beside, loops=False)
    return found


def precedes(root: ast.AST, earlier: ast.stmt, later: ast.stmt) -> bool:
    """Whether whoever gets to `later` has been at `earlier`, which is it or stands before it in a block around it."""
    if earlier is later:
        return True
    for block in path_to(root, later):
        for name in ("body", "orelse", "finalbody"):
            statements = getattr(block, name, None)
            if isinstance(statements, list) and earlier in statements:
                return (earlier.lineno, earlier.col_offset) < (later.lineno, later.col_offset)
    return False


def path_to(root: ast.AST, wanted: ast.AST) -> list[ast.AST]:
    """The nodes from `root` down to the parent of `wanted`; empty where it does not stand in there."""
    return list(_path(root, wanted))


def preceding(parent: ast.AST, inner: ast.AST) -> list[ast.stmt]:
    """The statements in front of `inner` in its block of `parent`."""
    return _parted(parent, inner)[0]


def following(root: ast.AST, inner: ast.AST) -> list[ast.stmt]:
    """The statements behind `inner` in its block."""
    parents = path_to(root, inner)
    return _parted(parents[-1], inner)[1] if parents else []


def _parted(parent: ast.AST, inner: ast.AST) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """The statements in front of `inner` in its block of `parent`, and those behind it."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(parent, name, None)
        if isinstance(block, list) and inner in block:
            return block[: block.index(inner)], block[block.index(inner) + 1 :]
    return [], []


def end_of_loops(function: ast.AST, line: int) -> int:
    """The last line of the outermost loop around `line`; of the function's own names none that is bound below it is
    bound yet.
    """
    return _end(_around(function, line), line)


def unreached(function: ast.AST, line: int) -> list[range]:
    """The lines of a function that have not run in the same call when the loops around `line` have ended."""
    around = _around(function, line)
    first = min((n.lineno for n in around if isinstance(n, _LOOPS)), default=line)
    found = [range(_end(around, line) + 1, sys.maxsize)]
    for node in around:
        if isinstance(node, ast.If) and node.lineno < first:
            branches = [_lines(node.body), _lines(node.orelse)]
            found += [lines for lines in branches if line not in lines]
    return found


def _end(around: list[ast.stmt], line: int) -> int:
    return max((_lines([n])[-1] for n in around if isinstance(n, _LOOPS)), default=line)


def _around(function: ast.AST, line: int) -> list[ast.stmt]:
    """The statements of the function that `line` stands in."""
    return [node for node in walk(function) if isinstance(node, ast.stmt) and line in _lines([node])]


def _lines(block: list[ast.stmt]) -> range:
    return range(block[0].lineno, (block[-1].end_lineno or 0) + 1) if block else range(0)


def is_in_try(function: ast.AST, node: ast.AST) -> bool:
    """Whether the node stands in a `try` of the function: what an error leaves in a variable may be read then."""
    return any(isinstance(parent, ast.Try) for parent in path_to(function, node))
