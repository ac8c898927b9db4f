"""Which names statements bind and read: what has to outlive a loop body that becomes a function."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cache
from typing import get_args

from batchlint.datafiles import document
from batchlint.symbols import last_name
from batchlint.trees import children, conjuncts, parents_in, walk, walk_own

_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
_COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
SUPPRESSING = frozenset({"suppress", "raises", "assertRaises"})
"""Context managers of libraries that catch errors."""
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


def exposed(
    statements: Iterable[ast.stmt],
    given: Iterable[str] = (),
    steady: Iterable[str] = (),
    catching: Set[str] = SUPPRESSING,
) -> set[str]:
    """The names that the statements may read before they have bound them.

    `steady`: texts of tests that come out the same throughout: what one of them guards, the next one finds.
    `catching`: the names of context managers whose block may end early.
    """
    found: set[str] = set()
    _walk(statements, set(given), found, under={text: set() for text in steady}, catching=catching)
    return found


def _walk(
    statements: Iterable[ast.stmt],
    given: set[str],
    found: set[str],
    breaks: list[set[str] | None] | None = None,
    under: Mapping[str, set[str]] | None = None,
    catching: Set[str] = SUPPRESSING,
) -> set[str] | None:
    """Add to `found` what is read before it is `given`; what is bound for sure afterwards, None if the path leaves.

    `breaks` gets what is bound for sure where the statements leave the loop around them. `under`: what is bound for
    sure where a steady test has held.
    """
    given = set(given)
    under = dict(under or {})
    breaks = [] if breaks is None else breaks

    def reads(*nodes: ast.AST | None) -> None:
        for node in nodes:
            if node is not None:
                found.update(_unbound(node, given))

    def inside(block: list[ast.stmt], given: set[str], left: list[set[str] | None]) -> set[str] | None:
        return _walk(block, given, found, left, under, catching)

    for statement in statements:
        if isinstance(statement, ast.If):
            reads(statement.test)
            known, given = given | _bound_where(statement.test, True), given | _bound_where(statement.test, False)
            held = [ast.unparse(each) for each in conjuncts(statement.test)] if under else []
            known = known.union(*(under.get(text, ()) for text in held))
            done = inside(statement.body, known, breaks)
            if len(held) == 1 and held[0] in under and done is not None:
                under[held[0]] = under[held[0]] | done
            ends = [done, inside(statement.orelse, given, breaks)]
            merged = _meet(ends)
            if merged is None:
                return None
            given = merged
        elif isinstance(statement, ast.For | ast.AsyncFor):
            reads(statement.iter)
            ways: list[set[str] | None] = []
            turn = inside(statement.body, given | bound([statement.target]), ways)
            done = turn if _tries_until_done(statement) else given
            merged = _meet([None if done is None else inside(statement.orelse, done, breaks), *ways])
            if merged is None:
                return None
            given = merged
        elif isinstance(statement, ast.While):
            reads(statement.test)
            ways = []
            known, given = given | _bound_where(statement.test, True), given | _bound_where(statement.test, False)
            inside(statement.body, known, ways)
            ended = inside(statement.orelse, given, breaks)
            is_endless = isinstance(statement.test, ast.Constant) and bool(statement.test.value)
            merged = _meet([*([] if is_endless else [ended]), *ways])
            if merged is None:
                return None
            given = merged
        elif isinstance(statement, ast.With | ast.AsyncWith):
            for item in statement.items:
                reads(item.context_expr)
                if item.optional_vars is not None:
                    given |= bound([item.optional_vars])
            inner = inside(statement.body, given, breaks)
            if any(last_name(item.context_expr) in catching for item in statement.items):
                inner = _meet([given, inner])
            if inner is None:
                return None
            given = inner
        elif isinstance(statement, ast.Try | ast.TryStar):
            done = inside([*statement.body, *statement.orelse], given, breaks)
            ends = [done]
            for handler in statement.handlers:
                reads(handler.type)
                ends.append(inside(handler.body, given | ({handler.name} if handler.name else set()), breaks))
            final = inside(statement.finalbody, given, breaks)
            merged = _meet(ends)
            if merged is None or final is None:
                return None
            given = merged | final
        elif isinstance(statement, ast.Match):
            reads(statement.subject)
            for case in statement.cases:
                names = given | bound([case.pattern])
                if case.guard is not None:
                    found.update(read(case.guard) - names)
                inside(case.body, names, breaks)
        elif isinstance(statement, ast.Return | ast.Raise | ast.Continue | ast.Break) or _exits(statement):
            reads(*children(statement))
            if isinstance(statement, ast.Break):
                breaks.append(given)
            return None
        elif isinstance(statement, ast.AugAssign):
            reads(statement.value)
            found.update(
                ({statement.target.id} if isinstance(statement.target, ast.Name) else read(statement.target)) - given
            )
            given |= bound([statement.target])
        else:
            reads(statement)
            given |= _bound_where(statement.test, True) if isinstance(statement, ast.Assert) else _surely(statement)
    return given


def _surely(node: ast.AST) -> set[str]:
    """The names that an expression or a plain statement binds whatever it finds."""
    unsure: set[ast.AST] = set()
    for part in walk(node):
        if isinstance(part, ast.BoolOp):
            unsure |= {*part.values[1:]}
        elif isinstance(part, ast.IfExp):
            unsure |= {part.body, part.orelse}
        elif isinstance(part, ast.Compare):
            unsure |= {*part.comparators[1:]}
        elif isinstance(part, _COMPREHENSIONS):
            unsure.add(part)
        elif isinstance(part, ast.AnnAssign) and part.value is None:
            unsure.add(part.target)
    return bound([node], without=unsure)


def _bound_where(test: ast.expr, outcome: bool) -> set[str]:
    """The names that the test has bound where it comes out so."""
    if isinstance(test, ast.BoolOp):
        is_all = isinstance(test.op, ast.And) is outcome
        return set().union(*(_bound_where(part, outcome) for part in test.values)) if is_all else _surely(test)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _bound_where(test.operand, not outcome)
    if isinstance(test, ast.Compare) and outcome:
        return set().union(*map(_surely, [test.left, *test.comparators]))
    drawn = test.args[0] if isinstance(test, ast.Call) and last_name(test.func) == "any" and test.args else None
    if isinstance(drawn, ast.GeneratorExp) and outcome:
        tests = [each for generator in drawn.generators for each in generator.ifs]
        return set().union(*(_bound_where(each, True) for each in [*tests, drawn.elt]))
    return _surely(test)


def _tries_until_done(loop: ast.For | ast.AsyncFor) -> bool:
    """Whether the loop ends only behind a turn without an error: `for attempt in Retrying(): with attempt:`."""
    first = loop.body[0]
    made = last_name(loop.iter.func) if isinstance(loop.iter, ast.Call) else ""
    if made not in _attempts() or not isinstance(first, ast.With) or not isinstance(loop.target, ast.Name):
        return False
    return ast.unparse(first.items[0].context_expr) == loop.target.id


@cache
def _attempts() -> frozenset[str]:
    return frozenset(document("runtime", "attempts")["attempts"])


def _unbound(node: ast.AST, given: set[str]) -> set[str]:
    """What an expression or a plain statement may read before it is bound: not `m` in `(m := f()) and m`."""
    reading = _Reading(given)
    reading.visit(node)
    return reading.found


def _exits(statement: ast.stmt) -> bool:
    """Whether the statement ends the program."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(call, ast.Call) and ast.unparse(call.func) in {"sys.exit", "exit", "quit", "os._exit"}


