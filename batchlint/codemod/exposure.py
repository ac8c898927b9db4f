"""What code may read before it has bound it: names that keep what was there before."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from functools import cache, cached_property

from batchlint.codemod import scopes
from batchlint.codemod.blocks import Comprehension
from batchlint.codemod.catching import catching, may_catch
from batchlint.datafiles import document
from batchlint.symbols import Program, last_name
from batchlint.trees import children, conjuncts, walk


class Exposure:
    """Follows the statements, as they and the program's context managers go on."""

    def __init__(self, program: Program) -> None:
        self._program = program

    @cached_property
    def catching(self) -> frozenset[str]:
        """The names of context managers whose block may end early."""
        return catching(self._program)

    def exposed(
        self, statements: Iterable[ast.stmt], given: Iterable[str] = (), steady: Iterable[str] = ()
    ) -> set[str]:
        """The names that the statements may read before they have bound them.

        `steady`: texts of tests that come out the same throughout: what one of them guards, the next one finds.
        """
        found: set[str] = set()
        self._walk(statements, set(given), found, under={text: set() for text in steady})
        return found

    def after(self, scope: ast.AST, loop: ast.stmt) -> set[str]:
        """The names that may be read in `scope` once `loop` has ended, before they are bound again."""
        found: set[str] = set()
        chain = scopes.path_to(scope, loop)
        given: set[str] | None = set()
        inner: ast.AST = loop
        for parent in reversed(chain):
            for handler in (
                parent.handlers if isinstance(parent, ast.Try | ast.TryStar) and inner in parent.body else ()
            ):
                self._walk(handler.body, {handler.name} if handler.name else set(), found)
            rest = _following(parent, inner)
            if rest is not None and given is not None:
                given = self._walk(rest, given, found)
            if isinstance(parent, ast.For | ast.AsyncFor | ast.While):
                # The next round of an outer loop starts at its top.
                drawn = scopes.bound([parent.target]) if not isinstance(parent, ast.While) else set()
                self._walk(parent.body, drawn, found)
                if isinstance(parent, ast.While):
                    found |= scopes.read(parent.test)
                given = given or set()
            inner = parent
        return found

    def _walk(
        self,
        statements: Iterable[ast.stmt],
        given: set[str],
        found: set[str],
        breaks: list[set[str] | None] | None = None,
        under: Mapping[str, set[str]] | None = None,
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
            return self._walk(block, given, found, left, under)

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
                turn = inside(statement.body, given | scopes.bound([statement.target]), ways)
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
                        given |= scopes.bound([item.optional_vars])
                inner = inside(statement.body, given, breaks)
                if may_catch(statement, self.catching):
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
                    names = given | scopes.bound([case.pattern])
                    if case.guard is not None:
                        found.update(scopes.read(case.guard) - names)
                    inside(case.body, names, breaks)
            elif isinstance(statement, ast.Return | ast.Raise | ast.Continue | ast.Break) or _exits(statement):
                reads(*children(statement))
                if isinstance(statement, ast.Break):
                    breaks.append(given)
                return None
            elif isinstance(statement, ast.AugAssign):
                reads(statement.value)
                found.update(
                    ({statement.target.id} if isinstance(statement.target, ast.Name) else scopes.read(statement.target))
                    - given
                )
                given |= scopes.bound([statement.target])
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
        elif isinstance(part, Comprehension):
            unsure.add(part)
        elif isinstance(part, ast.AnnAssign) and part.value is None:
            unsure.add(part.target)
    return scopes.bound([node], without=unsure)


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
        elif isinstance(node, Comprehension):
            self._comprehension(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            self.found |= scopes.read(node) - self.given
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

    def _comprehension(self, node: Comprehension) -> None:
        self.visit(node.generators[0].iter)
        before = self.given
        for number, generator in enumerate(node.generators):
            if number:
                self.visit(generator.iter)
            self.given = self.given | {n.id for n in walk(generator.target) if isinstance(n, ast.Name)}
            for condition in generator.ifs:  # one that held: all parts of an `and` have been evaluated
                for part in conjuncts(condition):
                    self.visit(part)
        for made in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            self.visit(made)
        self.given = before