def _meet(ends: list[set[str] | None]) -> set[str] | None:
    opened = [end for end in ends if end is not None]
    return set.intersection(*opened) if opened else None


def after(scope: ast.AST, loop: ast.stmt, catching: Set[str] = SUPPRESSING) -> set[str]:
    """The names that may be read in `scope` once `loop` has ended, before they are bound again."""
    found: set[str] = set()
    chain = list(_path(scope, loop))
    given: set[str] | None = set()
    inner: ast.AST = loop
    for parent in reversed(chain):
        for handler in parent.handlers if isinstance(parent, ast.Try | ast.TryStar) and inner in parent.body else ():
            _walk(handler.body, {handler.name} if handler.name else set(), found, catching=catching)
        rest = _following(parent, inner)
        if rest is not None and given is not None:
            given = _walk(rest, given, found, catching=catching)
        if isinstance(parent, ast.For | ast.AsyncFor | ast.While):
            # The next round of an outer loop starts at its top.
            drawn = bound([parent.target]) if not isinstance(parent, ast.While) else set()
            _walk(parent.body, drawn, found, catching=catching)
            if isinstance(parent, ast.While):
                found |= read(parent.test)
            given = given or set()
        inner = parent
    return found


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


def _following(parent: ast.AST, inner: ast.AST) -> list[ast.stmt] | None:
    for name in ("body", "orelse", "finalbody", "handlers"):
        block = getattr(parent, name, None)
        if isinstance(block, list) and inner in block:
            rest = block[block.index(inner) + 1 :]
            if isinstance(parent, ast.Try | ast.TryStar) and name in {"body", "orelse", "handlers"}:
                return [
                    *(rest if name != "handlers" else []),
                    *(parent.orelse if name == "body" else []),
                    *parent.finalbody,
                ]
            return rest if name != "handlers" else []
    return None


class _Reading:
    """Follows the order of evaluation. `found`: the names that are read while nothing has bound them for sure."""

    def __init__(self, given: set[str]) -> None:
        self.found: set[str] = set()
        self.given = given

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load | ast.Del) and node.id not in self.given:
                self.found.add(node.id)
        elif isinstance(node, ast.NamedExpr):
            self.visit(node.value)
            self.given = self.given | {node.target.id}
        elif isinstance(node, ast.BoolOp):
            self.visit(node.values[0])
            self._apart(*node.values[1:])
        elif isinstance(node, ast.IfExp):
            self.visit(node.test)
            self._apart(node.body)
            self._apart(node.orelse)
        elif isinstance(node, ast.Compare):
            self.visit(node.left)
            self.visit(node.comparators[0])
            self._apart(*node.comparators[1:])
        elif isinstance(node, _COMPREHENSIONS):
            self._comprehension(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            self.found |= read(node) - self.given
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            for part in (node.value, *(node.targets if isinstance(node, ast.Assign) else [node.target])):
                if part is not None:
                    self.visit(part)
        else:
            for child in children(node):
                self.visit(child)

    def _apart(self, *nodes: ast.AST) -> None:
        """What is not always evaluated binds nothing for what stands behind it."""
        before = self.given
        for node in nodes:
            self.visit(node)
        self.given = before

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        self.visit(node.generators[0].iter)
        before = self.given
        for number, generator in enumerate(node.generators):
            if number:
                self.visit(generator.iter)
            self.given = self.given | {n.id for n in walk(generator.target) if isinstance(n, ast.Name)}
            for condition in generator.ifs:
                self._passed(condition)
        for part in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            self.visit(part)
        self.given = before

    def _passed(self, condition: ast.expr) -> None:
        """A condition that held: all parts of an `and` have been evaluated."""
        if isinstance(condition, ast.BoolOp) and isinstance(condition.op, ast.And):
            for part in condition.values:
                self._passed(part)
        else:
            self.visit(condition)


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
